"""Strokes on the disk: whole planes, only where something is painted."""

import os
from dataclasses import replace

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import Stack, load_stack
from patchprobe.label_file import load_labels
from patchprobe.strokes_file import StrokeClass, StrokesCard, StrokesFile

CARD = StrokesCard(
    "em",
    "/data/em.tif",
    "filters",
    (StrokeClass(2, "membrane", "#e69f00"), StrokeClass(1, "cell", "#56b4e9")),
)


@pytest.fixture
def strokes(em_stack):
    painted = np.zeros((64, 48), np.uint8)
    painted[3:6, 10:20] = 2
    return painted


@pytest.fixture
def file(em_stack, tmp_path):
    return StrokesFile.create(tmp_path / "strokes.zarr", em_stack, CARD)


def test_written_and_read_again(file, strokes):
    file.write({1: strokes}, CARD)
    again = StrokesFile(file.path)
    [(plane, read)] = again.read()
    assert plane == 1
    np.testing.assert_array_equal(read, strokes)
    assert replace(again.card, saved="") == CARD, "classes keep their order"


def test_planes_that_are_not_written_stay(file, strokes):
    file.write({1: strokes}, CARD)
    file.write({2: 2 * strokes}, CARD)
    assert {plane: int(read.max()) for plane, read in file.read()} == {1: 2, 2: 4}


def test_what_is_erased_is_gone(file, strokes):
    file.write({0: strokes, 1: strokes}, CARD)
    file.write({0: np.zeros_like(strokes)}, CARD)
    assert [plane for plane, _ in StrokesFile(file.path).read()] == [1]


def test_it_is_an_image_of_labels_for_everybody(file, strokes, em_stack):
    file.write({1: strokes}, CARD)
    stack = load_stack(file.path)
    assert (stack.axes, stack.voxel_size, stack.units) == ("zyx", em_stack.voxel_size, em_stack.units)
    [(plane, read)] = load_labels(file.path, em_stack)
    assert plane == 1
    np.testing.assert_array_equal(read, strokes)


def test_a_large_stack_takes_the_space_of_its_strokes(tmp_path):
    stack = Stack(np.broadcast_to(np.uint8(0), (200, 8192, 8192)), "zyx")
    file = StrokesFile.create(tmp_path / "large.zarr", stack, CARD)
    painted = np.zeros((8192, 8192), np.uint8)
    painted[5000:5010, 700:800] = 1
    file.write({150: painted}, CARD)
    nbytes = sum(path.stat().st_size for path in file.path.rglob("*") if path.is_file())
    assert nbytes < 20_000
    [(plane, read)] = file.read()
    assert plane == 150 and read.sum() == 1000


@pytest.mark.parametrize("axes", ["yx", "tzyx", "yxc"])
def test_stacks_of_other_axes(axes, tmp_path):
    shape = tuple({"t": 2, "z": 3, "y": 20, "x": 30, "c": 3}[letter] for letter in axes)
    file = StrokesFile.create(tmp_path / "strokes.zarr", Stack(np.zeros(shape, np.uint8), axes), CARD)
    painted = np.eye(20, 30, dtype=np.uint8)
    last = {"yx": 0, "tzyx": 5, "yxc": 0}[axes]
    file.write({last: painted}, CARD)
    [(plane, read)] = StrokesFile(file.path).read()
    assert plane == last
    np.testing.assert_array_equal(read, painted)


def test_other_things_are_refused_in_words(em_stack, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        StrokesFile(tmp_path / "missing.zarr")
    from patchprobe.io import save_stack

    save_stack(tmp_path / "image.zarr", em_stack)
    with pytest.raises(InputError, match="does not hold strokes"):
        StrokesFile(tmp_path / "image.zarr")


def test_a_damaged_plane_is_named(file, strokes):
    file.write({1: strokes}, CARD)
    [chunk] = [path for path in (file.path / "0" / "c" / "1").rglob("*") if path.is_file()]
    chunk.write_bytes(b"half a file")
    with pytest.raises(InputError, match="Plane 1"):
        list(StrokesFile(file.path).read())


def test_a_full_disk_is_said(file, strokes, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("patchprobe.strokes_file.put_plane", full)
    with pytest.raises(InputError, match=r"No space left.*still in the window"):
        file.write({1: strokes}, CARD)
