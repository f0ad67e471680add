"""Objects in the Probe widget: outlines that follow, a table, files; the same pixels as the library's."""

from __future__ import annotations

import csv
import threading

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from patchprobe import LinearProbe, _objects_work, load_stack
from patchprobe._widgets._layers import labels_layers, layer_stack, show_plane
from patchprobe._widgets._objects_layers import camera_of
from patchprobe._widgets._objects_table import number_text, title_of
from patchprobe.objects import ObjectSettings, find_objects_in_stack
from patchprobe.prediction import predict_stack

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def objects(painted, settle):
    """The unfolded section of a painted widget."""
    painted.objects.toggle.click()
    settle(painted)
    return painted.objects


def preview(widget):
    return np.asarray(widget.live_objects.layers.preview.data)


def by_library(widget, settings):
    stack = layer_stack(widget.live.image)
    probe = widget.live.probe
    prediction = predict_stack(stack, probe, kind="probabilities")
    return find_objects_in_stack(stack, prediction, settings, probe.classes_)


def find(widget, settle):
    widget.objects.run.start_button.click()
    settle(widget)
    return widget.live_objects.found


# --- the plane that is seen ---


def test_nothing_is_computed_while_it_is_folded(painted):
    assert painted.live_objects.layers.preview is None


def test_outlines_are_the_objects_of_the_plane(painted, objects):
    found = by_library(painted, ObjectSettings(min_size=20))
    outlines = painted.live_objects.layers.preview
    assert outlines.contour > 0 and outlines.visible
    np.testing.assert_array_equal(preview(painted)[0] > 0, found.labels[1] > 0)
    assert objects.note.text().startswith("3 objects on this plane, median ")
    assert "nm²" in objects.note.text()
    corner = outlines.data_to_world((0, 0, 0))
    np.testing.assert_allclose(corner, painted.live.image.data_to_world((1, 0, 0)))


def test_they_lie_below_the_strokes_and_leave_the_brush(painted, objects):
    layers = painted.live.viewer.layers
    assert layers.index(painted.live_objects.layers.preview) < layers.index(painted.live.strokes)
    assert layers.selection.active is painted.live.strokes
    assert labels_layers(painted.live.viewer) == [painted.live.strokes]


def test_a_typed_size_is_followed(qtbot, painted, objects, settle):
    objects.min_size.selectAll()
    qtbot.keyClicks(objects.min_size, "200")
    qtbot.keyClick(objects.min_size, Qt.Key.Key_Return)
    settle(painted)
    assert painted.live_objects.settings.min_size == 200
    assert objects.note.text().startswith("1 object on this plane")


def test_touching_discs_are_split(painted, objects, settle):
    objects.split_diameter.setValue(12)
    settle(painted)
    assert objects.note.text().startswith("4 objects")


def test_one_plane_does_not_tell_a_volume(painted, objects, settle):
    """Each disc has 130 px or so on a plane, and three times as many voxels."""
    objects.min_size.setValue(300)
    settle(painted)
    assert objects.note.text().startswith("0 objects")
    objects.join_planes.setChecked(True)
    settle(painted)
    assert objects.note.text().startswith("3 objects on this plane") and "joined" in objects.note.text()
    assert find(painted, settle).count == 3


def test_a_threshold_of_ones_own(qtbot, painted, objects, settle):
    before = (preview(painted) > 0).sum()
    qtbot.mouseClick(objects.own_threshold, LEFT, NO_KEYS, QPoint(8, objects.own_threshold.height() // 2))
    objects.threshold.setValue(95)
    settle(painted)
    assert painted.live_objects.settings.threshold == 0.95
    assert (preview(painted) > 0).sum() < before
    assert "95%" in objects.threshold.toolTip()


def test_the_outlines_follow_the_slider_of_the_planes(painted, objects, settle):
    show_plane(painted.live.viewer, painted.live.image, 2)
    settle(painted)
    found = by_library(painted, ObjectSettings(min_size=20))
    np.testing.assert_array_equal(preview(painted)[0] > 0, found.labels[2] > 0)
    np.testing.assert_allclose(
        painted.live_objects.layers.preview.data_to_world((0, 0, 0)),
        painted.live.image.data_to_world((2, 0, 0)),
    )


def test_the_outlines_follow_the_decision_weights(painted, objects, settle):
    painted.rare.sliders[2].setValue(40)
    settle(painted)
    found = by_library(painted, ObjectSettings(min_size=20))
    np.testing.assert_array_equal(preview(painted)[0] > 0, found.labels[1] > 0)


def test_folded_again_they_are_hidden(painted, objects, settle):
    objects.toggle.click()
    assert not painted.live_objects.layers.preview.visible
    objects.toggle.click()
    settle(painted)
    assert painted.live_objects.layers.preview.visible


def test_without_a_probe_it_says_what_is_missing(painted, objects, settle):
    painted.erase_button.click()
    settle(painted)
    assert not painted.live_objects.layers.preview.visible
    assert not objects.run.start_button.isEnabled()
    assert "two classes" in objects.note.text()


def test_a_class_that_is_not_painted_has_no_objects(painted, objects, settle):
    painted.classes.add_button.click()
    objects.of_class.setCurrentIndex(2)
    objects.of_class.activated.emit(2)
    settle(painted)
    assert not painted.live_objects.layers.preview.visible
    objects.run.start_button.click()
    settle(painted)
    assert "not painted yet" in painted.error.text


# --- the stack ---


@pytest.mark.parametrize("through", [False, True])
def test_objects_of_the_stack_are_those_of_the_library(painted, objects, settle, through):
    objects.join_planes.setChecked(through)
    objects.fill_holes.setValue(4)
    found = find(painted, settle)
    expected = by_library(painted, ObjectSettings(min_size=20, fill_holes=4, join_planes=through))
    np.testing.assert_array_equal(found.labels, expected.labels)
    for name, column in expected.table.items():
        np.testing.assert_array_equal(found.table[name], column, err_msg=name)
    layer = painted.live_objects.layers.found
    np.testing.assert_array_equal(layer.data, expected.labels)
    np.testing.assert_array_equal(layer.features["index"], expected.table["label"])
    np.testing.assert_array_equal(layer.scale, painted.live.image.scale)
    assert objects.run.note.text() == f"{expected.count} objects found"


def test_the_table_shows_and_sorts_them(qtbot, painted, objects, settle):
    found = find(painted, settle)
    model = objects.table.model()
    titles = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    assert titles[:3] == ["label", "plane", "area nm²"]
    assert model.rowCount() == found.count
    header = objects.table.horizontalHeader()
    position = QPoint(header.sectionViewportPosition(2) + 5, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, NO_KEYS, position)
    shown = [float(model.data(model.index(row, 2))) for row in range(model.rowCount())]
    assert shown == sorted(shown) and shown[0] != shown[-1]


def test_a_click_on_a_row_moves_the_view_to_the_object(qtbot, painted, objects, settle):
    found = find(painted, settle)
    viewer = painted.live.viewer
    row = int(np.flatnonzero(found.table["plane"] == 2)[0])
    cell = objects.table.visualRect(objects.table.model().index(row, 0)).center()
    qtbot.mouseClick(objects.table.viewport(), LEFT, NO_KEYS, cell)
    assert viewer.dims.point[0] == 100
    centre = found.table["centroid_y_nm"][row], found.table["centroid_x_nm"][row]
    camera = camera_of(viewer)
    np.testing.assert_allclose(camera.center[-2:], centre)
    assert painted.live_objects.layers.found.selected_label == found.table["label"][row]
    assert camera.zoom * found.table["diameter_nm"][row] >= 39


def test_after_sorting_a_row_is_still_its_object(qtbot, painted, objects, settle):
    found = find(painted, settle)
    objects.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    largest = int(np.argmax(found.table["area_px"]))
    with qtbot.waitSignal(objects.table.chosen) as chosen:
        objects.table.selectRow(0)
    assert found.table["area_px"][chosen.args[0]] == found.table["area_px"][largest]


def test_stop_leaves_the_objects_of_before(painted, objects, settle, qtbot, monkeypatch):
    before = find(painted, settle)
    reached, go = threading.Event(), threading.Event()
    predict = _objects_work.predict_planes

    def slow(*arguments):
        for step in predict(*arguments):
            reached.set()
            go.wait(10)
            yield step

    monkeypatch.setattr(_objects_work, "predict_planes", slow)
    objects.min_size.setValue(0)
    objects.run.start_button.click()
    qtbot.waitUntil(reached.is_set)
    objects.run.stop_button.click()
    go.set()
    settle(painted)
    assert "Stopped" in objects.run.note.text()
    assert painted.live_objects.found is before
    assert objects.run.start_button.isEnabled()


def test_another_image_has_no_objects_yet(painted, objects, settle):
    find(painted, settle)
    viewer = painted.live.viewer
    other = viewer.add_image(np.asarray(painted.live.image.data)[0], name="other")
    painted.live.use_image(other)
    settle(painted)
    assert painted.live_objects.found is None
    assert not objects.table.isVisible()
    assert not objects.join_planes.isEnabled()
    assert objects.run.start_button.text() == "Find objects"


def test_layers_that_were_deleted_are_made_again(painted, objects, settle):
    find(painted, settle)
    layers = painted.live_objects.layers
    for layer in (layers.preview, layers.found):
        painted.live.viewer.layers.remove(layer)
    assert layers.preview is None and layers.found is None
    objects.min_size.setValue(30)
    find(painted, settle)
    assert layers.preview is not None and layers.found is not None


# --- files ---


def test_the_table_and_the_objects_are_saved(painted, objects, settle, tmp_path):
    found = find(painted, settle)
    painted.live_objects.save_table(str(tmp_path / "objects.csv"))
    assert objects.run.note.text() == "Saved as objects.csv."
    with (tmp_path / "objects.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == found.count
    painted.live_objects.save_objects(str(tmp_path / "objects.ome.tif"))
    settle(painted)
    written = load_stack(tmp_path / "objects.ome.tif")
    assert (written.voxel_size, written.units) == ((50, 4, 4), ("nm",) * 3)
    np.testing.assert_array_equal(np.stack(list(written.planes())), found.labels)


def test_a_place_that_cannot_be_written_is_said(painted, objects, settle, tmp_path):
    find(painted, settle)
    painted.live_objects.save_table(str(tmp_path / "nowhere" / "objects.csv"))
    assert "no folder" in painted.error.text
    painted.live_objects.save_objects(str(tmp_path / "objects.png"))
    settle(painted)
    assert ".ome.tif" in painted.error.text


# --- the rest ---


def test_it_fits_into_its_column(painted, objects, settle):
    find(painted, settle)
    assert objects.content.minimumSizeHint().width() <= 280
    assert painted.rare.content.minimumSizeHint().width() <= 280


def test_sizes_are_said_in_the_unit_of_the_voxel_size(painted, objects):
    """A pixel is 4 × 4 nm, a voxel 50 × 4 × 4 nm."""
    assert objects.min_size.toolTip().endswith("(= 320 nm²)")
    objects.join_planes.setChecked(True)
    assert objects.min_size.toolTip().endswith("(= 16000 nm³)")
    objects.split_diameter.setValue(10)
    assert objects.split_diameter.toolTip().endswith("(= 40 nm)")


@pytest.mark.parametrize("shape", [(48, 64), (2, 2, 48, 64)])
def test_images_of_other_kinds(make_napari_viewer, qtbot, settle, discs, shape, tmp_path):
    from patchprobe._widgets.probe import ProbeWidget

    viewer = make_napari_viewer()
    viewer.add_image(np.broadcast_to(discs[0], shape).copy(), name="cells")
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    strokes = np.zeros(shape, np.uint8)
    plane = (0,) * (len(shape) - 2)
    strokes[(*plane, 24, slice(5, 25))] = 1
    strokes[(*plane, 12, slice(8, 17))] = 2
    widget.live.strokes.data = strokes
    widget.objects.unfold()
    settle(widget)
    found = find(widget, settle)
    assert found.labels.shape == shape
    assert found.count == 3 * int(np.prod(shape[:-2]))
    assert isinstance(widget.live.probe, LinearProbe)


def test_words():
    assert title_of("centroid_y_um") == "centroid y µm"
    assert [number_text(v) for v in (np.int64(3), 1.23456, -12345.6)] == ["3", "1.235", "−12346"]
