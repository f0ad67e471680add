"""Layers that go along with an alignment: which are offered, where they come to lie, what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt

from patchprobe import StackAlignment, load_stack
from patchprobe._measure_work import Options
from patchprobe._widgets._status import Mood
from patchprobe._widgets.align import AlignWidget
from patchprobe.alignment import Alignment, Edge, Transform

LEFT = Qt.MouseButton.LeftButton
SHIFTS = ((0, 0), (2, -3), (0, 5))
DATA = np.random.default_rng(0).integers(1, 255, (3, 24, 30), dtype=np.uint8)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def path(tmp_path):
    """A file of an alignment by whole pixels."""
    sections = tuple(Alignment(Transform.translation(shift)) for shift in SHIFTS)
    return StackAlignment(sections, (24, 30)).save(tmp_path / "alignment.json")


@pytest.fixture
def image(viewer):
    return viewer.add_image(DATA, name="cells", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3)


@pytest.fixture
def widget(viewer, image, qtbot):
    widget = AlignWidget(viewer)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def settle(qtbot, widget):
    parts = (widget.live, widget.aligned, widget.plots)
    qtbot.waitUntil(lambda: not any(part.is_busy for part in parts), timeout=20_000)


def apply(qtbot, widget, *layers):
    widget.more.unfold()
    for layer in layers:
        widget.more.tick(layer)
    qtbot.mouseClick(widget.more.apply_button, LEFT)
    settle(qtbot, widget)


def load(qtbot, widget, path):
    widget.more.load_requested.emit(str(path))
    settle(qtbot, widget)


def test_an_alignment_from_a_file_moves_the_stack(qtbot, viewer, image, widget, path, tmp_path):
    assert "Align a stack first" in widget.more.apply_button.toolTip()
    assert not widget.more.save_button.isEnabled() and widget.more.load_button.isEnabled()
    load(qtbot, widget, path)
    widget.more.save_requested.emit(str(tmp_path / "again.json"))
    assert widget.status.text == "Saved as again.json"
    assert StackAlignment.load(tmp_path / "again.json") == StackAlignment.load(path)
    widget.live.undo()
    widget.live.redo()
    settle(qtbot, widget)
    aligned = viewer.layers["cells aligned"]
    np.testing.assert_array_equal(aligned.data[1, :22, 3:], DATA[1, 2:, :-3])
    assert widget.status.text.startswith("3 of 3 sections ok")
    # It can be edited though nothing is known of pairs.
    widget.live.exclude([1])
    settle(qtbot, widget)
    assert widget.table.item(1, 1).text() == "– left out" and "1 left out" in widget.status.text
    np.testing.assert_allclose(widget.live.alignment[1].shift, (0, 2.5), atol=0.01)


def test_all_layers_that_fit_are_offered_and_go_along(qtbot, viewer, image, widget, path):
    labels = viewer.add_labels((DATA > 128).astype(np.uint8) * 7, name="bright", scale=(50, 4, 4))
    channel = viewer.add_image(DATA[:, ::-1].astype(np.float32), name="second channel")
    # Where napari's own layers lie in the world is minded: pixel (1, 10, 12) of the stack.
    points = viewer.add_points([[1 * 50 + 5, 10 * 4 + 6, 12 * 4 + 7]], name="synapses", size=9)
    shapes = viewer.add_shapes(
        [[[2, 3, 8], [2, 3, 12], [2, 9, 12]]], shape_type="polygon", name="soma", scale=(50, 4, 4)
    )
    viewer.add_image(DATA[:2], name="too few")
    viewer.add_points(np.empty((0, 3)), name="none")
    load(qtbot, widget, path)
    assert widget.more._layers == [labels, channel, points, shapes]
    apply(qtbot, widget, labels, channel, points, shapes)
    np.testing.assert_array_equal(viewer.layers["bright aligned"].data[1, :22, 3:], labels.data[1, 2:, :-3])
    np.testing.assert_array_equal(
        viewer.layers["second channel aligned"].data[2, :, :25], channel.data[2, :, 5:]
    )
    np.testing.assert_allclose(viewer.layers["synapses aligned"].data, [[55, 8 * 4 + 6, 15 * 4 + 7]])
    assert viewer.layers["synapses aligned"].size.tolist() == [9]
    moved = viewer.layers["soma aligned"]
    assert moved.shape_type == ["polygon"]
    np.testing.assert_allclose(moved.data[0], shapes.data[0] - [0, 0, 5], atol=1e-6)
    assert not labels.visible and not points.visible


def test_what_goes_along_follows_the_alignment(qtbot, viewer, image, widget, path, tmp_path):
    labels = viewer.add_labels((DATA > 128).astype(np.uint8), name="bright")
    load(qtbot, widget, path)
    apply(qtbot, widget, labels)
    StackAlignment((Alignment(Transform.identity()),) * 3, (24, 30)).save(tmp_path / "same.json")
    load(qtbot, widget, tmp_path / "same.json")
    np.testing.assert_array_equal(viewer.layers["bright aligned"].data, labels.data)
    qtbot.mouseClick(widget.actions_row.undo_button, LEFT)
    settle(qtbot, widget)
    np.testing.assert_array_equal(viewer.layers["bright aligned"].data[1, :22, 3:], labels.data[1, 2:, :-3])
    qtbot.mouseClick(widget.actions_row.undo_button, LEFT)
    settle(qtbot, widget)
    assert [layer.name for layer in viewer.layers] == ["cells", "bright"] and labels.visible


def test_what_was_painted_on_a_moved_layer_is_kept_and_what_was_deleted_stays_away(
    qtbot, viewer, image, widget, path
):
    labels = viewer.add_labels(np.zeros_like(DATA), name="strokes")
    load(qtbot, widget, path)
    apply(qtbot, widget, labels)
    moved = viewer.layers["strokes aligned"]
    moved.paint((1, 5, 5), 3)
    apply(qtbot, widget)
    assert viewer.layers["strokes aligned, painted"] is moved and moved.data[1, 5, 5] == 3
    assert isinstance(viewer.layers["strokes aligned"], Labels)
    assert not viewer.layers["strokes aligned"].data.any()
    viewer.layers.remove("strokes aligned")
    widget.more.fill.setValue(9)
    settle(qtbot, widget)
    assert "strokes aligned" not in viewer.layers


def test_the_box_and_the_fill(qtbot, viewer, image, widget, path):
    load(qtbot, widget, path)
    widget.more.fill.setValue(200)
    for output, shape, origin in (("union", (26, 38), (-2, -5)), ("intersection", (22, 22), (0, 3))):
        widget.more.output.setCurrentIndex(widget.more.output.findData(output))
        settle(qtbot, widget)
        aligned = viewer.layers["cells aligned"]
        assert aligned.data.shape == (3, *shape)
        # Its first pixel lies where it belongs in the world.
        np.testing.assert_allclose(aligned.data_to_world((0, 0, 0)), image.data_to_world((0, *origin)))
        assert aligned.data[0, 10, 10] == DATA[0, 10 + origin[0], 10 + origin[1]]
        if output == "union":
            assert (aligned.data[0, 0] == 200).all()


def test_the_aligned_stack_is_saved_with_its_voxel_size(qtbot, viewer, image, widget, path, tmp_path):
    load(qtbot, widget, path)
    widget.more.save_stack_requested.emit(str(tmp_path / "aligned.ome.tif"))
    qtbot.waitUntil(lambda: widget.status.text == "Saved as aligned.ome.tif")
    saved = load_stack(tmp_path / "aligned.ome.tif")
    np.testing.assert_array_equal(saved.data, viewer.layers["cells aligned"].data)
    assert (saved.voxel_size, saved.units) == ((50, 4, 4), ("nm",) * 3)
    viewer.layers.remove("cells aligned")
    widget.more.save_stack_requested.emit(str(tmp_path / "gone.npy"))
    assert "was removed" in widget.error.text
    widget.more.save_requested.emit(str(tmp_path / "nowhere" / "alignment.json"))
    assert "no folder" in widget.error.text and widget.status.text.startswith("Not saved")


def test_what_was_aligned_outlives_its_source(qtbot, viewer, image, widget, path):
    strokes = viewer.add_labels(np.ones_like(DATA), name="strokes")
    load(qtbot, widget, path)
    apply(qtbot, widget, strokes)
    moved = np.asarray(viewer.layers["cells aligned"].data).copy()
    viewer.layers.remove(image)
    settle(qtbot, widget)
    assert {layer.name for layer in viewer.layers} == {"strokes", "cells aligned", "strokes aligned"}
    np.testing.assert_array_equal(viewer.layers["cells aligned"].data, moved)


def test_pairs_and_edits_come_back_from_a_file(qtbot, image, widget, tmp_path):
    StackAlignment((Alignment(Transform.identity()),) * 2, (24, 30)).save(tmp_path / "short.json")
    load(qtbot, widget, tmp_path / "short.json")
    assert "2 planes" in widget.error.text and widget.status.mood is Mood.LOOK
    (tmp_path / "other.json").write_text("{}")
    load(qtbot, widget, tmp_path / "other.json")
    assert "not an alignment" in widget.error.text
    widget.live.set_edge(Edge(0, 1, Transform.translation((2, -3))))
    widget.live.set_edge(Edge(1, 2, Transform.translation((-2, 8))))
    settle(qtbot, widget)
    edits, alignment = widget.live.state.edits, widget.live.alignment
    widget.live.start(Options("neighbours", "translation", None), 1)
    settle(qtbot, widget)
    widget.more.save_requested.emit(str(tmp_path / "edited.json"))
    widget.live.undo()
    load(qtbot, widget, tmp_path / "edited.json")
    assert widget.live.state.edits == edits and len(widget.live.source) == 2
    np.testing.assert_allclose(widget.live.alignment.shifts, alignment.shifts, atol=0.1)
    widget.live.remove_edge((0, 1))
    settle(qtbot, widget)
    assert len(widget.live.state.edits.by_hand) == 1
