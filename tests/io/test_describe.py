"""The one-line preview."""

from __future__ import annotations

import numpy as np
import tifffile

from patchprobe.io import Stack, describe, load_stack


def test_a_stack_from_a_file(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((30, 40, 50), np.uint8),
        imagej=True,
        resolution=(0.25, 0.25),
        metadata={"axes": "ZYX", "spacing": 50, "unit": "nm"},
    )
    assert describe(load_stack(tmp_path / "a.tif")) == (
        "ImageJ TIFF · 30 planes of 50 × 40 · 8 bit · 4 × 4 × 50 nm (from the file)"
    )
    given = load_stack(tmp_path / "a.tif", voxel_size="0.06,0.005,0.005 µm")
    assert describe(given).endswith("0.005 × 0.005 × 0.06 µm (given)")


def test_stacks_made_in_memory():
    assert (
        describe(Stack(np.zeros((40, 50), np.float32), "yx"))
        == "50 × 40 · 32 bit float · voxel size not known"
    )
    movie = Stack(
        np.zeros((2, 1, 40, 50, 3), np.int16), "tzyxc", (1.5, 1, 0.5, 0.5), ("s", "µm", "µm", "µm"), rgb=True
    )
    assert describe(movie) == (
        "2 time points of 1 plane of 50 × 40 · colour · 16 bit signed · 0.5 × 0.5 × 1 µm · every 1.5 s"
    )
    assert "2 channels" in describe(Stack(np.zeros((40, 50, 2)), "yxc"))


def test_large_files_are_read_as_needed(tmp_path):
    np.lib.format.open_memmap(tmp_path / "a.npy", "w+", "u1", (1000, 1000, 1000)).flush()
    assert describe(load_stack(tmp_path / "a.npy")).endswith("1.0 GB, read as needed")
