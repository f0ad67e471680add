"""Objects as files."""

import numpy as np
import pytest

from patchprobe.io import Stack, load_stack
from patchprobe.objects import StackObjects, save_objects

IMAGE = Stack(np.zeros((2, 3, 4), np.uint8), "zyx", (50.0, 4.0, 4.0), ("nm",) * 3)


def objects(count):
    labels = np.zeros(IMAGE.shape, np.int32)
    labels[1, 2, 3] = count
    return StackObjects(labels, {"label": np.arange(1, count + 1)})


@pytest.mark.parametrize("suffix", [".ome.tif", ".tif", ".ome.zarr", ".npy"])
@pytest.mark.parametrize(("count", "dtype"), [(65_535, np.uint16), (65_536, np.int32)])
def test_numbers_are_as_wide_as_they_need_be(tmp_path, suffix, count, dtype):
    path = save_objects(tmp_path / f"objects{suffix}", objects(count), IMAGE)
    written = load_stack(path)
    assert written.data.dtype == dtype
    assert (written.voxel_size, written.units) == (IMAGE.voxel_size, IMAGE.units)
    assert written.plane(1)[2, 3] == count and not written.plane(0).any()
