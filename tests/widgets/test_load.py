"""The Load widget, driven as a person drives it."""

from __future__ import annotations

import threading

import h5py
import nibabel as nib
import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication

from patchprobe import _load_work
from patchprobe._widgets._status import Mood
from patchprobe._widgets.load import LoadWidget
from patchprobe.io import Stack, label_classes, save_labels

LEFT, COPY, NO_KEYS = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
STACK = np.arange(5 * 20 * 30, dtype=np.uint8).reshape(5, 20, 30)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def widget(viewer, qtbot):
    widget = LoadWidget(viewer)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def tif(tmp_path):
    path = tmp_path / "cells.tif"
    tifffile.imwrite(
        path,
        STACK,
        imagej=True,
        resolution=(1 / 4, 1 / 4),
        metadata={"axes": "ZYX", "spacing": 50, "unit": "nm"},
    )
    return path


@pytest.fixture
def plain_tif(tmp_path):
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack")
    return path


def write(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def wait_for_header(qtbot, widget):
    qtbot.waitUntil(lambda: not widget._reader.is_running and widget.status.mood is not Mood.WORKING)


def choose(qtbot, widget, path):
    write(qtbot, widget.file.path, str(path))
    wait_for_header(qtbot, widget)


def open_it(qtbot, widget):
    with qtbot.waitSignal(widget._opener.ended):
        qtbot.mouseClick(widget.run.start_button, LEFT)


def drop(widget, paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    entering = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS)
    QApplication.sendEvent(widget, entering)
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), COPY, data, LEFT, NO_KEYS))
    return entering.isAccepted()


def test_without_a_file_the_button_says_what_is_missing(widget):
    assert not widget.run.start_button.isEnabled()
    assert "Choose a file" in widget.run.start_button.toolTip()


def test_a_file_is_described_and_opened_with_scale_units_and_axes(qtbot, viewer, widget, tif):
    choose(qtbot, widget, tif)
    assert widget.status.text == "ImageJ TIFF · 5 planes of 30 × 20 · 8 bit · 4 × 4 × 50 nm (from the file)"
    open_it(qtbot, widget)
    (layer,) = viewer.layers
    assert isinstance(layer, Image)
    np.testing.assert_array_equal(np.asarray(layer.data), STACK)
    np.testing.assert_allclose(layer.scale, (50, 4, 4))
    assert [f"{unit:~}" for unit in layer.units] == ["nm"] * 3
    assert layer.axis_labels == ("z", "y", "x")
    assert "cells" in widget.run.note.text()


def test_labels_that_know_their_classes_are_opened_as_labels(qtbot, viewer, widget, tmp_path):
    classes = label_classes({1: "rest", 2: "cell"}, {1: "#112233", 2: "#445566"})
    labels = (STACK > 100).astype(np.uint8) + 1
    path = save_labels(tmp_path / "labels.ome.tif", labels, Stack(STACK, "zyx"), classes=classes)
    choose(qtbot, widget, path)
    open_it(qtbot, widget)
    (layer,) = viewer.layers
    assert isinstance(layer, Labels)
    assert list(layer.features["class"]) == ["none", "rest", "cell"]
    np.testing.assert_allclose(layer.colormap.map(1)[:3], np.array([17, 34, 51]) / 255, atol=0.01)


def test_a_dropped_file_is_shown_but_not_opened(qtbot, viewer, widget, tif):
    assert drop(widget, [tif])
    wait_for_header(qtbot, widget)
    assert "5 planes" in widget.status.text
    assert widget.file.path.text() == str(tif)
    assert not viewer.layers


def test_several_dropped_files_are_answered(widget, tif, plain_tif):
    drop(widget, [tif, plain_tif])
    assert "the folder that holds" in widget.error.text


def test_a_folder_of_images_is_a_stack(qtbot, viewer, widget, tmp_path):
    for i, plane in enumerate(STACK):
        tifffile.imwrite(tmp_path / f"s{i}.tif", plane)
    drop(widget, [tmp_path])
    wait_for_header(qtbot, widget)
    open_it(qtbot, widget)
    np.testing.assert_array_equal(np.asarray(viewer.layers[0].data), STACK)


def test_voxel_size_and_unit_are_edited_in_place(qtbot, viewer, widget, plain_tif):
    choose(qtbot, widget, plain_tif)
    assert widget.status.mood is Mood.LOOK
    assert "voxel size is not in the file" in widget.file.notes.text()
    voxels = widget.file.voxels
    for letter, size in (("z", "45"), ("y", "4.6"), ("x", "4.6")):
        write(qtbot, voxels.fields[letter], size)
    voxels.unit.setFocus()
    qtbot.keyClicks(voxels.unit, "nm")
    voxels.unit.activated.emit(voxels.unit.currentIndex())
    wait_for_header(qtbot, widget)
    assert "4.6 × 4.6 × 45 nm (given)" in widget.status.text
    open_it(qtbot, widget)
    np.testing.assert_allclose(viewer.layers[0].scale, (45, 4.6, 4.6))
    assert str(viewer.layers[0].units[0]) == "nanometer"


def test_a_decimal_comma_is_a_point(qtbot, widget, tif):
    choose(qtbot, widget, tif)
    write(qtbot, widget.file.voxels.fields["x"], "4,5")
    wait_for_header(qtbot, widget)
    assert "4.5 × 4 × 50 nm" in widget.status.text


def test_axes_are_edited_in_place(qtbot, viewer, widget, plain_tif):
    choose(qtbot, widget, plain_tif)
    assert (widget.file.axes.text(), widget.file.shape.text()) == ("zyx", "5 × 20 × 30")
    write(qtbot, widget.file.axes, "tyx")
    wait_for_header(qtbot, widget)
    assert "5 time points of 30 × 20" in widget.status.text
    open_it(qtbot, widget)
    assert viewer.layers[0].axis_labels == ("t", "y", "x")


def test_wrong_axes_are_answered_in_place_until_they_are_mended(qtbot, widget, plain_tif):
    choose(qtbot, widget, plain_tif)
    write(qtbot, widget.file.axes, "zy")
    wait_for_header(qtbot, widget)
    assert "axes 'zy'" in widget.error.text
    assert widget.error.isVisible()
    assert not widget.run.start_button.isEnabled()
    write(qtbot, widget.file.axes, "zyx")
    wait_for_header(qtbot, widget)
    assert widget.error.text == ""
    assert widget.run.start_button.isEnabled()


@pytest.mark.parametrize("text", ["0", "-4", "abc", " "])
def test_a_size_that_is_none_is_answered_in_place(qtbot, widget, tif, text):
    choose(qtbot, widget, tif)
    write(qtbot, widget.file.voxels.fields["z"], text)
    wait_for_header(qtbot, widget)
    assert "voxel_size" in widget.error.text


def test_a_click_on_open_right_after_typing_is_not_lost(qtbot, viewer, widget, tif):
    choose(qtbot, widget, tif)
    field = widget.file.voxels.fields["z"]
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "40")
    field.clearFocus()
    open_it(qtbot, widget)
    np.testing.assert_allclose(viewer.layers[0].scale, (40, 4, 4))


def test_a_path_that_was_typed_can_be_opened_without_enter(qtbot, viewer, widget, tif):
    qtbot.keyClicks(widget.file.path, str(tif))
    open_it(qtbot, widget)
    assert [layer.name for layer in viewer.layers] == ["cells"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.tif", None, "no file or folder"),
        ("empty.tif", b"", "is empty"),
        ("web.tif", b"<html>", "web page"),
    ],
)
def test_files_that_are_none_are_answered_in_place(qtbot, viewer, widget, tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    choose(qtbot, widget, tmp_path / name)
    assert words in widget.error.text
    assert not widget.run.start_button.isEnabled()
    assert not viewer.layers


def test_a_file_damaged_behind_its_header_adds_no_layer(qtbot, viewer, widget, plain_tif):
    choose(qtbot, widget, plain_tif)
    plain_tif.write_bytes(plain_tif.read_bytes()[:900])
    open_it(qtbot, widget)
    assert "plain.tif" in widget.error.text
    assert not viewer.layers


def test_data_sets_of_a_file_are_offered(qtbot, viewer, widget, tmp_path):
    path = tmp_path / "two.h5"
    with h5py.File(path, "w") as file:
        file["left/raw"] = STACK
        file["right/raw"] = STACK[:3]
    choose(qtbot, widget, path)
    assert "2 data sets" in widget.error.text
    assert widget.file.dataset.isVisible()
    widget.file.dataset.setFocus()
    qtbot.keyClicks(widget.file.dataset, "right")
    widget.file.dataset.activated.emit(widget.file.dataset.currentIndex())
    wait_for_header(qtbot, widget)
    assert (widget.error.text, "3 planes" in widget.status.text) == ("", True)
    open_it(qtbot, widget)
    assert viewer.layers[0].data.shape == (3, 20, 30)


def test_a_volume_is_cut_as_chosen(qtbot, viewer, widget, tmp_path):
    path = tmp_path / "head.nii.gz"
    nib.save(nib.Nifti1Image(np.random.default_rng(0).random((16, 20, 24), np.float32), np.eye(4)), path)
    choose(qtbot, widget, path)
    assert "24 planes of 16 × 20" in widget.status.text
    assert widget.file.orientation.isVisible()
    widget.file.orientation.setFocus()
    qtbot.keyClicks(widget.file.orientation, "cor")
    widget.file.orientation.activated.emit(widget.file.orientation.currentIndex())
    wait_for_header(qtbot, widget)
    assert "20 planes of 16 × 24" in widget.status.text
    open_it(qtbot, widget)
    assert viewer.layers[0].data.shape == (20, 24, 16)


def test_another_file_starts_anew(qtbot, widget, tif, plain_tif):
    choose(qtbot, widget, tif)
    write(qtbot, widget.file.axes, "tyx")
    wait_for_header(qtbot, widget)
    choose(qtbot, widget, plain_tif)
    assert widget.file.axes.text() == "zyx"
    assert widget.request == _load_work.FileRequest(str(plain_tif))


def test_a_sample_is_opened_with_its_truth(qtbot, viewer, widget):
    qtbot.mouseClick(widget.use_sample, LEFT, pos=QPoint(8, widget.use_sample.height() // 2))
    assert widget.sample.isVisible()
    assert not widget.file.isVisible()
    qtbot.keyClicks(widget.sample.modality, "Calcium")
    write(qtbot, widget.sample.planes, "3")
    write(qtbot, widget.sample.size, "64")
    assert "3 planes of 64 × 64" in widget.status.text
    qtbot.waitUntil(lambda: not widget.sample.modality.itemIcon(widget.sample.modality.count() - 1).isNull())
    open_it(qtbot, widget)
    image, labels = viewer.layers
    assert (type(image), type(labels)) == (Image, Labels)
    assert image.data.shape == labels.data.shape == (3, 64, 64)
    assert str(image.units[1]) == "micrometer"


def test_headers_and_planes_are_read_beside_the_window(qtbot, widget, tif, monkeypatch):
    threads = []
    load_stack = _load_work.load_stack
    monkeypatch.setattr(
        _load_work,
        "load_stack",
        lambda *args, **options: threads.append(threading.current_thread()) or load_stack(*args, **options),
    )
    choose(qtbot, widget, tif)
    open_it(qtbot, widget)
    assert len(threads) == 2
    assert threading.main_thread() not in threads


def test_stop_opens_nothing(qtbot, viewer, widget, tif, monkeypatch):
    gate, reached = threading.Event(), threading.Event()

    def held(*args, **options):
        reached.set()
        gate.wait(10)
        return load_stack(*args, **options)

    load_stack = _load_work.load_stack
    choose(qtbot, widget, tif)
    monkeypatch.setattr(_load_work, "load_stack", held)
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(reached.is_set)
    job = widget._opener._running[0]
    qtbot.mouseClick(widget.run.stop_button, LEFT)
    assert widget.run.note.text() == "Stopped, nothing was opened"
    gate.set()
    qtbot.waitUntil(lambda: job.worker is None)
    assert not viewer.layers


def test_closing_while_a_header_is_read_is_no_error(qtbot, viewer, tif, monkeypatch):
    gate, reached, done = threading.Event(), threading.Event(), threading.Event()

    def held(*args, **options):
        reached.set()
        gate.wait(10)
        done.set()
        return load_stack(*args, **options)

    load_stack = _load_work.load_stack
    monkeypatch.setattr(_load_work, "load_stack", held)
    widget = LoadWidget(viewer)
    widget.open_path(str(tif))
    qtbot.waitUntil(reached.is_set)
    with qtbot.captureExceptions() as exceptions, qtbot.waitSignal(widget.destroyed):
        widget.deleteLater()
    gate.set()
    qtbot.waitUntil(done.is_set)
    assert exceptions == []


def test_it_fits_into_the_dock(qtbot, viewer, tif):
    widget = LoadWidget(viewer)
    qtbot.addWidget(widget)
    widget.show()
    choose(qtbot, widget, tif)
    assert widget.minimumSizeHint().width() <= 320
