"""NRRD: axes, sizes, packing."""

from __future__ import annotations

import nrrd
import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import load_stack

# As the file counts: x fastest. Value = 100 × x + 10 × y + z.
VALUES = np.add.outer(np.add.outer(100 * np.arange(5), 10 * np.arange(4)), np.arange(3)).astype(np.uint16)
MM = {"space": "left-posterior-superior", "space directions": np.diag([0.5, 1.0, 2.0])}


def write(path, values=VALUES, encoding="gzip", **about):
    nrrd.write(str(path), values, {"encoding": encoding, **about})
    return path


@pytest.mark.parametrize("encoding", ["gzip", "raw", "bzip2"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.float32, np.float64])
def test_the_slowest_axis_is_that_of_the_planes(tmp_path, encoding, dtype):
    values = (VALUES % 250).astype(dtype)
    stack = load_stack(write(tmp_path / "a.nrrd", values, encoding, **MM))
    assert (stack.axes, stack.format, stack.data.dtype) == ("zyx", "NRRD", dtype)
    assert (stack.voxel_size, stack.units) == ((2, 1, 0.5), ("mm",) * 3)
    np.testing.assert_array_equal(np.asarray(stack.data), values.T)
    np.testing.assert_array_equal(stack.plane(1), values[:, :, 1].T)
    assert "mm was assumed" in stack.notes[0]


def test_axes_as_stored(tmp_path):
    stack = load_stack(write(tmp_path / "a.nrrd"), "zyx", "25 µm")
    np.testing.assert_array_equal(np.asarray(stack.data), VALUES)
    assert stack.voxel_size == (25, 25, 25)


def test_units_of_the_file(tmp_path):
    header = {"space dimension": 3, "space directions": np.diag([25.0] * 3), "space units": ["um"] * 3}
    stack = load_stack(write(tmp_path / "a.nrrd", **header))
    assert (stack.voxel_size, stack.units, stack.notes) == ((25, 25, 25), ("µm",) * 3, ())
    bare = load_stack(write(tmp_path / "b.nrrd", spacings=[1.0, 1.0, 3.0]))
    assert bare.units == ("pixel",) * 3


@pytest.mark.parametrize("encoding", ["gzip", "raw"])
def test_cut_files_are_refused(tmp_path, encoding):
    content = write(tmp_path / "a.nrrd", encoding=encoding).read_bytes()
    (tmp_path / "a.nrrd").write_bytes(content[:-30])
    with pytest.raises(InputError, match=r"a\.nrrd"):
        load_stack(tmp_path / "a.nrrd").plane(2)
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004\ntype: block\n\n")
    with pytest.raises(InputError, match=r"a\.nrrd"):
        load_stack(tmp_path / "a.nrrd")
