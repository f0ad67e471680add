"""HDF5 with its habits."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import load_stack

DATA = np.arange(6 * 20 * 24, dtype=np.uint16).reshape(6, 20, 24)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


@pytest.mark.parametrize("options", [{}, {"chunks": (4, 8, 8), "compression": "gzip"}, {"dtype": ">u2"}])
def test_the_only_data_set(path, options):
    with h5py.File(path, "w") as file:
        file.create_dataset("something", data=DATA, **options)
    stack = load_stack(path)
    assert stack.axes == "zyx"
    assert stack.data.dtype.isnative
    np.testing.assert_array_equal(np.asarray(stack.data), DATA)
    np.testing.assert_array_equal(stack.plane(5), DATA[5])


def test_cremi(path):
    with h5py.File(path, "w") as file:
        file["volumes/raw"] = DATA
        file["volumes/raw"].attrs["resolution"] = (40.0, 4.0, 4.0)
        file["volumes/labels/neuron_ids"] = DATA.astype(np.uint64)
        file["volumes/labels/clefts"] = DATA.astype(np.uint64)
        file["annotations/locations"] = np.zeros((5, 3))
    stack = load_stack(path)
    assert (stack.voxel_size, stack.units) == ((40, 4, 4), ("nm",) * 3)
    assert any("'volumes/raw' was opened" in note and "neuron_ids" in note for note in stack.notes)
    assert any("nm was assumed" in note for note in stack.notes)
    np.testing.assert_array_equal(stack.plane(1), DATA[1])
    for name in ("volumes/labels/clefts", "/volumes/labels/clefts", "clefts"):
        assert load_stack(path, dataset=name).data.dtype == np.uint64
    assert load_stack(f"{path}/volumes/labels/clefts").data.dtype == np.uint64
    with pytest.raises(InputError, match=r"'raws' is not in a\.h5.*volumes/raw"):
        load_stack(path, dataset="raws")


def test_ilastik(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("exported_data", data=DATA[None, ..., None])
        data.attrs["axistags"] = json.dumps({"axes": [{"key": key} for key in "tzyxc"]})
        data.attrs["element_size_um"] = (0.05, 0.004, 0.004)
    stack = load_stack(path)
    assert stack.axes == "zyx"
    assert (stack.voxel_size, stack.units) == ((0.05, 0.004, 0.004), ("µm",) * 3)
    assert not any("axes" in note for note in stack.notes)


def test_labels_of_dimensions(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("image", data=DATA)
        for dim, label in zip(data.dims, ("time", "y", "x"), strict=True):
            dim.label = label
    assert load_stack(path).axes == "tyx"


def test_units_beside_the_resolution(path):
    with h5py.File(path, "w") as file:
        file["raw"] = DATA
        file["raw"].attrs["resolution"] = (0.04, 0.004, 0.004)
        file["raw"].attrs["units"] = ["um", "um", "um"]
    stack = load_stack(path)
    assert (stack.voxel_size, stack.units) == ((0.04, 0.004, 0.004), ("µm",) * 3)


def test_equal_candidates_are_listed(path):
    with h5py.File(path, "w") as file:
        file["a/first"], file["a/second"] = DATA, DATA
    with pytest.raises(InputError, match=r"a/first \(6×20×24 uint16\), a/second.*dataset='a/first'"):
        load_stack(path)


def test_levels_of_a_pyramid(path):
    with h5py.File(path, "w") as file:
        file["em/s0"], file["em/s1"] = DATA, DATA[:, ::2, ::2]
    assert load_stack(path).shape == DATA.shape
    assert load_stack(path, level=1).shape == (6, 10, 12)


def test_no_image(path):
    with h5py.File(path, "w") as file:
        file["table"] = np.zeros(5)
        file["text"] = "abc"
    with pytest.raises(InputError, match=r"no data set that is an image.*table \(5 float64\)"):
        load_stack(path)
    with h5py.File(path, "w"):
        pass
    with pytest.raises(InputError, match="holds no data set"):
        load_stack(path)


def test_unusable_data_sets(path):
    with h5py.File(path, "w") as file:
        file["complex"] = DATA.astype(np.complex64)
        file["empty"] = h5py.Empty("f4")
        file["line"] = np.zeros(5)
    for name, message in (("complex", "complex64"), ("line", "two axes"), ("empty", "empty")):
        with pytest.raises(InputError, match=message):
            load_stack(path, dataset=name)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_file_is_refused(path, share):
    with h5py.File(path, "w") as file:
        file["raw"] = DATA
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"a\.h5 cannot be read.*truncated"):
        load_stack(path)
