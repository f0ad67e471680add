"""The Align widget, driven as a person drives it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy import ndimage

from patchprobe import Stack, _measure_work, align_stack
from patchprobe._widgets._layers import current_plane, show_plane
from patchprobe._widgets._section_table import Sections
from patchprobe._widgets._session import session_of
from patchprobe._widgets._status import Mood
from patchprobe._widgets.align import AlignWidget
from patchprobe.alignment import Alignment, AlignmentEdits, Edge, LandmarkPairs, StackAlignment, Transform

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SHIFTS = np.array(((0, 0), (6, -4), (3, 9), (-5, 2)))
# The widget's anchor is the middle section.
FROM_MIDDLE = SHIFTS - SHIFTS[2]
TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((120, 130)), 2)
TISSUE = (255 * (TISSUE - TISSUE.min()) / np.ptp(TISSUE)).astype(np.uint8)
# Cut from one large picture, so that the true shifts are whole and there is no border.
DISPLACED = np.stack([TISSUE[20 - dy : 100 - dy, 20 - dx : 110 - dx] for dy, dx in SHIFTS])


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer):
    return viewer.add_image(
        DISPLACED, name="cells", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3, colormap="gray_r"
    )


@pytest.fixture
def make_widget(viewer, qtbot):
    def make():
        widget = AlignWidget(viewer)
        qtbot.addWidget(widget)
        widget.resize(320, 760)
        widget.show()
        choose(widget.form.model, "translation")
        choose(widget.form.backbone, None)
        return widget

    return make


@pytest.fixture
def widget(make_widget):
    return make_widget()


@pytest.fixture
def hold(monkeypatch):
    """Let the pair after `after` and later ones wait for `go`."""

    class Hold:
        after = 2
        reached, go = threading.Event(), threading.Event()

        def __call__(self, *args, known=None, **options):
            self.known = edges = known
            for done, edges in enumerate(measure_edges(*args, known=known, **options)):
                if done >= self.after:
                    self.reached.set()
                    self.go.wait(10)
                yield edges
            return edges

    measure_edges = _measure_work.measure_edges
    hold = Hold()
    monkeypatch.setattr(_measure_work, "measure_edges", hold)
    yield hold
    hold.go.set()


def choose(combo, value):
    combo.setCurrentIndex(combo.findData(value))


def settle(qtbot, widget):
    parts = (widget.live, widget.aligned, widget.plots)
    qtbot.waitUntil(lambda: not any(part.is_busy for part in parts), timeout=20_000)


def align(qtbot, widget):
    assert widget.run.start_button.isEnabled(), widget.run.start_button.toolTip()
    qtbot.mouseClick(widget.run.start_button, LEFT)
    settle(qtbot, widget)


def click_row(qtbot, widget, row, modifier=Qt.KeyboardModifier.NoModifier):
    at = widget.table.visualItemRect(widget.table.item(row, 1)).center()
    qtbot.mouseClick(widget.table.viewport(), LEFT, modifier, at)


def texts(widget, column):
    return [widget.table.item(row, column).text() for row in range(widget.table.rowCount())]


# --- what is missing, what is done ---


def test_without_a_stack_the_button_says_what_is_missing(viewer, widget):
    assert not widget.run.start_button.isEnabled()
    viewer.add_image(DISPLACED[0], name="one plane")
    assert "two sections" in widget.run.start_button.toolTip()
    viewer.add_image(DISPLACED, name="stack")
    assert widget.run.start_button.isEnabled()
    # A movie begins with what suits it.
    viewer.add_image(DISPLACED, name="movie", axis_labels=("t", "y", "x"))
    widget.form.picker.pick(viewer.layers["movie"])
    assert widget.form.model.currentData() == "translation"
    assert widget.form.reference.currentData() == "template"


def test_a_stack_is_aligned_beside_its_source_and_the_table_says_how(qtbot, viewer, image, widget):
    align(qtbot, widget)
    np.testing.assert_allclose(widget.live.alignment.shifts, FROM_MIDDLE, atol=0.2)
    aligned = viewer.layers["cells aligned"]
    stack = Stack(DISPLACED, "zyx")
    wanted = align_stack(stack, None, "neighbours", model="translation").apply(stack)
    np.testing.assert_array_equal(aligned.data, np.asarray(wanted.data))
    for name in ("scale", "translate", "units", "contrast_limits"):
        np.testing.assert_array_equal(getattr(aligned, name), getattr(image, name))
    assert aligned.colormap.name == "gray_r"
    assert aligned.visible and not image.visible
    assert widget.status.text == "4 of 4 sections ok; largest shift 13 px"
    assert widget.status.mood is Mood.READY
    assert texts(widget, 0) == ["0", "1", "2", "3"]
    assert texts(widget, 1) == ["● ok"] * 4
    assert widget.table.item(2, 2).text() == "–" and float(widget.table.item(1, 2).text()) > 0.9
    assert widget.table.item(1, 3).text() == "3.0, −13" and widget.table.item(1, 4).text() == "0"
    assert widget.table.describe(1) == "Section 1: ok, shift 3.0, −13 px (12, −52 nm)"
    widget.more.unfold()
    widget.form.more.unfold()
    assert widget.minimumWidth() <= 320


def test_a_click_on_a_row_or_a_plot_shows_the_section_and_its_pair(qtbot, viewer, image, widget):
    align(qtbot, widget)
    click_row(qtbot, widget, 1)
    assert current_plane(viewer, image) == 1
    pair = widget.live.pair
    assert (pair.fixed, pair.moving) == (0, 1)
    np.testing.assert_allclose(pair.transform.shift, SHIFTS[1], atol=0.2)
    assert widget.detail.text().startswith("Section 1: ok")
    qtbot.waitUntil(lambda: "pair of cells" in viewer.layers)
    qtbot.keyClick(widget.table, Qt.Key.Key_Down)
    assert current_plane(viewer, image) == 2 and widget.live.pair.moving == 2
    show_plane(viewer, image, 3)
    assert widget.table.marked == [3] and widget.live.pair.moving == 3
    show_plane(viewer, image, 0)
    plot = widget.plots.likeness
    assert plot.isVisibleTo(widget)
    before, after = (float(np.nanmin(values)) for values in (plot._before, plot._after))
    assert before < 0.5 and after > 0.9
    assert "before" in plot.describe(1) and plot.describe(0).count("–") == 2
    qtbot.mouseClick(plot, LEFT, pos=plot.rect().center() + plot.rect().bottomRight() / 2)
    assert current_plane(viewer, image) == 3


def test_aligning_again_replaces_the_layer_and_measures_no_pair_twice(qtbot, viewer, image, widget, hold):
    hold.go.set()
    align(qtbot, widget)
    assert hold.known is None
    widget.form.more.neighbours.setValue(1)
    align(qtbot, widget)
    assert len(hold.known) == 6 and len(widget.live.source) == 3
    assert [layer.name for layer in viewer.layers] == ["cells", "cells aligned"]


def test_other_methods(qtbot, viewer, image, widget):
    """Those of the reports need features; models that turn say by how much."""
    choose(widget.form.more.matching, "median")
    assert "choose some" in widget.run.start_button.toolTip()
    choose(widget.form.backbone, "placeholder-cnx-t")
    for method in ("median", "max-correlation"):
        choose(widget.form.more.matching, method)
        align(qtbot, widget)
        assert method in widget.live.source.made_by
    turned = np.stack([TISSUE[:96, :96], ndimage.rotate(TISSUE[:96, :96], 4, reshape=False, order=1)])
    widget.form.picker.pick(viewer.add_image(turned, name="turned"))
    choose(widget.form.backbone, None)
    assert widget.form.model.currentData() == "rigid"
    align(qtbot, widget)
    assert abs(float(widget.table.item(0, 4).text().replace("−", "-"))) == pytest.approx(4, abs=0.5)


def test_the_table_says_what_a_frame_scores_and_which_parts_hang_apart():
    one, apart = Alignment(Transform.identity(), score=0.4), Alignment(Transform.identity(), part=1)
    movie = Sections(StackAlignment((one, one), (8, 8), reference="template"))
    assert movie.texts(0)[2] == "0.40"
    sections = Sections(StackAlignment((one, apart), (8, 8), reference="neighbours"))
    assert sections.texts(0)[2] == "–"
    out = Sections(sections.alignment, edits=AlignmentEdits((0,), anchor=0))
    assert "not the anchor as long as" in out.describe(0)
    assert "no pair joins it" in sections.describe(1) and "no pair" not in sections.describe(0)


def test_movies_begin_with_what_suits_them(viewer, make_widget):
    viewer.add_image(DISPLACED, axis_labels=("t", "y", "x"))
    widget = AlignWidget(viewer)
    assert widget.form.model.currentData() == "translation"
    assert widget.form.reference.currentData() == "template"


# --- edits ---


def test_a_section_is_left_out_and_used_again(qtbot, viewer, image, widget):
    align(qtbot, widget)
    click_row(qtbot, widget, 1)
    qtbot.mouseClick(widget.actions_row.exclude_button, LEFT)
    settle(qtbot, widget)
    assert texts(widget, 1)[1] == "– left out" and "1 left out" in widget.status.text
    np.testing.assert_allclose(widget.live.alignment[1].shift, (FROM_MIDDLE[0] + 0) / 2, atol=0.2)
    assert widget.actions_row.exclude_button.text() == "Include"
    qtbot.mouseClick(widget.actions_row.exclude_button, LEFT)
    settle(qtbot, widget)
    assert texts(widget, 1)[1] == "● ok"


def test_the_menu_of_the_table_does_the_same(qtbot, image, widget):
    align(qtbot, widget)
    click_row(qtbot, widget, 0)
    click_row(qtbot, widget, 1, CTRL)
    menu = widget.table.menu_for(widget.table.marked)
    assert [action.text() for action in menu.actions()] == ["Exclude"]
    menu.actions()[0].trigger()
    settle(qtbot, widget)
    assert widget.live.state.edits.excluded == (0, 1)
    anchor = widget.table.menu_for([3]).actions()[-1]
    assert anchor.text() == "Anchor here"
    anchor.trigger()
    settle(qtbot, widget)
    assert widget.table.item(3, 0).text() == "⚓ 3"
    np.testing.assert_allclose(widget.live.alignment[3].shift, (0, 0), atol=1e-6)
    assert widget.form.more.anchor.value() == 3
    widget.form.more.smoothness.setValue(2.0)
    settle(qtbot, widget)
    assert widget.live.state.edits.smoothness == 2 and widget.live.state.words == "smoothness and drift"


def test_a_pair_by_hand_holds_and_is_undone(qtbot, image, widget):
    # Also before anything is measured.
    widget.live.set_edge(Edge(0, 1, Transform.translation((6, -4)), by_hand=True))
    settle(qtbot, widget)
    np.testing.assert_allclose(np.diff(widget.live.alignment.shifts[:2], axis=0), [(6, -4)], atol=0.01)
    assert texts(widget, 1)[2:] == ["… waiting"] * 2
    widget.live.undo()
    align(qtbot, widget)
    measured = widget.live.alignment.shifts
    widget.live.look_at(1)
    widget.pair.edge_set.emit(Edge(0, 1, Transform.translation((20, 0)), by_hand=True))
    settle(qtbot, widget)
    np.testing.assert_allclose(widget.live.pair.transform.shift, (20, 0), atol=2)
    assert widget.live.pair.edge.by_hand
    qtbot.keyClick(widget, Qt.Key.Key_Z, CTRL)
    settle(qtbot, widget)
    np.testing.assert_array_equal(widget.live.alignment.shifts, measured)
    qtbot.keyClick(widget, Qt.Key.Key_Z, CTRL | SHIFT)
    settle(qtbot, widget)
    assert widget.live.pair.edge.by_hand
    assert "pair 0–1 by hand" in widget.detail.text()
    widget.table.menu_for([1]).actions()[-1].trigger()
    settle(qtbot, widget)
    np.testing.assert_array_equal(widget.live.alignment.shifts, measured)


def test_landmarks_are_saved_with_the_alignment(qtbot, viewer, image, widget, tmp_path):
    widget.live.set_edge(Edge(0, 1, Transform.translation((6, -4)), by_hand=True))
    settle(qtbot, widget)
    widget.live.look_at(1)
    marked = LandmarkPairs(0, 1, (((10.0, 20.0), (16.0, 16.0)),))
    book = session_of(viewer).landmarks[image]
    book.take([marked])
    widget.live.save(tmp_path / "alignment.json")
    book.undo(0, 1)
    widget.live.load(tmp_path / "alignment.json")
    settle(qtbot, widget)
    assert widget.pair.hand.now().pairs == marked


def test_an_edit_made_while_pairs_are_compared_holds(qtbot, image, widget, hold):
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(lambda: hold.reached.is_set() and widget.run.total == 6)
    widget.live.exclude([1])
    hold.go.set()
    settle(qtbot, widget)
    assert texts(widget, 1)[1] == "– left out" and widget.live.state.words == "align"


def test_undo_of_the_whole_alignment_shows_everything_as_it_was(qtbot, viewer, image, widget):
    align(qtbot, widget)
    first = viewer.layers["cells aligned"].data.copy()
    qtbot.mouseClick(widget.actions_row.undo_button, LEFT)
    settle(qtbot, widget)
    assert [layer.name for layer in viewer.layers] == ["cells"] and image.visible
    assert widget.table.rowCount() == 0 and not widget.more.save_button.isEnabled()
    assert not widget.actions_row.undo_button.isEnabled()
    assert widget.actions_row.redo_button.toolTip().startswith("Redo: align")
    qtbot.mouseClick(widget.actions_row.redo_button, LEFT)
    settle(qtbot, widget)
    np.testing.assert_array_equal(viewer.layers["cells aligned"].data, first)


# --- stopping, leaving, coming back ---


def test_stop_keeps_what_was_measured_and_align_goes_on(qtbot, viewer, image, widget, hold):
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(lambda: hold.reached.is_set() and widget.run.total == 6)
    assert not widget.actions_row.undo_button.isEnabled()
    # The window does not wait for the pair that is being compared.
    qtbot.mouseClick(widget.run.stop_button, LEFT)
    assert widget.run.start_button.isVisible()
    assert widget.run.note.text() == "Stopped after 2 of 6 pairs; Align goes on from there"
    settle(qtbot, widget)
    assert texts(widget, 1)[3] == "… waiting" and len(widget.live.source) == 2
    hold.go.set()
    align(qtbot, widget)
    assert len(hold.known) == 2 and len(widget.live.source) == 6
    np.testing.assert_allclose(widget.live.alignment.shifts, FROM_MIDDLE, atol=0.2)


def test_nothing_is_lost_when_the_widget_is_closed_or_another_stack_chosen(
    qtbot, viewer, image, widget, make_widget
):
    align(qtbot, widget)
    alignment = widget.live.alignment
    viewer.add_image(DISPLACED[::-1], name="other")
    widget.form.picker.pick(viewer.layers["other"])
    assert widget.table.rowCount() == 0
    widget.form.picker.pick(image)
    assert widget.live.alignment is alignment and widget.table.rowCount() == 4
    settle(qtbot, widget)
    viewer.layers.remove("other")
    widget.close()
    again = make_widget()
    settle(qtbot, again)
    assert again.live.alignment is alignment
    assert [layer.name for layer in viewer.layers] == ["cells", "cells aligned"]
    assert again.actions_row.undo_button.isEnabled()


def test_data_replaced_or_deleted_during_work_is_let_go(qtbot, viewer, image, widget, hold):
    hold.after = 1
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(lambda: hold.reached.is_set() and widget.run.total == 6)
    image.data = DISPLACED[:, ::-1]
    hold.go.set()
    settle(qtbot, widget)
    assert "was replaced" in widget.run.note.text()
    assert [layer.name for layer in viewer.layers] == ["cells"]
    hold.go.clear()
    qtbot.mouseClick(widget.run.start_button, LEFT)
    viewer.layers.remove(image)
    hold.go.set()
    settle(qtbot, widget)
    assert not viewer.layers and widget.table.rowCount() == 0
    assert not widget.run.is_running


def test_a_viewer_closed_during_work(qtbot, make_napari_viewer, hold):
    viewer = make_napari_viewer()
    viewer.add_image(DISPLACED[:, :40, :40])
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Align")
    choose(widget.form.model, "translation")
    choose(widget.form.backbone, None)
    hold.after = 0
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(hold.reached.is_set, timeout=20_000)
    viewer.close()
    hold.go.set()


def test_what_cannot_be_aligned_is_said_in_place(qtbot, viewer, widget):
    viewer.add_image(np.full((3, 40, 40), np.nan, np.float32), name="nothing")
    align(qtbot, widget)
    assert texts(widget, 1) == ["○ blank"] * 3 and widget.status.mood is Mood.LOOK
    viewer.add_image(DISPLACED[:, :8, :8], name="tiny")
    widget.form.picker.pick(viewer.layers["tiny"])
    align(qtbot, widget)
    assert "at least 16 × 16" in widget.error.text and not widget.run.is_running
    viewer.add_image(np.stack([DISPLACED[:2]] * 2), name="in time")
    widget.form.picker.pick(viewer.layers["in time"])
    assert not widget.error.text
    align(qtbot, widget)
    assert widget.table.rowCount() == 4 and viewer.layers["in time aligned"].data.shape == (2, 2, 80, 90)
