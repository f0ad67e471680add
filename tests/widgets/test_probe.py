"""The Probe widget, driven as a person drives it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from napari.layers import Image, Labels
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from patchprobe import LinearProbe, _work, embed, get_backbone
from patchprobe._predicting import predict_whole
from patchprobe._state import Overlay, OverlayKind
from patchprobe._widgets import demo_window
from patchprobe._widgets._layers import (
    add_strokes,
    find_prediction,
    find_probability,
    find_strokes,
    layer_stack,
    show_plane,
)
from patchprobe._widgets._session import session_of
from patchprobe._widgets._status import Mood
from patchprobe._widgets._visible import camera_of
from patchprobe._widgets.probe import ProbeWidget
from patchprobe._work import embed_plane
from patchprobe.compute import Compute
from patchprobe.probe import read_rows

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
HALVES = np.zeros((3, 40, 60), np.uint8)
HALVES[:, :, 30:] = 200
HALVES += np.random.default_rng(0).integers(0, 20, HALVES.shape, dtype=np.uint8)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer):
    layer = viewer.add_image(HALVES, name="cells", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3)
    show_plane(viewer, layer, 1)
    return layer


@pytest.fixture
def widget(viewer, qtbot):
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    widget.resize(320, 700)
    widget.show()
    return widget


@pytest.fixture
def hold(monkeypatch):
    """Let no plane be embedded before `go` is set."""

    class Hold:
        reached, go = threading.Event(), threading.Event()

        def __call__(self, *args, **options):
            self.reached.set()
            self.go.wait(10)
            return embed_plane(*args, **options)

    hold = Hold()
    monkeypatch.setattr(_work, "embed_plane", hold)
    yield hold
    hold.go.set()


def settle(qtbot, widget):
    """Wait until nothing is computed and nothing is about to be."""
    live = widget.live
    qtbot.waitUntil(
        lambda: not (live._soon.isActive() or live.run.is_running or live.stack_run._jobs.is_running)
    )


def paint(widget, plane, rows, columns, number):
    """Paint a block as one stroke, the way the brush does."""
    layer = widget.live.strokes
    at = np.mgrid[rows, columns].reshape(2, -1)
    index = tuple(at) if layer.ndim == 2 else (np.full(at.shape[1], plane), *at)
    layer.data_setitem(index, number)
    layer.events.paint(value=[])


def paint_both(qtbot, widget, plane=1, strokes=3):
    for start in range(5, 5 + 10 * strokes, 10):
        paint(widget, plane, slice(start, start + 4), slice(5, 20), 1)
        paint(widget, plane, slice(start, start + 4), slice(40, 55), 2)
    settle(qtbot, widget)


def predicted(viewer, image):
    return np.asarray(find_prediction(viewer, image).data)


# --- the way in ---


def test_without_an_image_it_says_where_to_get_one(qtbot, widget):
    assert "Open Sample" in widget.hint.text()
    assert not widget.run.start_button.isEnabled()
    assert "two classes" in widget.run.start_button.toolTip()


def test_strokes_are_made_with_the_brush_ready(qtbot, viewer, image, widget):
    settle(qtbot, widget)
    strokes = find_strokes(viewer, image)
    assert strokes is widget.live.strokes is viewer.layers.selection.active
    assert strokes.mode == "paint" and strokes.selected_label == 1
    assert strokes.data.shape == image.data.shape
    np.testing.assert_array_equal(strokes.scale, image.scale)
    np.testing.assert_array_equal(strokes.translate, image.translate)
    assert strokes.units == image.units
    assert "Class 1: background" in widget.hint.text()
    assert widget.status.mood is Mood.READY
    assert widget.status.text == "ready, 1 of 3 planes"


def test_strokes_and_prediction_of_before_are_taken_over(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    before = find_strokes(viewer, image), find_prediction(viewer, image)
    second = ProbeWidget(viewer)
    qtbot.addWidget(second)
    settle(qtbot, second)
    assert (second.live.strokes, find_prediction(viewer, image)) == before
    assert second.live.book.totals()[1][0] == 3
    assert len([layer for layer in viewer.layers if isinstance(layer, Labels)]) == 2


def test_painting_with_the_mouse_and_the_number_keys(qtbot, make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    image = viewer.add_image(HALVES[0], name="cells")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    settle(qtbot, widget)
    canvas = viewer.window._qt_viewer.canvas
    QApplication.processEvents()
    scene = canvas.view.scene.node_transform(canvas._scene_canvas.scene)

    def at(y, x):
        column, row = scene.map([x, y, 0, 1])[:2]
        return QPoint(int(column), int(row))

    def drag(start, end):
        QTest.mousePress(canvas.native, LEFT, NO_KEYS, at(*start))
        for share in (0.25, 0.5, 0.75, 1):
            QTest.mouseMove(
                canvas.native, at(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
            )
            QApplication.processEvents()
        QTest.mouseRelease(canvas.native, LEFT, NO_KEYS, at(*end))

    drag((10, 5), (10, 20))
    QTest.keyClick(canvas.native, Qt.Key.Key_2)
    assert widget.state.selected == 2 == widget.live.strokes.selected_label
    drag((30, 40), (30, 55))
    qtbot.waitUntil(lambda: find_prediction(viewer, image) is not None)
    settle(qtbot, widget)
    assert {number: strokes for number, (strokes, _) in widget.live.book.totals().items()} == {1: 1, 2: 1}
    labels = predicted(viewer, image)
    assert (labels[:, :25] == 1).mean() > 0.95 and (labels[:, 35:] == 2).mean() > 0.95
    QTest.keyClick(canvas.native, Qt.Key.Key_0)
    assert widget.live.strokes.mode == "erase"
    # The brush was not dropped when the overlay came.
    assert viewer.layers.selection.active is widget.live.strokes


# --- fitting ---


def test_the_prediction_follows_the_strokes_and_is_that_of_the_library(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    labels = predicted(viewer, image)[1]
    stack = layer_stack(image)
    embedding = embed(stack.plane(1), "filters", stack.normalisation())
    strokes = np.asarray(widget.live.strokes.data[1])
    np.testing.assert_array_equal(labels, LinearProbe().fit(embedding, strokes).predict(embedding))
    assert not predicted(viewer, image)[0].any()
    assert widget.held_out.headline.text() == "6 held-out strokes: accuracy 1.00"
    assert "F1 1.00; 100% as background" in widget.held_out.picture.accessibleDescription()
    assert [row.count.toolTip() for row in widget.classes.rows.values()] == ["3 strokes, 180 px"] * 2
    assert widget.hint.text() == "Paint where the overlay is wrong."


def test_one_class_is_no_probe_yet(qtbot, viewer, image, widget):
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    settle(qtbot, widget)
    assert widget.hint.text() == "Now press 2 and paint some foreground."
    assert find_prediction(viewer, image) is None
    assert widget.error.text == ""
    assert widget.classes.rows[1].count.toolTip() == "1 stroke, 60 px"


def test_few_strokes_are_not_judged(qtbot, image, widget):
    paint_both(qtbot, widget, strokes=1)
    assert "three strokes" in widget.held_out.headline.text()


def test_undo_and_redo_are_followed(qtbot, viewer, image, widget):
    paint_both(qtbot, widget, strokes=1)
    widget.live.strokes.undo()
    settle(qtbot, widget)
    assert set(widget.live.book.totals()) == {1}
    assert not predicted(viewer, image).any()
    widget.live.strokes.redo()
    settle(qtbot, widget)
    assert predicted(viewer, image)[1].any()


def test_other_planes_are_predicted_when_the_slider_reaches_them(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    show_plane(viewer, image, 2)
    settle(qtbot, widget)
    assert predicted(viewer, image)[2].all()
    assert widget.status.text == "ready, 2 of 3 planes"


def test_strokes_on_two_planes_make_one_probe(qtbot, viewer, image, widget):
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    show_plane(viewer, image, 2)
    paint(widget, 2, slice(5, 9), slice(40, 55), 2)
    settle(qtbot, widget)
    assert sorted(widget.live.book.planes) == [1, 2]
    assert set(np.unique(predicted(viewer, image)[2])) == {1, 2}


def test_while_live_is_off_nothing_is_fitted_before_it_is_asked_for(qtbot, viewer, image, widget):
    widget.is_live.click()
    paint_both(qtbot, widget)
    assert find_prediction(viewer, image) is None
    assert "Refit" in widget.hint.text()
    assert widget.refit_button.isVisible()
    widget.refit_button.click()
    settle(qtbot, widget)
    assert predicted(viewer, image)[1].any()


def test_what_is_painted_during_a_run_is_fitted_after_it(qtbot, viewer, image, widget, hold):
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    qtbot.waitUntil(hold.reached.is_set)
    paint(widget, 1, slice(5, 9), slice(40, 55), 2)
    hold.go.set()
    settle(qtbot, widget)
    assert set(np.unique(predicted(viewer, image)[1])) == {1, 2}


def test_strokes_read_before_more_were_painted_are_read_again(qtbot, viewer, image, widget, monkeypatch):
    settle(qtbot, widget)
    reached, go = threading.Event(), threading.Event()

    def slow_rows(*args):
        rows = read_rows(*args)
        reached.set()
        go.wait(10)
        return rows

    monkeypatch.setattr(_work, "read_rows", slow_rows)
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    paint(widget, 1, slice(5, 9), slice(40, 55), 2)
    qtbot.waitUntil(reached.is_set)
    paint(widget, 1, slice(20, 24), slice(5, 20), 1)
    qtbot.waitUntil(lambda: widget.live.run._again)
    go.set()
    settle(qtbot, widget)
    assert widget.live.probe.strokes_ == {1: 2, 2: 1}
    assert widget.live.book.totals()[1] == (2, 120)


def test_other_features_start_anew_and_keep_the_strokes(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    index = widget.backbone.findData("placeholder-cnx-t")
    widget.backbone.setCurrentIndex(index)
    widget.backbone.activated.emit(index)
    settle(qtbot, widget)
    assert widget.live.probe.backbone_ == "placeholder-cnx-t"
    assert widget.live.book.totals()[1][0] == 3


def test_a_folder_that_is_no_model_is_refused_and_the_features_stay(qtbot, image, widget, tmp_path):
    widget.use_model_folder(str(tmp_path))
    assert "config.json" in widget.error.text
    assert widget.state.backbone == "filters" == widget.backbone.currentData()


def test_features_of_a_model_in_a_folder(qtbot, viewer, image, widget, tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    config = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14
    )
    transformers.Dinov2Model(config).save_pretrained(tmp_path)
    # Loaded ahead, which takes longer than a test waits.
    session = session_of(viewer)
    session.compute = Compute(engine="torch")
    get_backbone(f"path:{tmp_path}", session.compute).embed(np.eye(28))
    widget.use_model_folder(str(tmp_path))
    paint_both(qtbot, widget)
    network = f"path:{tmp_path}?position=removed"
    assert widget.live.probe.backbone_ == f"{network}+filters"
    assert widget.backbone.currentData() == network
    assert len(widget.live.probe.block_weights_) == 2
    assert set(np.unique(predicted(viewer, image)[1])) == {1, 2}
    assert widget.sharp.isVisible() and widget.sharp.isChecked()
    qtbot.mouseClick(widget.sharp, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.sharp.height() // 2))
    qtbot.waitUntil(lambda: widget.live.probe is not None and widget.live.probe.backbone_ == network)
    assert len(widget.live.probe.block_weights_) == 1
    assert widget.live.book.totals(), "strokes stay when the features change"


def test_what_a_program_paints_is_seen_too(qtbot, viewer, image, widget):
    """napari announces it before it is written."""
    strokes = widget.live.strokes
    plane = 1
    for number, row in ((1, 5), (2, 30)):
        at = np.arange(5, 15)
        strokes.data_setitem((np.full(10, plane), np.full(10, row), at), number)
    qtbot.waitUntil(lambda: widget.live.probe is not None)
    assert {number: pixels for number, (_, pixels) in widget.live.book.totals().items()} == {1: 10, 2: 10}


# --- classes ---


def test_a_class_is_added_named_coloured_and_painted(qtbot, image, widget):
    widget.classes.add_button.click()
    row = widget.classes.rows[3]
    assert widget.state.selected == 3 == widget.live.strokes.selected_label
    row.name.setFocus()
    row.name.selectAll()
    qtbot.keyClicks(row.name, "nucleus")
    qtbot.keyClick(row.name, Qt.Key.Key_Return)
    row.recoloured.emit("#112233")
    assert widget.state.class_of(3).name == "nucleus"
    np.testing.assert_allclose(
        widget.live.strokes.colormap.map(3), np.array([17, 34, 51, 255]) / 255, atol=0.01
    )
    assert "nucleus probability" in [widget.overlay.itemText(i) for i in range(widget.overlay.count())]


def test_a_click_on_a_row_chooses_the_class(qtbot, image, widget):
    qtbot.mouseClick(widget.classes.rows[2], LEFT, pos=QPoint(3, 3))
    assert widget.state.selected == 2 == widget.live.strokes.selected_label
    assert widget.classes.rows[2].is_selected


def test_a_removed_class_takes_its_strokes_along_and_undo_brings_them_back(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    widget.classes.rows[2].remove.trigger()
    settle(qtbot, widget)
    assert list(widget.classes.rows) == [1]
    assert not (widget.live.strokes.data == 2).any()
    assert not widget.classes.rows[1].remove.isEnabled()
    widget.classes.undo_button.click()
    settle(qtbot, widget)
    assert list(widget.classes.rows) == [1, 2]
    assert (widget.live.strokes.data == 2).any()


def test_there_are_as_many_classes_as_number_keys(image, widget):
    while widget.classes.add_button.isEnabled():
        widget.classes.add_button.click()
    assert len(widget.state.classes) == 9
    assert "number keys" in widget.classes.add_button.toolTip()


def test_all_strokes_are_erased_and_brought_back_by_undo(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    widget.erase_button.click()
    settle(qtbot, widget)
    assert not widget.live.strokes.data.any() and not predicted(viewer, image).any()
    assert not widget.erase_button.isEnabled()
    widget.live.strokes.undo()
    settle(qtbot, widget)
    assert predicted(viewer, image)[1].any()


# --- overlay ---


def test_the_overlay_shows_a_probability(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    widget.overlay.setCurrentIndex(2)
    widget.overlay.activated.emit(2)
    settle(qtbot, widget)
    probability = find_probability(viewer, image)
    assert probability.visible and not find_prediction(viewer, image).visible
    assert probability.data[1][:, 35:].mean() > 0.9 > 0.1 > probability.data[1][:, :25].mean()
    np.testing.assert_array_equal(probability.scale, image.scale)
    assert widget.state.overlay == Overlay(OverlayKind.PROBABILITY, 2)


def test_opacity_is_that_of_the_layer(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    widget.opacity.setValue(70)
    assert find_prediction(viewer, image).opacity == pytest.approx(0.7)


# --- the stack ---


def test_the_stack_is_predicted(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    widget.run.start_button.click()
    settle(qtbot, widget)
    assert predicted(viewer, image).all()
    assert widget.run.note.text() == "All 3 planes predicted"
    assert widget.status.text == "ready, 3 of 3 planes"


def test_stop_keeps_what_is_predicted(qtbot, viewer, image, widget, hold):
    hold.go.set()
    paint_both(qtbot, widget)
    hold.go.clear()
    hold.reached.clear()
    widget.run.start_button.click()
    qtbot.waitUntil(hold.reached.is_set)
    widget.run.stop_button.click()
    hold.go.set()
    settle(qtbot, widget)
    assert "Stopped" in widget.run.note.text()
    assert predicted(viewer, image)[1].all()
    assert widget.run.start_button.isEnabled()


# --- files ---


def test_a_saved_probe_predicts_another_image(qtbot, viewer, image, widget, tmp_path):
    paint_both(qtbot, widget)
    widget.state.change_class(2, name="bright", color="#112233")
    widget.saved.save(str(tmp_path / "probe"))
    assert widget.run.note.text() == "Saved as probe.safetensors."
    other = viewer.add_image(HALVES[0], name="other")
    fresh = ProbeWidget(viewer)
    qtbot.addWidget(fresh)
    assert fresh.picker.layer is other
    fresh.saved.load(str(tmp_path / "probe.safetensors"))
    settle(qtbot, fresh)
    assert set(np.unique(predicted(viewer, other))) == {1, 2}
    assert fresh.state.class_of(2).name == "bright"
    assert fresh.classes.rows[2].name.text() == "bright"


def test_a_file_that_is_no_probe_is_refused_in_words(qtbot, image, widget, tmp_path):
    (tmp_path / "notes.safetensors").write_text("no")
    widget.saved.load(str(tmp_path / "notes.safetensors"))
    assert "not a saved" in widget.error.text


# --- bad input ---


def test_a_deleted_stroke_layer_comes_back(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    strokes = widget.live.strokes
    viewer.layers.remove(strokes)
    qtbot.waitUntil(lambda: strokes in viewer.layers)
    assert (strokes.data == 1).any()
    assert "back" in widget.run.note.text()


def test_an_image_deleted_during_work_is_let_go(qtbot, viewer, image, widget, hold):
    qtbot.waitUntil(hold.reached.is_set)
    viewer.layers.remove(image)
    hold.go.set()
    settle(qtbot, widget)
    assert widget.picker.layer is None
    assert "Open Sample" in widget.hint.text()


def test_a_deleted_prediction_is_made_again(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    viewer.layers.remove(find_prediction(viewer, image))
    paint(widget, 1, slice(36, 39), slice(5, 20), 1)
    settle(qtbot, widget)
    assert predicted(viewer, image)[1].all()


def test_a_viewer_closed_during_work(qtbot, make_napari_viewer, hold):
    viewer = make_napari_viewer()
    viewer.add_image(HALVES)
    viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    qtbot.waitUntil(hold.reached.is_set)
    viewer.close()
    hold.go.set()


def test_labels_of_another_size_are_refused_and_the_strokes_stay(qtbot, viewer, image, widget):
    mine = widget.live.strokes
    widget.live.use_strokes(viewer.add_labels(np.zeros((3, 8, 8), int), name="small"))
    assert "small is 3 × 8 × 8" in widget.error.text
    assert widget.live.strokes is mine


def test_labels_that_are_no_classes_are_refused(qtbot, viewer, image, widget):
    objects = viewer.add_labels(np.full(HALVES.shape, 300), name="objects")
    widget.live.use_strokes(objects)
    settle(qtbot, widget)
    assert "classes 1 to 9" in widget.error.text


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_a_plane_without_contrast_is_answered(qtbot, viewer, value):
    image = viewer.add_image(np.full((2, 20, 20), value, np.float32), name="blank")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    settle(qtbot, widget)
    if np.isnan(value):
        assert "finite" in widget.error.text
    else:
        assert widget.error.text == "" and widget.status.mood is Mood.READY
    assert image in viewer.layers


def test_a_plane_smaller_than_a_patch_is_answered(qtbot, viewer):
    viewer.add_image(HALVES[:, :8, :8], name="tiny")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    settle(qtbot, widget)
    assert widget.error.text == ""
    widget.state.backbone = "placeholder-cnx-t"
    settle(qtbot, widget)
    assert "smaller than one patch" in widget.error.text


@pytest.mark.parametrize(
    "data",
    [HALVES[0], np.stack([HALVES] * 2), np.stack([HALVES[0]] * 3, axis=-1)],
    ids=["one plane", "planes in time", "colours"],
)
def test_images_of_other_kinds(qtbot, viewer, data):
    image = viewer.add_image(data, name="image")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    strokes = (
        add_strokes(viewer, image, {1: "#ff0000"}) if widget.live.strokes is None else widget.live.strokes
    )
    plane = (0,) * (strokes.ndim - 2)
    painted = np.zeros(strokes.data.shape, np.uint8)
    painted[(*plane, slice(5, 9), slice(5, 20))] = 1
    painted[(*plane, slice(5, 9), slice(40, 55))] = 2
    strokes.data = painted
    show_plane(viewer, image, 0)
    settle(qtbot, widget)
    labels = predicted(viewer, image)[plane]
    assert (labels[:, :20] == 1).mean() > 0.9 and (labels[:, 40:] == 2).mean() > 0.9


def test_turned_to_3d_it_says_how_to_paint(qtbot, viewer, image, widget):
    viewer.dims.ndisplay = 3
    assert "2D view" in widget.hint.text()


def test_it_fits_into_its_column(qtbot, image, widget):
    assert widget.minimumSizeHint().width() <= 320
    assert widget.findChildren(Image) == []
    assert demo_window._SIZE[0] >= 4 * widget.minimumWidth()


# --- what is seen first, and where to paint next ---


def large_plane(viewer, qtbot):
    """A plane of which a quarter is on the screen, with strokes of both classes."""
    plane = np.tile(HALVES[0], (10, 10)).astype(np.uint8)
    layer = viewer.add_image(plane, name="large")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    qtbot.waitExposed(viewer.window._qt_window)
    camera_of(viewer).center = (0, 100, 150)
    camera_of(viewer).zoom = viewer.window._qt_viewer.canvas.size[0] / 200
    qtbot.waitUntil(lambda: 150 < np.ptp(widget.live.strokes.corner_pixels[:, 0]) + 1 < 250)
    return layer, widget


def test_what_is_on_the_screen_is_predicted_first_and_the_whole_is_that_of_the_library(
    qtbot, make_napari_viewer
):
    viewer = make_napari_viewer(show=True)
    layer, widget = large_plane(viewer, qtbot)
    settle(qtbot, widget)
    shown = []
    widget.live.shown.connect(lambda: shown.append(predicted(viewer, layer).copy()))
    paint_both(qtbot, widget)
    qtbot.waitUntil(lambda: len(shown) > 1 and not widget.live.run.is_running)
    assert shown[0][100, 150] > 0 and shown[0][399, 599] == 0
    embedding = embed(layer.data)
    expected = LinearProbe().fit(embedding, widget.live.strokes.data).predict(embedding)
    np.testing.assert_array_equal(shown[-1], expected)


def test_a_stroke_does_not_wait_for_the_rest_of_the_plane(qtbot, make_napari_viewer, monkeypatch):
    viewer = make_napari_viewer(show=True)
    _, widget = large_plane(viewer, qtbot)
    settle(qtbot, widget)
    go, resting = threading.Event(), threading.Event()

    def slow_bands(probe, plane, embedding):
        resting.set()
        while not go.is_set():
            go.wait(0.01)
            yield
        return predict_whole(probe, plane, embedding)

    monkeypatch.setattr(_work, "predict_by_bands", slow_bands)
    paint(widget, 0, slice(100, 104), slice(100, 110), 1)
    paint(widget, 0, slice(100, 104), slice(160, 170), 2)
    qtbot.waitUntil(resting.is_set)
    first = widget.live.probe
    paint(widget, 0, slice(120, 124), slice(100, 110), 1)
    qtbot.waitUntil(lambda: widget.live.probe is not first)
    go.set()
    settle(qtbot, widget)
    assert widget.live.overlay.is_current(0, widget.live.version)


def test_the_uncertainty_is_an_overlay(qtbot, viewer, image, widget):
    paint_both(qtbot, widget)
    index = widget.overlay.findText("uncertainty")
    widget.overlay.setCurrentIndex(index)
    widget.overlay.activated.emit(index)
    settle(qtbot, widget)
    layer = widget.live.overlay.probability
    assert layer.visible and not widget.live.overlay.labels.visible
    # Unsure where the halves meet, sure far from there.
    assert layer.data[1, 20, 28:32].max() > layer.data[1, 20, [8, 50]].max()


def test_the_next_place_to_paint_is_gone_to(qtbot, make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    _, widget = large_plane(viewer, qtbot)
    assert not widget.next_row.button.isEnabled() and "two classes" in widget.next_row.button.toolTip()
    paint(widget, 0, slice(100, 104), slice(100, 110), 1)
    paint(widget, 0, slice(100, 104), slice(160, 170), 2)
    settle(qtbot, widget)
    before = camera_of(viewer).center
    widget.next_row.button.click()
    qtbot.waitUntil(lambda: camera_of(viewer).center != before)
    assert "Unsure here between" in widget.next_row.note.text()
    there = camera_of(viewer).center
    viewer.layers.selection.active = widget.live.strokes
    QTest.keyClick(viewer.window._qt_viewer.canvas.native, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: camera_of(viewer).center != there)
