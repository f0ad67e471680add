"""NumPy files."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import load_stack


@pytest.mark.parametrize("dtype", ["?", "u1", "<u2", ">u2", "i4", "f2", ">f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_planes_are_mapped(tmp_path, dtype, order):
    data = np.asarray(np.arange(4 * 9 * 7).reshape(4, 9, 7) % 2, dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", data)
    stack = load_stack(tmp_path / "a.npy")
    assert stack.axes == "zyx"
    assert stack.data.dtype.isnative
    assert stack.data.dtype == (np.uint8 if dtype == "?" else np.dtype(dtype).newbyteorder("="))
    np.testing.assert_array_equal(stack.plane(2), data[2])
    assert any("axes=" in note for note in stack.notes)


def test_objects_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}, None]), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npy"):
        load_stack(tmp_path / "a.npy")


@pytest.mark.parametrize("dtype", ["c8", "U3", "M8[s]", [("a", "u1"), ("b", "u1")]])
def test_values_that_are_not_pixels_are_refused(tmp_path, dtype):
    np.save(tmp_path / "a.npy", np.zeros((9, 9), dtype))
    with pytest.raises(InputError, match="not pixels"):
        load_stack(tmp_path / "a.npy")


@pytest.mark.parametrize("size", [4, 40, 130, 200])
def test_a_cut_file_is_refused(tmp_path, size):
    np.save(tmp_path / "a.npy", np.zeros((9, 9)))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:size])
    with pytest.raises(InputError, match=r"a\.npy"):
        load_stack(tmp_path / "a.npy")
