"""What a person does by mistake while classes are painted: no exception, no lost stroke.

An exception in a slot or an event handler fails the test, since pytest-qt sees it.
"""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Layer
from qtpy.QtCore import Qt

from patchprobe._layer_data import layer_data
from patchprobe._widgets._layers import find_prediction, show_plane
from patchprobe.io import Stack, label_classes, load_stack, save_labels

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
HALVES = np.zeros((3, 40, 60), np.uint8)
HALVES[:, :, 30:] = 200
HALVES += np.random.default_rng(0).integers(0, 20, HALVES.shape, dtype=np.uint8)
KINDS = {
    "one plane": (HALVES[0], {}),
    "stack": (HALVES, {}),
    "stack in time": (np.stack([HALVES] * 2), {}),
    "colours": (np.stack([HALVES] * 3, axis=-1), {"rgb": True}),
    "pyramid": ([HALVES, HALVES[:, ::2, ::2]], {"multiscale": True}),
    "scaled": (HALVES, {"scale": (50, 4, 4), "translate": (5, 6, 7), "units": ("nm",) * 3}),
    "rotated": (HALVES[0], {"rotate": 30, "scale": (2, 3)}),
}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture(params=KINDS)
def image(request, viewer):
    data, options = KINDS[request.param]
    return viewer.add_image(data, name="cells", **options)


@pytest.fixture
def stack(viewer):
    return viewer.add_image(HALVES, name="cells")


@pytest.fixture
def open_probe(viewer, settle):
    def open_probe():
        _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
        settle(widget)
        return widget

    return open_probe


def paint_both(canvas, row=8):
    canvas.press(Qt.Key.Key_1)
    canvas.drag((row, 5), (row, 20))
    canvas.press(Qt.Key.Key_2)
    canvas.drag((row, 40), (row, 55))


def painted(widget):
    return np.asarray(widget.live.strokes.data).copy()


def test_classes_and_undo_on_every_kind_of_image(viewer, image, open_probe, hands, settle):
    viewer.reset_view()
    widget = open_probe()
    canvas = hands(viewer, image)
    paint_both(canvas)
    settle(widget)
    before = painted(widget)
    assert set(np.unique(before)) == {0, 1, 2}
    widget.classes.rows[2].merge_menu.actions()[0].trigger()
    canvas.press(Qt.Key.Key_Z, CTRL)
    widget.classes.rows[1].remove.trigger()
    canvas.press(Qt.Key.Key_Z, CTRL)
    settle(widget)
    np.testing.assert_array_equal(painted(widget), before)
    assert set(np.unique(find_prediction(viewer, image).data)) >= {1, 2}
    assert widget.error.text == ""


def test_classes_change_while_the_view_is_3d(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    canvas = hands(viewer, stack)
    paint_both(canvas)
    settle(widget)
    before = painted(widget)
    viewer.dims.ndisplay = 3
    canvas.drag((20, 5), (20, 20))
    canvas.press(Qt.Key.Key_2)
    canvas.press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    widget.live.edits.merge(2, 1)
    widget.planes.strip.clicked.emit(2)
    for _ in range(3):
        canvas.press(Qt.Key.Key_Z, CTRL)
        canvas.press(Qt.Key.Key_Z, CTRL, SHIFT)
    canvas.press(Qt.Key.Key_Z, CTRL)
    viewer.dims.ndisplay = 2
    settle(widget)
    np.testing.assert_array_equal(painted(widget) > 0, before > 0)


def test_layers_are_renamed_and_deleted_between_changes(qtbot, viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    paint_both(hands(viewer, stack))
    settle(widget)
    before, strokes = painted(widget), widget.live.strokes
    for layer in list(viewer.layers):
        layer.name = "the same"
    viewer.layers.remove(find_prediction(viewer, stack))
    widget.live.edits.remove(2)
    viewer.layers.remove(strokes)
    widget.classes.undo_button.click()
    qtbot.waitUntil(lambda: strokes in viewer.layers)
    settle(widget)
    np.testing.assert_array_equal(painted(widget), before)
    assert set(np.unique(find_prediction(viewer, stack).data)) >= {1, 2}


def test_all_layers_are_deleted_and_classes_changed_then(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    paint_both(hands(viewer, stack))
    viewer.layers.clear()
    settle(widget)
    widget.live.edits.remove(2)
    widget.classes.add_button.click()
    for _ in range(4):
        widget.classes.undo_button.click()
    widget.live.edits.redo()
    settle(widget)
    assert "Open Sample" in widget.hint.text()


def test_undo_after_the_image_was_changed_for_another(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    paint_both(hands(viewer, stack))
    settle(widget)
    before, first = painted(widget), widget.live.strokes
    widget.live.edits.remove(2)
    other = viewer.add_image(HALVES[0] + 1, name="other")
    widget.live.use_image(other)
    settle(widget)
    # The strokes that came with the removed class belong to the first image and come back there.
    widget.classes.undo_button.click()
    np.testing.assert_array_equal(first.data, before)
    assert not painted(widget).any()
    widget.classes.undo_button.click()
    np.testing.assert_array_equal(first.data, before)
    settle(widget)


def test_features_and_plane_change_while_a_class_is_merged(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    canvas = hands(viewer, stack)
    paint_both(canvas)
    widget.state.backbone = "placeholder-cnx-t"
    widget.live.edits.merge(2, 1)
    show_plane(viewer, stack, 2)
    canvas.press(Qt.Key.Key_Z, CTRL)
    settle(widget)
    assert [known.number for known in widget.state.classes] == [1, 2]
    assert set(np.unique(painted(widget))) == {0, 1, 2}
    assert widget.live.probe.backbone_ == "placeholder-cnx-t"


def test_the_viewer_is_closed_with_changes_to_undo(make_napari_viewer, hands, settle):
    viewer = make_napari_viewer(show=True)
    image = viewer.add_image(HALVES, name="cells")
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    settle(widget)
    paint_both(hands(viewer, image))
    widget.live.edits.remove(2)
    viewer.close()


def test_the_widget_is_closed_and_strokes_are_painted_on(viewer, stack, open_probe, hands, qtbot):
    widget = open_probe()
    canvas = hands(viewer, stack)
    paint_both(canvas)
    strokes = widget.live.strokes
    viewer.window.remove_dock_widget("all")
    qtbot.waitUntil(lambda: not widget.isVisible())
    before = np.count_nonzero(strokes.data)
    canvas.drag((30, 5), (30, 20))
    assert np.count_nonzero(strokes.data) > before
    # The keys are napari's own again.
    canvas.press(Qt.Key.Key_Z, CTRL)
    assert np.count_nonzero(strokes.data) == before


def test_undo_and_removal_in_the_middle_of_a_stroke(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    canvas = hands(viewer, stack)
    paint_both(canvas)
    canvas.drag((30, 40), (30, 55), during=lambda: canvas.press(Qt.Key.Key_Z, CTRL))
    canvas.drag((20, 40), (20, 55), during=lambda: widget.live.edits.remove(1))
    settle(widget)
    assert [known.number for known in widget.state.classes] == [2]
    assert painted(widget)[1, 30, 50] == 2 == painted(widget)[1, 20, 50]
    for _ in range(6):
        canvas.press(Qt.Key.Key_Z, CTRL)
    assert not painted(widget).any()
    settle(widget)


def test_strokes_from_a_file_are_painted_on_in_memory(viewer, stack, open_probe, hands, settle, tmp_path):
    made = Stack(HALVES, "zyx", name="cells")
    classes = label_classes({2: "nucleus", 1: "rest"}, {1: "#112233", 2: "#445566"})
    labels = np.zeros(HALVES.shape, np.uint8)
    labels[1, 8, 40:55] = 2
    path = save_labels(tmp_path / "strokes.ome.tif", labels, made, classes=classes)
    content = path.read_bytes()
    (layer,) = (viewer.add_layer(Layer.create(*part)) for part in layer_data(load_stack(path)))
    widget = open_probe()
    widget.live.use_strokes(layer)
    assert [known.name for known in widget.state.classes] == ["nucleus", "rest"]
    canvas = hands(viewer, stack)
    canvas.press(Qt.Key.Key_1)
    canvas.drag((8, 5), (8, 20))
    settle(widget)
    assert set(np.unique(painted(widget))) == {0, 1, 2}
    assert path.read_bytes() == content


def test_a_pyramid_of_labels_is_refused_in_words(viewer, stack, open_probe):
    widget = open_probe()
    mine = widget.live.strokes
    pyramid = viewer.add_labels([np.zeros(HALVES.shape, int), np.zeros((3, 20, 30), int)], multiscale=True)
    widget.live.use_strokes(pyramid)
    assert "several levels" in widget.error.text and widget.live.strokes is mine


def test_undo_with_nothing_to_undo(viewer, stack, open_probe, hands, settle):
    widget = open_probe()
    canvas = hands(viewer, stack)
    for _ in range(3):
        canvas.press(Qt.Key.Key_Z, CTRL)
        canvas.press(Qt.Key.Key_Z, CTRL, SHIFT)
    assert not widget.classes.undo_button.isEnabled()
    paint_both(canvas)
    for _ in range(5):
        canvas.press(Qt.Key.Key_Z, CTRL)
    assert not painted(widget).any()
    for _ in range(5):
        canvas.press(Qt.Key.Key_Z, CTRL, SHIFT)
    settle(widget)
    assert set(np.unique(painted(widget))) == {0, 1, 2}


def test_every_control_is_reached_by_the_tab_key_and_says_what_it_is(open_probe, stack):
    from qtpy.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QSlider

    widget = open_probe()
    buddies = {label.buddy() for label in widget.findChildren(QLabel)}
    for kind in (QAbstractButton, QComboBox, QLineEdit, QSlider):
        for part in widget.findChildren(kind):
            if not part.isVisibleTo(widget) or part.objectName().startswith("qt_"):
                continue
            assert part.focusPolicy() & Qt.FocusPolicy.TabFocus, part
            said = part.accessibleName() or getattr(part, "text", lambda: "")() or part in buddies
            assert said, part.toolTip()
