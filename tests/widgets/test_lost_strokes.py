"""Whatever is done during a job, nothing breaks and no stroke is lost."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from patchprobe import _file_work, _work
from patchprobe._state import Overlay, OverlayKind
from patchprobe._widgets._layers import find_prediction, find_probability, show_plane
from patchprobe._widgets.probe import ProbeWidget
from patchprobe._work import embed_plane
from patchprobe.autosave import find_saved, strokes_folder
from patchprobe.image_key import image_key
from patchprobe.io import Stack

HALVES = np.zeros((3, 40, 60), np.uint8)
HALVES[:, :, 30:] = 200
HALVES += np.random.default_rng(0).integers(0, 20, HALVES.shape, dtype=np.uint8)


class Hold:
    """Lets no plane be embedded before `go` is set."""

    def __init__(self):
        self.reached, self.go = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, *args, **options):
        self.reached.set()
        self.go.wait(10)
        return embed_plane(*args, **options)


@pytest.fixture
def hold(monkeypatch):
    hold = Hold()
    monkeypatch.setattr(_work, "embed_plane", hold)
    monkeypatch.setattr(_file_work, "embed_plane", hold)
    yield hold
    hold.go.set()


@pytest.fixture
def widget(make_napari_viewer, qtbot, hold):
    """An image with strokes of two classes on plane 1, predicted there, and another image below it."""
    viewer = make_napari_viewer()
    viewer.add_image(HALVES[:, ::-1].copy(), name="other")
    image = viewer.add_image(HALVES, name="cells")
    show_plane(viewer, image, 1)
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    widget.state.overlay = Overlay(OverlayKind.PROBABILITY, 2)
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    paint(widget, 1, slice(5, 9), slice(40, 55), 2)
    settle(qtbot, widget)
    assert find_probability(viewer, image) is not None
    return widget


def paint(widget, plane, rows, columns, number):
    rows, columns = np.mgrid[rows, columns].reshape(2, -1)
    widget.live.strokes.data_setitem((np.full(rows.size, plane), rows, columns), number)
    widget.live.strokes.events.paint(value=[])


def settle(qtbot, widget):
    QApplication.processEvents()
    live = widget.live
    jobs = (live.run, live.stack_run._jobs, widget.files.runs._jobs)
    qtbot.waitUntil(
        lambda: not (live._soon.isActive() or any(job.is_running for job in jobs) or live.autosave.is_busy)
    )


def saved_planes():
    return dict(find_saved(image_key(Stack(HALVES, "zyx")), strokes_folder()).read())


def saved_pixels():
    return sum(int(np.count_nonzero(strokes)) for strokes in saved_planes().values())


def start_fit(widget, tmp_path):
    paint(widget, 1, slice(15, 19), slice(5, 20), 1)


def start_stack(widget, tmp_path):
    widget.live.predict_stack()


def start_file(widget, tmp_path):
    widget.files.runs.save_prediction(str(tmp_path / "p.ome.tif"))


def switch_image(widget):
    widget.picker.setCurrentIndex(1 - widget.picker.currentIndex())


def switch_backbone(widget):
    widget.state.backbone = "placeholder-cnx-t"


def switch_plane(widget):
    show_plane(widget.live.viewer, widget.live.image, 2)


def go_on_painting(widget):
    paint(widget, 1, slice(25, 29), slice(5, 20), 1)


def remove_class(widget):
    widget.live.edits.remove(2)
    widget.live.edits.undo()


def rename_all(widget):
    for layer in widget.live.viewer.layers:
        layer.name = f"{layer.name} renamed"


def delete_strokes(widget):
    widget.live.viewer.layers.remove(widget.live.strokes)


def delete_prediction(widget):
    widget.live.viewer.layers.remove(find_prediction(widget.live.viewer, widget.live.image))


def delete_probability(widget):
    widget.live.viewer.layers.remove(find_probability(widget.live.viewer, widget.live.image))


def delete_image(widget):
    widget.live.viewer.layers.remove(widget.live.image)


def delete_other_image(widget):
    widget.live.viewer.layers.remove("other")


def delete_all(widget):
    widget.live.viewer.layers.clear()


ACTIONS = [
    switch_image,
    switch_backbone,
    switch_plane,
    go_on_painting,
    remove_class,
    rename_all,
    delete_strokes,
    delete_prediction,
    delete_probability,
    delete_image,
    delete_other_image,
    delete_all,
]


# Of the longer jobs only what concerns them: they know no layers.
LESS = [switch_image, switch_backbone, delete_prediction, delete_image, delete_all]
CASES = [
    *((start_fit, action) for action in ACTIONS),
    *((start, action) for start in (start_stack, start_file) for action in LESS),
]


@pytest.mark.parametrize(("start", "action"), CASES, ids=lambda part: part.__name__)
def test_nothing_breaks_and_no_stroke_is_lost(qtbot, widget, hold, tmp_path, start, action):
    strokes = widget.live.strokes
    hold.reached.clear()
    hold.go.clear()
    start(widget, tmp_path)
    qtbot.waitUntil(hold.reached.is_set)
    action(widget)
    QApplication.processEvents()
    hold.go.set()
    settle(qtbot, widget)
    painted = np.asarray(strokes.data)
    assert (painted[1, 5:9, 5:20] == 1).all() and (painted[1, 5:9, 40:55] == 2).all()
    np.testing.assert_array_equal(saved_planes()[1], painted[1])
    assert widget.error.text == "" and widget.unsaved.text == ""


def test_after_all_layers_are_gone_an_image_is_painted_as_ever(qtbot, widget):
    viewer = widget.live.viewer
    viewer.layers.clear()
    settle(qtbot, widget)
    viewer.add_image(HALVES, name="again")
    settle(qtbot, widget)
    assert (widget.live.strokes.data[1, 5:9, 5:20] == 1).all(), "the autosave brings them back"
    assert "brought back" in widget.restored.text


@pytest.mark.parametrize("start", [start_fit, start_stack, start_file], ids=lambda start: start.__name__)
def test_a_viewer_is_closed_during_a_job(qtbot, make_napari_viewer, hold, tmp_path, start):
    viewer = make_napari_viewer()
    image = viewer.add_image(HALVES, name="cells")
    show_plane(viewer, image, 1)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    paint(widget, 1, slice(5, 9), slice(5, 20), 1)
    paint(widget, 1, slice(5, 9), slice(40, 55), 2)
    settle(qtbot, widget)
    hold.reached.clear()
    hold.go.clear()
    start(widget, tmp_path)
    qtbot.waitUntil(hold.reached.is_set)
    viewer.close()
    hold.go.set()
    expected = 180 if start is start_fit else 120
    qtbot.waitUntil(lambda: saved_pixels() == expected)
