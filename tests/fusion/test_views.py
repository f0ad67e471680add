"""Planes of other orientations are the same voxels; flat voxels are stretched or refused."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.fusion.views import check_voxels, held, views_of
from patchprobe.io import Stack


def test_planes_across(volume):
    along_y, along_x = volume.along("xz"), volume.along("yz")
    assert (along_y.shape, along_x.shape) == ((16, 12, 20), (20, 12, 16))
    np.testing.assert_array_equal(along_y.plane(3), volume.data[:, 3, :])
    np.testing.assert_array_equal(along_x.plane(7), volume.data[:, :, 7])
    np.testing.assert_array_equal(along_x.label_plane(7), volume.labels[:, :, 7])
    assert np.shares_memory(along_x.data, volume.data)
    assert volume.along("xy") is volume


def test_sizes_time_points_and_channels_go_along():
    data = np.arange(2 * 3 * 4 * 5 * 2).reshape(2, 3, 4, 5, 2)
    movie = Stack(data, "tzyxc", (0.5, 3.0, 2.0, 1.0), ("s", "nm", "µm", "mm"))
    across = movie.along("yz")
    assert across.axes == "tzyxc"
    assert across.voxel_size == (0.5, 1.0, 3.0, 2.0)
    assert across.units == ("s", "mm", "nm", "µm")
    np.testing.assert_array_equal(across.plane(5 + 2), data[1, :, :, 2])


def test_a_lazy_stack_stays_lazy_until_it_is_held(volume):
    lazy = replace(volume, data=da.from_array(volume.data, chunks=(1, 16, 20)))
    assert isinstance(lazy.along("xz").data, da.Array)
    assert isinstance(held(lazy).data, np.ndarray)
    np.testing.assert_array_equal(held(lazy).data, volume.data)
    assert held(volume) is volume


def test_what_cannot_be_seen_along_other_axes_is_said(volume, em_stack):
    with pytest.raises(InputError, match="'zx'"):
        volume.along("zx")
    with pytest.raises(InputError, match="axis z"):
        replace(volume, axes="tyx").along("xz")
    with pytest.raises(InputError, match=r"50 × 4 × 4 nm.*12\.5 times"):
        check_voxels(em_stack)
    with pytest.raises(InputError, match="one unit"):
        check_voxels(replace(volume, units=("µm", "mm", "mm")))


def test_what_is_worth_knowing_is_said(volume):
    assert check_voxels(volume) == ""
    assert "taken for cubes" in check_voxels(replace(volume, units=("pixel",) * 3))
    assert "2 × 1 × 1 mm; planes" in check_voxels(replace(volume, voxel_size=(2.0, 1.0, 1.0)))


def test_flat_voxels_are_stretched_across_their_planes_only(volume):
    xy, xz, yz = views_of(replace(volume, voxel_size=(2.0, 1.0, 1.0)))
    assert xy.stack.plane_shape == (16, 20)
    assert (xz.stack.plane_shape, yz.stack.plane_shape) == ((24, 20), (24, 16))
    assert xz.stack.voxel_size == (1.0, 1.0, 1.0)
    # A voxel of two pixels has its centre between them.
    np.testing.assert_allclose(xz.at_pixels(np.array([[0, 0], [3, 5]])), [[0.5, 0], [6.5, 5]])


def test_values_come_back_to_their_voxels(volume):
    _, xz, _ = views_of(replace(volume, voxel_size=(2.0, 1.0, 1.0)))
    ramp = np.broadcast_to(np.arange(24.0, dtype=np.float32)[:, None, None], (24, 20, 1))
    expected = np.arange(12) * 2 + 0.5
    np.testing.assert_allclose(xz.at_voxels(ramp)[:, 3, 0], expected)
    assert xz.at_voxels(np.zeros((24, 20, 3), np.float32)).shape == (12, 20, 3)
