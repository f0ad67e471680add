"""Widgets are tested in real windows: Qt's offscreen platform has no OpenGL for napari."""

from __future__ import annotations

import os
import sys
from itertools import pairwise

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def display() -> None:
    """Skip without a display, or fail where one was promised (`make test` runs under a virtual one)."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    reason = "no display; `make test` brings a virtual one"
    if os.environ.get("PATCHPROBE_REQUIRE_DISPLAY"):
        pytest.fail(f"PATCHPROBE_REQUIRE_DISPLAY is set, but there is {reason}")
    pytest.skip(reason)


class Canvas:
    """The mouse and the keys over the canvas of a shown viewer: what a person does, as Qt's own events.

    Parameters
    ----------
    viewer : Viewer
    layer : Layer
        Points are given in pixels (y, x) of the plane of this layer that is shown.

    Attributes
    ----------
    drags : int
        How often the button was pressed.
    """

    def __init__(self, viewer, layer):
        self.viewer, self.layer = viewer, layer
        self.drags = 0
        self._canvas = viewer.window._qt_viewer.canvas

    def drag(self, *points, steps=4, during=None, modifier=None):
        """Press at the first point, move along the others, call `during`, release at the last."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest
        from qtpy.QtWidgets import QApplication

        button = Qt.MouseButton.LeftButton
        held = Qt.KeyboardModifier.NoModifier if modifier is None else modifier
        native = self._canvas.native
        self.drags += 1
        QApplication.processEvents()
        QTest.mousePress(native, button, held, self._at(points[0]))
        for start, end in pairwise(points):
            for share in np.linspace(0, 1, steps + 1)[1:]:
                self._move(self._at((1 - share) * np.array(start) + share * np.array(end)), held)
                QApplication.processEvents()
        if during is not None:
            during()
        QTest.mouseRelease(native, button, held, self._at(points[-1]))
        QApplication.processEvents()

    def _move(self, place, held):
        """Move the mouse; `QTest.mouseMove` knows of no keys."""
        from qtpy.QtCore import QEvent, QPointF, Qt
        from qtpy.QtGui import QMouseEvent
        from qtpy.QtWidgets import QApplication

        native, button = self._canvas.native, Qt.MouseButton.LeftButton
        here, there = QPointF(place), QPointF(native.mapToGlobal(place))
        QApplication.sendEvent(
            native, QMouseEvent(QEvent.Type.MouseMove, here, there, Qt.MouseButton.NoButton, button, held)
        )

    def press(self, key, *modifiers):
        """Press a key over the canvas."""
        from functools import reduce
        from operator import or_

        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        held = reduce(or_, modifiers, Qt.KeyboardModifier.NoModifier)
        QTest.keyClick(self._canvas.native, key, held)

    def _at(self, point):
        from qtpy.QtCore import QPoint

        place = np.asarray(self.viewer.dims.point, dtype=float)
        data = np.array(self.layer.world_to_data(place[-self.layer.ndim :]), dtype=float)
        data[-2:] = point
        world = self.layer.data_to_world(data)[-2:]
        scene = self._canvas.view.scene.node_transform(self._canvas._scene_canvas.scene)
        x, y = scene.map([world[1], world[0], 0, 1])[:2]
        return QPoint(round(x), round(y))


@pytest.fixture
def hands():
    """Make a `Canvas` of a viewer and a layer."""
    return Canvas


# Bright discs of radius 6 px on each of three planes, (y, x) of their centres: 4 of them, two of which touch.
DISCS = ((12, 12), (12, 44), (36, 30), (36, 41))


@pytest.fixture
def discs() -> np.ndarray:
    """Three 8-bit planes of 48 × 64 px: bright discs on dark noise."""
    y, x = np.mgrid[:48, :64]
    inside = np.any([np.hypot(y - row, x - column) < 6.5 for row, column in DISCS], axis=0)
    noise = np.random.default_rng(0).integers(0, 20, (3, 48, 64))
    return (noise + 180 * inside).astype(np.uint8)


@pytest.fixture
def settle(qtbot):
    """A function that waits until a Probe widget computes nothing and is about to compute nothing."""

    def wait(widget):
        live = widget.live
        jobs = (live.run, live.stack_run._jobs, widget.rare_classes._jobs)
        qtbot.waitUntil(
            lambda: (
                not (
                    live._soon.isActive()
                    or any(job.is_running for job in jobs)
                    or widget.live_objects.is_busy
                )
            ),
            timeout=20_000,
        )

    return wait


@pytest.fixture
def painted(make_napari_viewer, qtbot, discs, settle):
    """A Probe widget with plane 1 of `discs` painted: 1 background, 2 disc; voxels of 50 × 4 × 4 nm."""
    from patchprobe._widgets._layers import show_plane
    from patchprobe._widgets.probe import ProbeWidget

    viewer = make_napari_viewer()
    image = viewer.add_image(discs, name="cells", scale=(50, 4, 4), units=("nm",) * 3, axis_labels="zyx")
    show_plane(viewer, image, 1)
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    widget.resize(320, 900)
    widget.show()
    strokes = widget.live.strokes
    for number, row, columns in ((1, 24, (5, 25)), (1, 3, (20, 40)), (2, 12, (8, 17)), (2, 36, (26, 45))):
        at = np.arange(*columns)
        strokes.data_setitem((np.full(at.size, 1), np.full(at.size, row), at), number)
        strokes.events.paint(value=[])
    settle(widget)
    return widget
