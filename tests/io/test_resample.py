"""Cubic voxels."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import Stack, resample_isotropic


def test_planes_between_planes_are_interpolated():
    data = np.stack([np.full((4, 5), v, np.uint8) for v in (0, 10, 20)])
    stack = resample_isotropic(Stack(data, "zyx", (8, 4, 4), ("nm",) * 3))
    assert stack.shape == (5, 4, 5)
    assert stack.voxel_size == (4, 4, 4)
    assert stack.data.dtype == np.uint8
    assert [int(plane.mean()) for plane in stack.planes()] == [0, 5, 10, 15, 20]
    np.testing.assert_array_equal(np.asarray(stack.data[1:4, 2, ::2]), [[5] * 3, [10] * 3, [15] * 3])
    assert any("cubic voxels of 4 nm" in note for note in stack.notes)


def test_time_and_channels_are_kept():
    data = np.arange(2 * 2 * 3 * 3 * 2, dtype=np.float32).reshape(2, 2, 3, 3, 2)
    stack = resample_isotropic(Stack(data, "tzyxc", (1, 2, 1, 1), ("s", "µm", "µm", "µm")))
    assert stack.shape == (2, 3, 3, 3, 2)
    np.testing.assert_array_equal(np.asarray(stack.data[:, ::2]), data)
    np.testing.assert_allclose(stack.plane(4), data[1].mean(0))


def test_within_the_plane():
    data = np.broadcast_to(np.arange(4.0, dtype=np.float32) * 10, (2, 3, 4)).copy()
    stack = resample_isotropic(Stack(data, "zyx", (1, 1, 2), ("nm",) * 3))
    assert stack.shape == (2, 3, 7)
    np.testing.assert_allclose(stack.plane(1)[1], np.arange(7) * 5)


def test_cubic_voxels_are_left_alone():
    stack = Stack(np.zeros((2, 3, 4)), "zyx", (4, 4, 4), ("nm",) * 3)
    assert resample_isotropic(stack) is stack


def test_mixed_units_are_refused():
    with pytest.raises(InputError, match="one unit"):
        resample_isotropic(Stack(np.zeros((2, 3, 4)), "zyx", (1, 4, 4), ("µm", "nm", "nm")))
