"""Layers carried along an alignment, as values."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from patchprobe import Stack, _carry_work
from patchprobe._carry_work import (
    Carried,
    Framing,
    Pixels,
    PlaneMoved,
    Positions,
    carry,
    carry_positions,
    n_planes,
    save,
)
from patchprobe.alignment import Alignment, StackAlignment, Transform
from patchprobe.errors import InputError
from patchprobe.steps import finish

SHIFTS = ((0, 0), (1, -2))
ALIGNMENT = StackAlignment(tuple(Alignment(Transform.translation(shift)) for shift in SHIFTS), (6, 7))
DATA = np.arange(84, dtype=np.uint8).reshape(2, 6, 7)


def carried(things, framing=None):
    steps = []
    finish(carry(ALIGNMENT, things, framing or Framing()), steps.append)
    return steps


def test_pixels_plane_by_plane_then_positions():
    points = Positions([np.array([[1.0, 3, 3]])], (2,))
    things = [Pixels(Stack(DATA, "zyx"), "linear"), points]
    steps = carried(things)
    assert [step.done for step in steps if isinstance(step, PlaneMoved)] == [1, 2] and n_planes(things) == 2
    pixels, positions = (step for step in steps if isinstance(step, Carried))
    np.testing.assert_array_equal(pixels.data[1, :5, 2:], DATA[1, 1:, :5])
    np.testing.assert_array_equal(positions.data[0], [[1, 2, 5]])


def test_fill_is_for_images_and_labels_get_nothing():
    stack = Stack(DATA, "zyx")
    things = [Pixels(stack, "linear"), Pixels(stack, "nearest")]
    image, labels = (step for step in carried(things, Framing("union", 9)) if isinstance(step, Carried))
    assert image.origin == labels.origin == (-1, 0) and image.data.shape == (2, 7, 9)
    assert (image.data[0, 0] == 9).all() and (labels.data[0, 0] == 0).all()


def test_what_is_too_large_for_memory_stays_lazy(monkeypatch):
    monkeypatch.setattr(_carry_work, "_IN_MEMORY", 10)
    (step,) = carried([Pixels(Stack(DATA, "zyx"), "linear")])
    assert isinstance(step.data, da.Array)
    np.testing.assert_array_equal(step.data[0].compute(), DATA[0])


def test_positions_beside_the_stack_and_between_planes():
    points = [[0.4, 1, 1], [0.6, 1, 1], [-3, 1, 1], [2, 1, 1]]
    moved = carry_positions(ALIGNMENT, points, (2,))
    np.testing.assert_array_equal(moved, [[0.4, 1, 1], [0.6, 0, 3], [-3, 1, 1], [2, 1, 1]])
    in_time = carry_positions(ALIGNMENT, [[0, 1, 4, 4]], (1, 2))
    np.testing.assert_array_equal(in_time, [[0, 1, 3, 6]])
    assert carry_positions(ALIGNMENT, np.empty((0, 3)), (2,)).shape == (0, 3)


def test_another_shape_is_refused():
    with pytest.raises(InputError, match="2 planes"):
        carried([Pixels(Stack(DATA[:, :3], "zyx"), "linear")])


def test_a_stack_is_saved(tmp_path):
    path = finish(save(Stack(DATA, "zyx"), str(tmp_path / "aligned.npy")))
    np.testing.assert_array_equal(np.load(path), DATA)
