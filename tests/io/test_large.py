"""Files of 20 GB, sparse on disk, open at once and take no memory."""

from __future__ import annotations

import subprocess
import sys

import h5py
import numpy as np
import pytest
import tifffile
import zarr

SIDE = 1024
PLANES = 20_000

_PROBE = """
import sys, time
import numpy, dask.array, tifffile, zarr, h5py  # the libraries are not what is measured
from patchprobe.io import load_stack
start = time.perf_counter()
stack = load_stack(sys.argv[1], axes=sys.argv[2])
opened = time.perf_counter() - start
stack.plane(0)
start = time.perf_counter()
total = int(stack.plane(12345).sum())
read = time.perf_counter() - start
try:
    # Of this program alone: ru_maxrss starts from what its parent held when it was forked.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except (OSError, StopIteration):
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(opened, read, peak, stack.n_planes, total)
"""


def probe(path, axes="zyx"):
    """Open in a process of its own: its peak of memory is that of the opening."""
    pytest.importorskip("resource", reason="peak memory is measured on Unix only")
    out = subprocess.run(
        [sys.executable, "-c", _PROBE, str(path), axes], capture_output=True, text=True, check=True
    )
    opened, read, peak, planes, total = map(float, out.stdout.split())
    kilobytes = 1 if sys.platform != "darwin" else 1024
    assert peak / kilobytes < 300_000
    # Twice what is asked for, since the machines that run tests are shared and slow.
    assert opened < 2
    assert read < 1
    assert planes == PLANES
    return total


def test_contiguous_bigtiff(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, shape=(PLANES, SIDE, SIDE), dtype="u1", data=None, bigtiff=True)
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[0].dataoffsets[0]
    with path.open("r+b") as file:
        file.seek(offset + 12345 * SIDE * SIDE)
        file.write(b"\x03\x04")
    assert probe(path) == 7


def test_npy_of_other_byte_order(tmp_path):
    np.lib.format.open_memmap(tmp_path / "a.npy", "w+", ">u2", (PLANES, SIDE, SIDE // 2)).flush()
    assert probe(tmp_path / "a.npy") == 0


@pytest.mark.parametrize("chunks", [(1, SIDE, SIDE), (16, 128, 128)])
def test_zarr(tmp_path, chunks):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(PLANES, SIDE, SIDE), dtype="u1", chunks=chunks)
    array[12345, 5, :7] = 1
    assert probe(tmp_path / "a.zarr") == 7


def test_hdf5(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("raw", (PLANES, SIDE, SIDE), "u1", chunks=(16, 128, 128))
        data[12345, 5, :7] = 1
    assert probe(tmp_path / "a.h5") == 7


@pytest.mark.parametrize("ome", [False, True])
def test_pages(tmp_path, ome):
    path = tmp_path / ("a.ome.tif" if ome else "a.tif")
    # Small pages: it is their number that takes time.
    plane = np.zeros((64, 64), np.uint8)
    tifffile.imwrite(
        path,
        (plane for _ in range(PLANES)),
        shape=(PLANES, 64, 64),
        dtype="u1",
        compression="zlib",
        bigtiff=True,
        ome=ome,
        metadata={"axes": "ZYX"} if ome else None,
    )
    assert probe(path) == 0
