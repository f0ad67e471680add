"""The list of classes and its undo, by mouse and keyboard."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from patchprobe import _work
from patchprobe._state import ProbeClass
from patchprobe._widgets._class_layers import classes_of
from patchprobe._widgets._layers import find_prediction, show_plane
from patchprobe._widgets.probe import ProbeWidget
from patchprobe._work import embed_plane

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
HALVES = np.zeros((3, 40, 60), np.uint8)
HALVES[:, :, 30:] = 200
HALVES += np.random.default_rng(0).integers(0, 20, HALVES.shape, dtype=np.uint8)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def image(viewer):
    return viewer.add_image(HALVES, name="cells")


@pytest.fixture
def widget(viewer, image, settle):
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    settle(widget)
    return widget


@pytest.fixture
def canvas(widget, viewer, image, hands):
    return hands(viewer, image)


@pytest.fixture
def hold(monkeypatch):
    """Let no plane be embedded while `go` is clear."""

    class Hold:
        def __init__(self):
            self.reached, self.go = threading.Event(), threading.Event()
            self.go.set()

        def __call__(self, *args, **options):
            self.reached.set()
            self.go.wait(10)
            return embed_plane(*args, **options)

    hold = Hold()
    monkeypatch.setattr(_work, "embed_plane", hold)
    yield hold
    hold.go.set()


def labels(widget):
    return np.asarray(widget.live.strokes.data)


def count(widget):
    """Painted pixels of each class over all planes."""
    numbers, pixels = np.unique(labels(widget), return_counts=True)
    return {int(n): int(p) for n, p in zip(numbers, pixels, strict=True) if n}


def paint_both(canvas, row=8):
    """A stroke of class 1 on the left, one of class 2 on the right."""
    canvas.press(Qt.Key.Key_1)
    canvas.drag((row, 5), (row, 20))
    canvas.press(Qt.Key.Key_2)
    canvas.drag((row, 40), (row, 55))


def names(widget):
    return [known.name for known in widget.state.classes]


# --- merge, remove, undo ---


def test_merging_takes_strokes_of_all_planes_and_one_undo_brings_them_back(
    viewer, image, widget, canvas, settle
):
    paint_both(canvas)
    show_plane(viewer, image, 2)
    paint_both(canvas)
    settle(widget)
    before = labels(widget).copy()
    merge_menu = widget.classes.rows[2].merge_menu
    assert [action.text() for action in merge_menu.actions()] == ["&1 background"]
    merge_menu.actions()[0].trigger()
    settle(widget)
    assert names(widget) == ["background"]
    np.testing.assert_array_equal(labels(widget), (before > 0).astype(np.uint8))
    assert widget.state.selected == 1
    assert widget.classes.undo_button.toolTip() == "Undo: merge foreground into background (Ctrl-Z)"
    canvas.press(Qt.Key.Key_Z, CTRL)
    settle(widget)
    assert names(widget) == ["background", "foreground"]
    np.testing.assert_array_equal(labels(widget), before)
    canvas.press(Qt.Key.Key_Z, CTRL, SHIFT)
    settle(widget)
    assert count(widget) == {1: (before > 0).sum()}


def test_ctrl_z_goes_back_through_a_stroke_and_the_removal_before_it(widget, canvas, settle):
    paint_both(canvas)
    settle(widget)
    painted = labels(widget).copy()
    widget.classes.rows[2].remove.trigger()
    canvas.drag((30, 5), (30, 20))
    settle(widget)
    after = labels(widget).copy()
    # First the stroke, then the removal with its strokes, then the stroke before it.
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert set(count(widget)) == {1} and names(widget) == ["background"]
    canvas.press(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(labels(widget), painted)
    assert names(widget) == ["background", "foreground"]
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert set(count(widget)) == {1}
    for _ in range(3):
        canvas.press(Qt.Key.Key_Z, CTRL, SHIFT)
    np.testing.assert_array_equal(labels(widget), after)
    assert names(widget) == ["background"]
    settle(widget)


def test_removed_while_a_fit_runs_it_stays_removed(qtbot, widget, canvas, hold, settle):
    paint_both(canvas)
    settle(widget)
    hold.go.clear()
    hold.reached.clear()
    canvas.drag((20, 40), (20, 55))
    qtbot.waitUntil(hold.reached.is_set)
    widget.classes.rows[2].remove.trigger()
    hold.go.set()
    settle(widget)
    assert names(widget) == ["background"] and set(count(widget)) == {1}
    widget.classes.undo_button.click()
    settle(widget)
    assert count(widget)[2] > 0 and widget.live.probe is not None


def test_removing_a_class_without_strokes_leaves_the_fit_alone(
    qtbot, viewer, image, widget, canvas, hold, settle
):
    widget.classes.add_button.click()
    hold.go.clear()
    hold.reached.clear()
    paint_both(canvas)
    qtbot.waitUntil(hold.reached.is_set)
    widget.live.edits.remove(3)
    hold.go.set()
    settle(widget)
    assert set(np.unique(find_prediction(viewer, image).data[1])) == {1, 2}


def test_changes_during_a_run_over_the_stack(qtbot, viewer, image, widget, canvas, hold, settle):
    paint_both(canvas)
    settle(widget)
    hold.go.clear()
    hold.reached.clear()
    widget.run.start_button.click()
    qtbot.waitUntil(hold.reached.is_set)
    widget.classes.rows[1].down.trigger()
    widget.live.edits.rename(2, "bright")
    widget.classes.rows[2].merge_menu.actions()[0].trigger()
    for _ in range(3):
        widget.classes.undo_button.click()
    hold.go.set()
    settle(widget)
    assert names(widget) == ["background", "foreground"]
    assert not widget.run.is_running
    assert set(np.unique(find_prediction(viewer, image).data[1])) == {1, 2}


def test_a_merged_class_is_shown_as_the_other_on_planes_that_were_predicted(
    viewer, image, widget, canvas, settle
):
    canvas.press(Qt.Key.Key_1)
    widget.classes.add_button.click()
    paint_both(canvas)
    canvas.press(Qt.Key.Key_3)
    canvas.drag((30, 40), (30, 55))
    settle(widget)
    widget.run.start_button.click()
    settle(widget)
    widget.live.edits.merge(3, 2)
    assert 3 not in find_prediction(viewer, image).data[2]
    settle(widget)


def test_strokes_on_the_other_image_of_the_viewer_change_too(viewer, image, widget, canvas, settle, hands):
    paint_both(canvas)
    first = widget.live.strokes
    other = viewer.add_image(HALVES[0] + 1, name="other")
    widget.picker.setCurrentIndex(widget.picker.findText("other", Qt.MatchFlag.MatchStartsWith))
    widget.live.use_image(other)
    settle(widget)
    paint_both(hands(viewer, other))
    widget.live.edits.remove(2)
    assert not (first.data == 2).any() and not (labels(widget) == 2).any()
    widget.live.edits.undo()
    assert (first.data == 2).any() and (labels(widget) == 2).any()
    settle(widget)


# --- order, names, colours ---


def test_moving_changes_the_order_and_no_stroke(qtbot, widget, canvas, settle):
    paint_both(canvas)
    settle(widget)
    before = labels(widget).copy()
    row = widget.classes.rows[2]
    widget.activateWindow()
    row.name.setFocus()
    qtbot.waitUntil(row.name.hasFocus)
    qtbot.keyClick(row.name, Qt.Key.Key_Up, ALT)
    assert names(widget) == ["foreground", "background"]
    tops = [widget.classes.rows[number].mapTo(widget, QPoint(0, 0)).y() for number in (2, 1)]
    QApplication.processEvents()
    assert widget.classes._column.indexOf(row) == 0, tops
    assert [score.number for score in widget.held_out.picture._scores] == [2, 1]
    np.testing.assert_array_equal(labels(widget), before)
    # The key goes with the class, as the number in the row and in the files does.
    canvas.press(Qt.Key.Key_2)
    assert widget.state.selected == 2
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert names(widget) == ["background", "foreground"]


def test_a_row_is_dragged_to_its_place_in_one_step(widget, canvas):
    widget.classes.add_button.click()
    QApplication.processEvents()
    row = widget.classes.rows[3]
    start, end = QPoint(8, row.height() // 2), QPoint(8, row.height() // 2 - 2 * row.height())
    QTest.mousePress(row, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(row, end)
    QTest.mouseRelease(row, LEFT, Qt.KeyboardModifier.NoModifier, end)
    assert names(widget) == ["class 3", "background", "foreground"]
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert names(widget) == ["background", "foreground", "class 3"]


def test_renaming_and_recolouring_are_undone(qtbot, widget, canvas):
    row = widget.classes.rows[2]
    row.name.setFocus()
    row.name.selectAll()
    qtbot.keyClicks(row.name, "membrane")
    qtbot.keyClick(row.name, Qt.Key.Key_Return)
    row.recoloured.emit("#112233")
    assert widget.state.classes[1] == ProbeClass(2, "membrane", "#112233")
    canvas.press(Qt.Key.Key_Z, CTRL)
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert names(widget) == ["background", "foreground"]
    assert row.name.text() == "foreground"


def test_an_added_class_is_undone_and_the_brush_finds_another(widget, canvas):
    widget.classes.add_button.click()
    assert widget.state.selected == 3
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert names(widget) == ["background", "foreground"]
    assert widget.state.selected in (1, 2)


def test_ctrl_z_in_the_widget_undoes_too(qtbot, widget, canvas, settle):
    paint_both(canvas)
    settle(widget)
    widget.is_live.setFocus()
    qtbot.keyClick(widget.is_live, Qt.Key.Key_Z, CTRL)
    assert set(count(widget)) == {1}


def test_the_keys_are_free_in_napari_or_replaced_with_intent(viewer, widget):
    taken = {str(key): name for name, keys in default_shortcuts.items() for key in keys}
    bound = {str(key) for key in widget.live.strokes.keymap}
    assert {"Alt+Left", "Alt+Right", "Ctrl+Z", "Ctrl+Shift+Z"} <= bound
    clashes = {key for key in bound if key in taken}
    assert clashes == set("1234567")
    # What napari says of the numbers would be wrong here.
    assert "<1> to <9>" in viewer.help


def test_alt_a_adds_a_class(qtbot, widget):
    widget.activateWindow()
    widget.is_live.setFocus()
    qtbot.waitUntil(widget.is_live.hasFocus)
    qtbot.keyClick(widget.is_live, Qt.Key.Key_A, ALT)
    qtbot.waitUntil(lambda: len(widget.state.classes) == 3)


# --- names on layers ---


def test_names_and_colours_are_on_the_layers_and_a_new_widget_takes_them_over(
    qtbot, viewer, image, widget, canvas, settle
):
    widget.live.edits.rename(2, "membrane")
    widget.live.edits.recolour(2, "#112233")
    widget.live.edits.move(2, -1)
    paint_both(canvas)
    settle(widget)
    for layer in (widget.live.strokes, find_prediction(viewer, image)):
        assert [known.name for known in classes_of(layer)] == ["membrane", "background"]
        assert list(layer.features["class"]) == ["none", "membrane", "background"]
    status = widget.live.strokes.get_status((0, 8, 45), dims_displayed=[1, 2], world=True)
    assert "membrane" in str(status)
    second = ProbeWidget(viewer)
    qtbot.addWidget(second)
    assert second.state.classes == widget.state.classes
    assert second.classes.rows[2].name.text() == "membrane"
    settle(second)


# --- counts and planes ---


def test_painted_planes_are_shown_and_reached(qtbot, viewer, image, widget, canvas, settle):
    show_plane(viewer, image, 0)
    paint_both(canvas)
    show_plane(viewer, image, 2)
    canvas.drag((20, 40), (20, 55))
    settle(widget)
    assert widget.planes.note.text() == "Plane 2, strokes on 2 of 3"
    qtbot.mouseClick(widget.planes.strip, LEFT, pos=QPoint(widget.planes.strip.width() // 2, 3))
    assert widget.live.painting.plane == 1
    canvas.press(Qt.Key.Key_Left, ALT)
    assert widget.live.painting.plane == 0
    canvas.press(Qt.Key.Key_Left, ALT)
    assert widget.live.painting.plane == 2
    widget.planes.next_button.click()
    assert widget.live.painting.plane == 0
    settle(widget)


def test_a_row_says_how_much_is_painted_in_the_room_there_is(widget):
    row = widget.classes.rows[1]
    row.show_count(3, 412)
    row.resize(420, row.height())
    assert row.count.text() == "3 strokes · 412 px"
    row.resize(220, row.height())
    assert row.count.text() == "3 · 412 px"
    row.show_count(120, 1_234_567)
    assert row.count.text() == "120 · 1.2M px"
    assert row.count.toolTip() == "120 strokes, 1234567 px"


def test_a_thin_class_is_named(widget, canvas, settle):
    for row in (8, 20, 32):
        paint_both(canvas, row)
    widget.classes.add_button.click()
    canvas.drag((26, 40), (26, 55))
    settle(widget)
    assert widget.held_out.headline.text().startswith("6 held-out strokes: accuracy")
    assert widget.held_out.missing.text() == "class 3: 1 stroke, paint two more to see how good it is"
    assert widget.held_out.picture.isVisible()


def test_the_tab_key_reaches_every_row_in_the_order_that_is_seen(widget):
    widget.live.edits.move(2, -1)
    stops, part = [], widget.classes.add_button
    for _ in range(6):
        part = part.nextInFocusChain()
        stops.append(part)
    expected = [part for number in (2, 1) for part in widget.classes.rows[number].tab_stops]
    assert [stop for stop in stops if stop in expected] == expected
    assert all(part.accessibleName() for part in expected)
