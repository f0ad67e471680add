"""Saving the prediction and applying the probe to a folder from the Probe widget."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from patchprobe import LinearProbe, _file_work, load_stack
from patchprobe._widgets._layers import find_prediction, show_plane
from patchprobe._widgets.probe import ProbeWidget
from patchprobe.prediction_file import PredictionFile

HALVES = np.zeros((3, 40, 60), np.uint8)
HALVES[:, :, 30:] = 200
HALVES += np.random.default_rng(0).integers(0, 20, HALVES.shape, dtype=np.uint8)


@pytest.fixture
def widget(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    image = viewer.add_image(HALVES, name="cells", scale=(50, 4, 4), units=("nm",) * 3)
    show_plane(viewer, image, 1)
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    widget.state.change_class(2, name="bright")
    return widget


def settle(qtbot, widget):
    QApplication.processEvents()
    live, runs = widget.live, widget.files.runs
    jobs = (live.run, live.stack_run._jobs, runs._jobs)
    qtbot.waitUntil(lambda: not (live._soon.isActive() or any(job.is_running for job in jobs)))


def paint_both(qtbot, widget):
    for number, columns in ((1, slice(5, 20)), (2, slice(40, 55))):
        rows, columns = np.mgrid[5:9, columns].reshape(2, -1)
        widget.live.strokes.data_setitem((np.full(rows.size, 1), rows, columns), number)
        widget.live.strokes.events.paint(value=[])
    settle(qtbot, widget)


def choose(monkeypatch, *folders, file=None):
    answers = iter(map(str, folders))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(answers))


def test_without_a_probe_the_buttons_say_what_is_missing(widget):
    assert not widget.files.run.start_button.isEnabled() and not widget.files.apply_button.isEnabled()
    assert "two classes" in widget.files.apply_button.toolTip()


@pytest.mark.parametrize("name", ["p.ome.tif", "p.ome.zarr"])
def test_the_prediction_is_saved_with_voxel_size_as_it_is_shown(qtbot, widget, monkeypatch, tmp_path, name):
    paint_both(qtbot, widget)
    shown = np.array(find_prediction(widget.live.viewer, widget.live.image).data[1])
    choose(monkeypatch, file=tmp_path / name)
    widget.files.run.start_button.click()
    settle(qtbot, widget)
    assert widget.files.run.note.text() == f"Saved as {name}."
    written = load_stack(tmp_path / name)
    np.testing.assert_array_equal(written.plane(1), shown)
    assert written.plane(0).all() and written.plane(2).all()
    assert written.voxel_size == (50, 4, 4) and set(written.units) == {"nm"}


def test_a_stop_keeps_planes_and_the_next_run_goes_on(qtbot, widget, monkeypatch, tmp_path):
    reached, go = threading.Event(), threading.Event()
    put = PredictionFile.put

    def held(self, plane, values):
        put(self, plane, values)
        reached.set()
        go.wait(10)

    paint_both(qtbot, widget)
    choose(monkeypatch, file=tmp_path / "p.ome.tif")
    with monkeypatch.context() as patch:
        patch.setattr(PredictionFile, "put", held)
        widget.files.run.start_button.click()
        qtbot.waitUntil(reached.is_set)
        widget.files.run.stop_button.click()
        go.set()
        settle(qtbot, widget)
    assert "goes on from here" in widget.files.run.note.text()
    assert (tmp_path / "p.partial.zarr").is_dir() and not (tmp_path / "p.ome.tif").exists()
    written = []
    monkeypatch.setattr(
        PredictionFile, "put", lambda self, plane, v: written.append(plane) or put(self, plane, v)
    )
    widget.files.run.start_button.click()
    settle(qtbot, widget)
    assert written == [1, 2]
    assert (tmp_path / "p.ome.tif").exists()


def test_a_folder_is_predicted_and_the_bad_image_named(qtbot, widget, monkeypatch, tmp_path):
    images, out = tmp_path / "images", tmp_path / "out"
    images.mkdir()
    np.save(images / "a.npy", HALVES[0])
    (images / "b.tif").write_bytes(b"II*\0 and then nothing")
    paint_both(qtbot, widget)
    choose(monkeypatch, images, out)
    widget.files.apply_button.click()
    settle(qtbot, widget)
    assert "1 of 2 images predicted" in widget.files.run.note.text()
    assert "b.tif" in widget.files.run.note.text()
    assert set(np.unique(load_stack(out / "a_prediction.ome.tif").plane(0))) == {1, 2}


def test_a_folder_without_images_is_answered(qtbot, widget, monkeypatch, tmp_path):
    paint_both(qtbot, widget)
    (tmp_path / "empty").mkdir()
    choose(monkeypatch, tmp_path / "empty", tmp_path / "out")
    widget.files.apply_button.click()
    settle(qtbot, widget)
    assert "no image that can be read" in widget.files.error.text
    assert widget.files.apply_button.isEnabled()


def test_a_cancelled_dialog_starts_nothing(qtbot, widget, monkeypatch):
    paint_both(qtbot, widget)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    widget.files.run.start_button.click()
    widget.files.apply_button.click()
    assert not widget.files.run.is_running


def test_a_large_stack_goes_on_after_a_restart(qtbot, widget, monkeypatch, tmp_path):
    monkeypatch.setenv("PATCHPROBE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("patchprobe._widgets._stack_run.is_large", lambda stack: True)
    paint_both(qtbot, widget)
    widget.run.start_button.click()
    settle(qtbot, widget)
    before = np.array(find_prediction(widget.live.viewer, widget.live.image).data)
    assert before.all()
    widget.live.viewer.layers.remove(find_prediction(widget.live.viewer, widget.live.image))
    predicted = []
    predict = LinearProbe.predict_logits
    monkeypatch.setattr(_file_work, "predict_planes", lambda *args: predicted.append(args) or iter(()))
    monkeypatch.setattr(LinearProbe, "predict_logits", predict)
    widget.run.start_button.click()
    settle(qtbot, widget)
    assert not predicted, "all planes are kept from the first run"
    np.testing.assert_array_equal(find_prediction(widget.live.viewer, widget.live.image).data, before)
