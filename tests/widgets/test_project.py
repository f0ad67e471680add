"""Several images feed one probe, and a project brings all of it back as it was left."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from patchprobe import LinearProbe, embed
from patchprobe._state import Overlay, OverlayKind
from patchprobe._widgets._layers import (
    current_plane,
    find_prediction,
    find_strokes,
    image_layers,
    layer_stack,
    show_plane,
)
from patchprobe._widgets.probe import ProbeWidget
from patchprobe.probe import read_rows

NOISE = np.random.default_rng(0).integers(0, 20, (2, 3, 40, 60), dtype=np.uint8)
DARK = NOISE[0]
BRIGHT = NOISE[1] + np.uint8(200)
DARK[:, :, 50:], BRIGHT[:, :, :10] = 210, 10


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def widget(viewer, qtbot):
    """Two images, with class 1 painted on the dark one and class 2 on the bright one, which is shown."""
    viewer.add_image(DARK, name="dark", scale=(50, 4, 4), units=("nm",) * 3)
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    paint(qtbot, widget, 1, 1)
    viewer.add_image(BRIGHT, name="bright")
    widget.picker.setCurrentIndex(1)
    paint(qtbot, widget, 2, 2)
    return widget


def settle(qtbot, widget):
    QApplication.processEvents()
    live = widget.live
    qtbot.waitUntil(
        lambda: (
            not (live._soon.isActive() or live.run.is_running or widget.project.files.is_busy)
            and not live.autosave.is_busy
        )
    )


def paint(qtbot, widget, plane, number, rows=slice(5, 9)):
    show_plane(widget.live.viewer, widget.live.image, plane)
    rows, columns = np.mgrid[rows, 20:40].reshape(2, -1)
    widget.live.strokes.data_setitem((np.full(rows.size, plane), rows, columns), number)
    widget.live.strokes.events.paint(value=[])
    settle(qtbot, widget)


def answer(monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))


# --- several images ---


def test_strokes_of_two_images_make_one_probe_that_is_the_librarys(qtbot, viewer, widget):
    dark, bright = image_layers(viewer)
    labels = np.asarray(find_prediction(viewer, bright).data[2])
    parts = [(bright, 2), (dark, 1)]
    stacks = [layer_stack(image) for image, _ in parts]
    embeddings = [
        embed(s.plane(p), normalisation=s.normalisation()) for s, (_, p) in zip(stacks, parts, strict=True)
    ]
    strokes = [np.asarray(find_strokes(viewer, image).data[plane]) for image, plane in parts]
    expected = LinearProbe().fit(embeddings, strokes).predict(embeddings[0])
    np.testing.assert_array_equal(labels, expected)
    assert widget.hint.text() == "Paint where the overlay is wrong."


def test_only_planes_that_changed_are_read_again(qtbot, viewer, widget, monkeypatch):
    read = []
    monkeypatch.setattr("patchprobe._work.read_rows", lambda *args: read.append(args) or read_rows(*args))
    paint(qtbot, widget, 2, 1, slice(15, 19))
    assert len(read) == 1
    widget.picker.setCurrentIndex(0)
    settle(qtbot, widget)
    assert len(read) == 1, "what was read of either image is kept"
    assert find_prediction(viewer, widget.live.image).data.any()


def test_an_image_can_be_left_out(qtbot, viewer, widget):
    assert [tick.text() for tick in widget.project.ticks.values()] == ["learn from dark (1 plane)"]
    [tick] = widget.project.ticks.values()
    tick.click()
    settle(qtbot, widget)
    assert widget.live.probe is None
    assert "press 1" in widget.hint.text()
    tick.click()
    settle(qtbot, widget)
    assert widget.live.probe is not None


def test_an_image_that_is_deleted_feeds_no_more(qtbot, viewer, widget):
    viewer.layers.remove("dark")
    settle(qtbot, widget)
    assert not widget.project.ticks and widget.live.probe is None
    assert (find_strokes(viewer, widget.live.image).data == 2).any()


def test_colours_are_not_mixed_with_grey(qtbot, viewer, widget):
    viewer.add_image(np.stack([DARK] * 3, axis=-1), name="colours", rgb=True)
    widget.picker.setCurrentIndex(2)
    settle(qtbot, widget)
    assert widget.error.text == ""
    assert all(not tick.isEnabled() for tick in widget.project.ticks.values())


def test_a_removed_class_goes_from_all_images(qtbot, viewer, widget):
    widget.live.edits.remove(1)
    settle(qtbot, widget)
    assert not find_strokes(viewer, viewer.layers["dark"]).data.any()
    assert [tick.text() for tick in widget.project.ticks.values()] == ["learn from dark (0 planes)"]
    widget.live.edits.undo()
    settle(qtbot, widget)
    assert (find_strokes(viewer, viewer.layers["dark"]).data == 1).any(), "undo brings all of them back"


def test_other_features_are_read_of_all_images(qtbot, viewer, widget):
    widget.state.backbone = "placeholder-cnx-t"
    settle(qtbot, widget)
    assert widget.error.text == "" and widget.live.probe.backbone_ == "placeholder-cnx-t"
    assert len(widget.live.probe.classes_) == 2


# --- projects ---


def test_reopened_exactly_as_it_was_left(qtbot, make_napari_viewer, widget, monkeypatch, tmp_path):
    answer(monkeypatch, tmp_path / "cells.json")
    widget.state.change_class(2, name="bright", color="#112233")
    widget.state.overlay = Overlay(OverlayKind.PROBABILITY, 2)
    widget.state.opacity, widget.state.selected = 0.7, 2
    settle(qtbot, widget)
    widget.project.save_button.click()
    settle(qtbot, widget)
    assert widget.project.note.text() == "Saved as cells.json."
    other = make_napari_viewer()
    again = ProbeWidget(other)
    qtbot.addWidget(again)
    again.project.open_button.click()
    settle(qtbot, again)
    assert again.project.note.text() == "2 images opened."
    assert [layer.name for layer in image_layers(other)] == ["dark", "bright"]
    for layer, before in zip(image_layers(other), image_layers(widget.live.viewer), strict=True):
        np.testing.assert_array_equal(np.asarray(layer.data), before.data)
        np.testing.assert_array_equal(layer.scale, before.scale)
        np.testing.assert_array_equal(
            find_strokes(other, layer).data, find_strokes(widget.live.viewer, before).data
        )
    state = again.state
    assert (state.classes, state.backbone) == (widget.state.classes, widget.state.backbone)
    assert (state.overlay, state.opacity, state.selected) == (widget.state.overlay, 0.7, 2)
    assert again.live.image.name == "bright" and current_plane(other, again.live.image) == 2
    assert again.restored.text == "", "nothing is mixed in from the autosave"
    np.testing.assert_array_equal(
        find_prediction(other, again.live.image).data[2],
        find_prediction(widget.live.viewer, widget.live.image).data[2],
    )


def test_a_missing_image_is_named_and_the_rest_opens(
    qtbot, make_napari_viewer, widget, monkeypatch, tmp_path
):
    answer(monkeypatch, tmp_path / "cells.json")
    widget.project.save_button.click()
    settle(qtbot, widget)
    images = sorted((tmp_path / "cells_files" / "images").iterdir())
    assert len(images) == 2
    kept = tmp_path / "kept"
    names = {path: path.rename(kept) for path in images[:1]}
    again = ProbeWidget(make_napari_viewer())
    qtbot.addWidget(again)
    again.project.open_button.click()
    settle(qtbot, again)
    assert "1 image opened." in again.project.note.text() and "is not at" in again.project.note.text()
    again.project.save_button.click()
    settle(qtbot, again)
    for path in names:
        kept.rename(path)
    third = ProbeWidget(make_napari_viewer())
    qtbot.addWidget(third)
    third.project.open_button.click()
    settle(qtbot, third)
    assert third.project.note.text() == "2 images opened."
    assert len(third.live.images.parked) == 1


def test_a_file_that_is_no_project_is_refused(qtbot, widget, monkeypatch, tmp_path):
    (tmp_path / "notes.json").write_text("[]")
    answer(monkeypatch, tmp_path / "notes.json")
    widget.project.open_button.click()
    settle(qtbot, widget)
    assert "not a saved project" in widget.project.error.text
