"""The picture of the confusion matrix: colours at its edges, room for nine classes."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtGui import QColor

from patchprobe._widgets._held_out_panel import HeldOutPanel
from patchprobe._widgets._tones import tones_of
from patchprobe.class_colors import PALETTE
from patchprobe.probe.held_out import HeldOut
from patchprobe.probe.judgement import judgement

COLORS = dict(enumerate(PALETTE, start=1))


def held_out(k, thin=()):
    """All right, four strokes a class; `thin` ones have two."""
    shares, counts = np.eye(k), 4 * np.eye(k, dtype=int)
    for c in thin:
        shares[c], counts[c] = 0, 0
    return HeldOut(
        1.0,
        tuple(None if c in thin else 1.0 for c in range(k)),
        tuple(map(tuple, shares.tolist())),
        tuple(2 if c in thin else 4 for c in range(k)),
        tuple(map(tuple, counts.tolist())),
    )


@pytest.fixture
def panel(qtbot, make_napari_viewer):
    panel = HeldOutPanel(make_napari_viewer())
    qtbot.addWidget(panel)
    panel.resize(290, 500)
    panel.show()
    return panel


@pytest.fixture
def show(qtbot, panel):
    def show(k, thin=()):
        strokes = {c + 1: 2 if c in thin else 4 for c in range(k)}
        names = {number: f"a class with a long name {number}" for number in strokes}
        panel.show_judgement(judgement(names, strokes, tuple(names), held_out(k, thin)), COLORS)
        # A layout takes a round of events for each widget around the picture.
        qtbot.waitUntil(lambda: panel.picture.height() == panel.picture.sizeHint().height())
        return panel.picture.grab().toImage()

    return show


def column(panel, c, row=0):
    return panel.picture._cell(c, row)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("k", [2, 5, 9])
def test_columns_and_rows_have_the_colours_of_the_classes(panel, show, k, theme):
    panel._viewer.theme = theme
    image = show(k)
    assert column(panel, k - 1).right() <= panel.picture.width() - panel.picture._f1_width()
    assert column(panel, 0).width() > 12
    for c in range(k):
        chip = image.pixelColor(round(column(panel, c).left()) + 4, 4)
        swatch = image.pixelColor(4, round(column(panel, 0, c).center().y()))
        assert chip.name() == swatch.name() == COLORS[c + 1]


def test_cells_on_the_diagonal_are_tinted_and_others_are_not(panel, show):
    image = show(3)
    ready = QColor(tones_of(panel._viewer).ready)

    def greenness(row, c):
        cell = column(panel, c, row)
        color = image.pixelColor(round(cell.left()) + 4, round(cell.top()) + 4)
        return color.green() - (color.red() + color.blue()) / 2

    assert ready.green() > ready.red()
    assert min(greenness(c, c) for c in range(3)) > 30 > max(greenness(0, 1), greenness(2, 0))


def test_it_says_the_same_in_words(panel, show):
    show(2)
    assert "F1 1.00; 100% as a class with a long name 1 (4 strokes)" in panel.picture.accessibleDescription()
    assert panel.headline.text() == "8 held-out strokes: accuracy 1.00"
    assert not panel.missing.isVisible()


def test_a_thin_class_has_an_empty_row_and_is_named(panel, show):
    show(3, thin=(1,))
    assert panel.missing.text() == (
        "a class with a long name 2: 2 strokes, paint one more to see how good it is"
    )


def test_without_a_score_there_is_no_picture(panel):
    panel.show_judgement(judgement({1: "a", 2: "b"}, {1: 1}), COLORS)
    assert not panel.section.isVisible()
    assert panel.missing.text() == "a: 1 stroke, paint two more to see how good it is\nb: no strokes yet"
    assert panel.minimumSizeHint().width() <= 320
