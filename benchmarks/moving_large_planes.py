"""What moving a plane that is larger than the memory for it takes: time, and the peak memory of the process.

    python benchmarks/moving_large_planes.py [--size 20000] [--json FILE]

A plane of 8 bit is read from Zarr in chunks of 1024 px, moved and written to OME-Zarr. Each case runs in a
process of its own, so that its peak is its own; "libraries" moves nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
import zarr

from patchprobe import Stack, StackAlignment
from patchprobe.alignment import Alignment, FieldTransform, PlaneMap, Transform
from patchprobe.io import save_stack
from patchprobe.io.lazy import dask_array

CHUNK = 1024
TURNED = Transform([[0.9981, -0.0523, 400.3], [0.0523, 0.9981, -512.7], [0.0, 0.0, 1.0]])
CASES = ("libraries", "whole-pixel shift", "affine", "affine, cubic", "field")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=20000)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, Path(arguments.folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_plane(Path(folder), arguments.size)
        results = {case: in_process(case, folder) for case in CASES}
    print(f"{arguments.size} × {arguments.size} px, {arguments.size**2 / 1e6:.0f} MB")
    print(f"{'':20} {'s':>6} {'peak MB':>8}")
    for case, result in results.items():
        print(f"{case:20} {result['seconds']:6.1f} {result['peak_mb']:8.0f}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"size": arguments.size, "cases": results}, indent=2))


def in_process(case: str, folder: str) -> dict[str, float]:
    """Measure a case in a fresh process."""
    command = [sys.executable, __file__, "--case", case, "--folder", folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def make_plane(folder: Path, size: int) -> None:
    """Write noise, a chunk at a time."""
    plane = zarr.create_array(
        folder / "plane.zarr", shape=(1, size, size), chunks=(1, CHUNK, CHUNK), dtype="u1"
    )
    noise = np.random.default_rng(0).integers(0, 255, (CHUNK, CHUNK), np.uint8)
    for y in range(0, size, CHUNK):
        for x in range(0, size, CHUNK):
            plane[0, y : y + CHUNK, x : x + CHUNK] = noise[: size - y, : size - x]


def measure(case: str, folder: Path) -> dict[str, float]:
    """Move the plane as a case says; seconds, and the peak memory of this process in MB."""
    source = zarr.open_array(folder / "plane.zarr", mode="r")
    size = source.shape[1]
    stack = Stack(dask_array(source, (1, CHUNK, CHUNK)), "zyx")
    began = time.perf_counter()
    if case != "libraries":
        alignment = StackAlignment((Alignment(transform_of(case, size)),), (size, size))
        moved = alignment.apply(stack, interpolation="cubic" if "cubic" in case else "linear")
        save_stack(folder / "moved.ome.zarr", moved)
    seconds = time.perf_counter() - began
    # Linux counts in kibibytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss * unit / 1e6}


def transform_of(case: str, size: int) -> PlaneMap:
    if case == "whole-pixel shift":
        return Transform.translation((123, -457))
    if case != "field":
        return TURNED
    nodes = np.random.default_rng(0).normal(0, 10, (80, 80, 2))
    return FieldTransform(TURNED, nodes, (size / 78, size / 78))


if __name__ == "__main__":
    main()
