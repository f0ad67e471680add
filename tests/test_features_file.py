"""Feature grids in a file."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from patchprobe import features_file
from patchprobe.features_file import read_grids, write_grids
from patchprobe.grid import PatchGrid


@pytest.fixture
def grids():
    random = np.random.default_rng(0)
    fine = PatchGrid(random.random((6, 8, 3)).astype(np.float16), 4, (1.5, 1.5), (24, 32), "fine")
    # Channel-first in memory and in single precision, as some backbones give them.
    coarse = PatchGrid(
        np.moveaxis(random.random((2, 3, 4), np.float32), 0, 2), 8, (3.5, 3.5), (24, 32), "coarse"
    )
    return fine, coarse


@pytest.mark.parametrize("mapped_from", [0, 1 << 20])
def test_what_is_written_is_read(grids, tmp_path, monkeypatch, mapped_from):
    monkeypatch.setattr(features_file, "_MAPPED", mapped_from)
    monkeypatch.setattr(features_file, "_BLOCK_BYTES", 100)
    path = tmp_path / "features"
    write_grids(path, grids)
    for given, read in zip(grids, read_grids(path), strict=True):
        np.testing.assert_array_equal(read.array, given.array.astype(np.float16))
        assert (read.stride, read.origin, read.image_shape, read.name) == (
            given.stride,
            given.origin,
            given.image_shape,
            given.name,
        )


def test_the_file_is_one_that_safetensors_reads(grids, tmp_path):
    path = tmp_path / "features"
    write_grids(path, grids)
    tensors = load_file(path)
    np.testing.assert_array_equal(tensors["0"], grids[0].array)
    assert tensors["1"].dtype == np.float16


@pytest.mark.parametrize("kept", [0, 4, 60, -1])
def test_a_file_that_is_cut_off_is_refused(grids, tmp_path, kept):
    path = tmp_path / "features"
    write_grids(path, grids)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises((ValueError, KeyError)):
        read_grids(path)
