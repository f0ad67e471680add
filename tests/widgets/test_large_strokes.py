"""Strokes on a stack that is larger than the memory: painted on as on any other, held only where painted."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from patchprobe._widgets._layers import add_prediction, add_strokes, show_plane, write_plane
from patchprobe._widgets._stroke_book import StrokeBook
from patchprobe.tiled_array import TiledArray

COLORS = {1: "#56b4e9", 2: "#e69f00"}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer):
    data = da.zeros((200, 2048, 2048), np.uint8, chunks=(1, 2048, 2048))
    image = viewer.add_image(data, name="large", contrast_limits=(0, 255))
    show_plane(viewer, image, 3)
    return image


@pytest.fixture
def strokes(viewer, image):
    strokes = add_strokes(viewer, image, COLORS)
    strokes.brush_size = 40
    assert isinstance(strokes.data, TiledArray)
    return strokes


def drag(layer, plane, row, number):
    """One stroke of ten dabs."""
    with layer.block_history():
        for column in range(100, 200, 10):
            layer.paint((plane, row, column), number)
    QApplication.processEvents()


def test_painted_undone_and_seen_by_the_book(viewer, strokes):
    book = StrokeBook(viewer)
    book.attach(strokes)
    drag(strokes, 3, 500, 1)
    drag(strokes, 3, 900, 2)
    assert sorted(book.planes) == [3]
    assert set(np.unique(book.planes[3])) == {0, 1, 2}
    np.testing.assert_array_equal(book.planes[3], strokes.data[3])
    strokes.undo()
    QApplication.processEvents()
    assert set(np.unique(book.planes[3])) == {0, 1}
    strokes.redo()
    QApplication.processEvents()
    assert set(np.unique(book.planes[3])) == {0, 1, 2}
    assert strokes.data.held_bytes <= 4 * 512 * 512


def test_erased_as_one_step(viewer, strokes):
    book = StrokeBook(viewer)
    book.attach(strokes)
    drag(strokes, 3, 500, 1)
    painted = strokes.data[3]
    book.erase()
    assert not book.planes and strokes.data.held_bytes == 0
    strokes.undo()
    np.testing.assert_array_equal(strokes.data[3], painted)


def test_filled_and_shown_on_another_plane(viewer, image, strokes):
    show_plane(viewer, image, 5)
    strokes.fill((5, 10, 10), 2)
    assert (strokes.data[5] == 2).all() and not strokes.data[4].any()
    show_plane(viewer, image, 4)
    show_plane(viewer, image, 5)
    assert strokes.get_value((5, 10, 10)) == 2


def test_what_is_no_stroke_is_refused(viewer, strokes):
    refused = []
    book = StrokeBook(viewer)
    book.refused.connect(refused.append)
    book.attach(strokes)
    strokes.data[3, 5, 5] = 77
    book.look()
    assert "labels up to 77" in str(refused[0])


def test_predictions_are_written_plane_by_plane(viewer, image):
    layer = add_prediction(viewer, image, COLORS, 0.5)
    write_plane(layer.data, 7, np.full((2048, 2048), 2, np.uint8))
    assert (layer.data[7] == 2).all() and layer.data.planes == [7]
