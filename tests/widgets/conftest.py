"""Widgets are tested in real windows: Qt's offscreen platform has no OpenGL for napari."""

from __future__ import annotations

import os
import sys

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
        jobs = (live._jobs, live.stack_run._jobs, widget.rare_classes._jobs)
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
