"""The way of somebody who sees the program for the first time, click by click, by Qt's own events."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from skimage.morphology import skeletonize

from patchprobe._widgets._layers import find_prediction
from patchprobe.metrics import f1_score

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
MOST_CLICKS, MOST_SECONDS = 6, 60
GOOD_F1 = 0.7


class Menus:
    """Goes through menus as a hand does: a click opens the first, the pointer opens those below.

    Parameters
    ----------
    qtbot : QtBot
    bar : QMenuBar
    """

    def __init__(self, qtbot, bar):
        self._qtbot, self._bar = qtbot, bar
        self.clicks = 0

    def choose(self, *texts):
        """Choose an entry by the texts on the way to it."""
        action = self._find(self._bar, texts[0])
        self._click(self._bar, self._bar.actionGeometry(action))
        for text in texts[1:-1]:
            menu = action.menu()
            self._qtbot.waitUntil(menu.isVisible)
            action = self._find(menu, text)
            QTest.mouseMove(menu, menu.actionGeometry(action).center())
            menu.setActiveAction(action)
        menu = action.menu()
        self._qtbot.waitUntil(menu.isVisible)
        self._click(menu, menu.actionGeometry(self._find(menu, texts[-1])))

    def _click(self, widget, where):
        self.clicks += 1
        QTest.mouseClick(widget, LEFT, NO_KEYS, where.center())
        QApplication.processEvents()

    @staticmethod
    def _find(menu, text):
        return next(a for a in menu.actions() if a.text().replace("&", "").startswith(text))


def along(mask, length):
    """Points (y, x) along the longest line of a mask, from pixel to neighbouring pixel."""
    line = skeletonize(mask)
    left = {tuple(point) for point in np.argwhere(line)}
    best = []
    while left:
        path = [left.pop()]
        while near := [p for p in left if max(abs(p[0] - path[-1][0]), abs(p[1] - path[-1][1])) == 1]:
            left.remove(near[0])
            path.append(near[0])
        best = max(best, path, key=len)
    return best[:length]


@pytest.mark.slow
def test_a_good_overlay_of_a_sample_in_six_clicks_and_under_a_minute(
    qtbot, make_napari_viewer, hands, settle
):
    viewer = make_napari_viewer(show=True)
    began = time.monotonic()
    menus = Menus(qtbot, viewer.window._qt_window.menuBar())
    menus.choose("File", "Open Sample", "patchprobe", "EM with membranes")
    qtbot.waitUntil(lambda: "EM with membranes" in viewer.layers, timeout=20_000)
    menus.choose("Plugins", "patchprobe", "Probe")
    dock = viewer.window.dock_widgets["Probe (patchprobe)"]
    settle(dock)
    assert dock.hint.text() == "Paint a little of each class. Class 1: background."
    image, truth = viewer.layers["EM with membranes"], viewer.layers["EM with membranes: truth"]
    plane = np.asarray(truth.data[dock.live.painting.plane])
    canvas = hands(viewer, image)
    # Two strokes with the brush as it is, one inside cells and one along membranes.
    canvas.drag(*along(plane != 2, 200), steps=1)
    canvas.press(Qt.Key.Key_2)
    canvas.drag(*along(plane == 2, 200), steps=1)
    qtbot.waitUntil(lambda: find_prediction(viewer, image) is not None, timeout=20_000)
    settle(dock)
    predicted = np.asarray(find_prediction(viewer, image).data[dock.live.painting.plane])
    assert menus.clicks + canvas.drags <= MOST_CLICKS
    assert time.monotonic() - began < MOST_SECONDS
    assert f1_score(plane == 2, predicted == 2, label=2) > GOOD_F1
