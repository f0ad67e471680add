"""Strokes are saved while they are painted, and come back with their classes and features."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from patchprobe._widgets._layers import add_strokes, find_strokes, show_plane
from patchprobe._widgets.probe import ProbeWidget
from patchprobe.autosave import find_saved, strokes_folder
from patchprobe.image_key import image_key
from patchprobe.io import Stack

CELLS = np.random.default_rng(0).integers(0, 200, (3, 40, 60), dtype=np.uint8)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def open_probe(viewer, qtbot, data=CELLS, name="cells"):
    viewer.add_image(data, name=name)
    widget = ProbeWidget(viewer)
    qtbot.addWidget(widget)
    return widget


def paint(widget, plane, rows, number):
    show_plane(widget.live.viewer, widget.live.image, plane)
    rows, columns = np.mgrid[rows, 5:20].reshape(2, -1)
    widget.live.strokes.data_setitem((np.full(rows.size, plane), rows, columns), number)
    widget.live.strokes.events.paint(value=[])


def settle(qtbot, widget):
    live = widget.live
    # A look at the strokes follows the event that announces them.
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not (live._soon.isActive() or live.run.is_running or live.autosave.is_busy))


def saved_planes(data=CELLS):
    saved = find_saved(image_key(Stack(data, "zyx")), strokes_folder())
    return {} if saved is None else dict(saved.read())


def reopened(make_napari_viewer, qtbot, **options):
    widget = open_probe(make_napari_viewer(), qtbot, **options)
    settle(qtbot, widget)
    return widget


def test_strokes_classes_and_features_come_back(qtbot, viewer, make_napari_viewer):
    widget = open_probe(viewer, qtbot)
    widget.state.backbone = "placeholder-cnx-t"
    widget.state.change_class(2, name="membrane", color="#112233")
    paint(widget, 1, slice(5, 9), 1)
    paint(widget, 2, slice(20, 24), 2)
    settle(qtbot, widget)
    before = np.array(widget.live.strokes.data)
    again = reopened(make_napari_viewer, qtbot, name="moved")
    np.testing.assert_array_equal(again.live.strokes.data, before)
    assert again.state.class_of(2).name == "membrane" and again.state.class_of(2).color == "#112233"
    assert again.state.backbone == "placeholder-cnx-t"
    assert again.restored.text.startswith("Strokes of cells, saved at ")
    assert again.restored.text.endswith("brought back.")
    assert set(again.live.book.totals()) == {1, 2}


def test_start_over_erases_what_came_back_and_it_stays_away(qtbot, viewer, make_napari_viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    again = reopened(make_napari_viewer, qtbot)
    again.restored.button.click()
    settle(qtbot, again)
    assert not again.live.strokes.data.any() and again.restored.text == ""
    third = reopened(make_napari_viewer, qtbot)
    assert not third.live.strokes.data.any() and third.restored.text == ""
    again.live.strokes.undo()
    assert again.live.strokes.data.any(), "undo brings them back"


def test_only_planes_that_changed_are_written(qtbot, viewer, monkeypatch):
    written = []
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    [followed] = widget.live.autosave._followed.values()
    write = followed.writer.write

    def recording(number, planes, card):
        written.append(sorted(planes))
        write(number, planes, card)

    monkeypatch.setattr(followed.writer, "write", recording)
    paint(widget, 2, slice(5, 9), 2)
    settle(qtbot, widget)
    assert written == [[2]]
    assert sorted(saved_planes()) == [1, 2]


def test_erased_strokes_are_erased_on_the_disk(qtbot, viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    assert saved_planes()
    widget.erase_button.click()
    settle(qtbot, widget)
    assert saved_planes() == {}


def test_another_image_gets_none_of_them(qtbot, viewer, make_napari_viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    assert not reopened(make_napari_viewer, qtbot, data=CELLS + 1).live.strokes.data.any()


def test_strokes_of_two_images_are_both_saved(qtbot, viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    # At once, before the first ones are on the disk.
    viewer.add_image(CELLS + 1, name="others")
    widget.picker.setCurrentIndex(1)
    paint(widget, 2, slice(5, 9), 2)
    settle(qtbot, widget)
    assert list(saved_planes()) == [1] and list(saved_planes(CELLS + 1)) == [2]


def test_images_with_strokes_are_switched_back_and_forth(qtbot, viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    viewer.add_image(CELLS[0], name="one plane")
    widget.picker.setCurrentIndex(1)
    widget.live.strokes.data_setitem((np.array([3]), np.array([4])), 2)
    settle(qtbot, widget)
    widget.restored.say("Strokes of another image brought back.")
    for index in (0, 1, 0):
        widget.picker.setCurrentIndex(index)
        settle(qtbot, widget)
    assert widget.unsaved.text == "" and widget.restored.text == ""
    assert list(saved_planes()) == [1]
    [(_, strokes)] = find_saved(image_key(Stack(CELLS[0], "yx")), strokes_folder()).read()
    assert strokes[3, 4] == 2


def test_what_is_painted_while_the_saved_ones_are_sought_stays(qtbot, viewer, make_napari_viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    again = open_probe(make_napari_viewer(), qtbot)
    paint(again, 1, slice(7, 12), 2)
    settle(qtbot, again)
    assert np.unique(again.live.strokes.data[1, 5:7, 5:20]) == [1]
    assert np.unique(again.live.strokes.data[1, 7:12, 5:20]) == [2]


def test_strokes_that_are_there_already_are_not_mixed_with_saved_ones(qtbot, viewer, make_napari_viewer):
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    other = make_napari_viewer()
    add_strokes(other, other.add_image(CELLS, name="cells"), {1: "#ff0000"})
    again = ProbeWidget(other)
    qtbot.addWidget(again)
    settle(qtbot, again)
    assert not again.live.strokes.data.any()


def test_a_full_disk_is_said_and_tried_again(qtbot, viewer, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    widget = open_probe(viewer, qtbot)
    with monkeypatch.context() as patch:
        patch.setattr("patchprobe.strokes_file.put_plane", full)
        paint(widget, 1, slice(5, 9), 1)
        qtbot.waitUntil(lambda: bool(widget.unsaved.text))
    assert "No space left" in widget.unsaved.text and "still in the window" in widget.unsaved.text
    assert widget.live.strokes.data.any()
    paint(widget, 1, slice(15, 19), 2)
    widget.live.autosave._timer.start(0)
    settle(qtbot, widget)
    assert widget.unsaved.text == ""
    assert set(np.unique(saved_planes()[1])) == {0, 1, 2}


def test_a_window_that_is_closed_at_once_loses_nothing(qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    image = viewer.add_image(CELLS)
    show_plane(viewer, image, 1)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    strokes = find_strokes(viewer, image)
    strokes.data[1, 5:9, 5:20] = 1
    strokes.events.paint(value=[])
    qtbot.waitUntil(lambda: bool(widget.live.book.planes))
    viewer.close()
    qtbot.waitUntil(lambda: list(saved_planes()) == [1])


def test_it_can_be_switched_off(qtbot, viewer, monkeypatch, tmp_path):
    monkeypatch.setenv("PATCHPROBE_STROKES", "off")
    widget = open_probe(viewer, qtbot)
    paint(widget, 1, slice(5, 9), 1)
    settle(qtbot, widget)
    assert not (tmp_path / "strokes").exists()


_CRASH = """
import os, signal, sys
import numpy as np
from napari.viewer import Viewer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from patchprobe._widgets.probe import ProbeWidget
viewer = Viewer(show=False)
viewer.add_image(np.load(sys.argv[1]), name="cells")
viewer.dims.set_current_step(0, 1)
widget = ProbeWidget(viewer)
widget.state.change_class(2, name="membrane")
strokes = widget.live.strokes
for number in (1, 2):
    rows, columns = np.mgrid[10 * number : 10 * number + 4, 5:20].reshape(2, -1)
    strokes.data_setitem((np.full(rows.size, 1), rows, columns), number)
QTest.qWait(100)
while widget.live.autosave.is_busy:
    QApplication.processEvents()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_strokes_come_back_after_a_crash(qtbot, viewer, tmp_path):
    np.save(tmp_path / "cells.npy", CELLS)
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", _CRASH, str(tmp_path / "cells.npy")],
        env=os.environ | {"PYTHONPATH": source},
        timeout=60,
        check=False,
    )
    assert done.returncode == -9
    widget = open_probe(viewer, qtbot)
    settle(qtbot, widget)
    assert (widget.live.strokes.data[1, 10:14, 5:20] == 1).all()
    assert (widget.live.strokes.data[1, 20:24, 5:20] == 2).all()
    assert widget.state.class_of(2).name == "membrane"
    assert "brought back" in widget.restored.text
