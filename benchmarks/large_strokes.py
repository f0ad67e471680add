"""What a brush stroke costs on strokes over a stack that is larger than the memory.

    python benchmarks/large_strokes.py [--shape 200 8192 8192] [--json FILE]

Needs a display. A dab is one step of the brush: napari's painting, the look at what changed, and the order to
save it. The image itself has no pixels, so that only strokes take memory.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

DABS, STROKES, BRUSH = 20, 30, 40


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", type=int, nargs=3, default=(200, 8192, 8192))
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PATCHPROBE_STROKES"] = folder
        result = measure(tuple(arguments.shape), Path(folder))
    for name, value in result.items():
        print(f"{name:38} {value}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2))


def measure(shape: tuple[int, int, int], folder: Path) -> dict[str, object]:
    """Paint strokes on planes all over a stack."""
    from napari.viewer import Viewer
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QApplication

    from patchprobe._state import ProbeState
    from patchprobe._widgets._autosave import Autosave
    from patchprobe._widgets._layers import add_strokes, layer_stack, show_plane
    from patchprobe._widgets._stroke_book import StrokeBook

    rng = np.random.default_rng(0)
    viewer, parent = Viewer(show=False), QObject()
    image = viewer.add_image(np.broadcast_to(np.uint8(0), shape), contrast_limits=(0, 255))
    strokes = add_strokes(viewer, image, {1: "#56b4e9", 2: "#e69f00"})
    strokes.brush_size = BRUSH
    book = StrokeBook(viewer)
    book.attach(strokes)
    autosave = Autosave(ProbeState(), book, parent)
    autosave.follow(layer_stack(image), strokes, is_new=True)
    before, dabs, planes = resident(), [], []
    for number in range(STROKES):
        plane = int(rng.integers(shape[0]))
        began = time.perf_counter()
        show_plane(viewer, image, plane)
        planes.append(time.perf_counter() - began)
        row, column = (int(rng.integers(side - DABS * 10)) for side in shape[1:])
        with strokes.block_history():
            for dab in range(DABS):
                began = time.perf_counter()
                strokes.paint((plane, row, column + 10 * dab), 1 + number % 2)
                dabs.append(time.perf_counter() - began)
        QApplication.processEvents()
    began = time.perf_counter()
    while autosave.is_busy:
        QApplication.processEvents()
    return {
        "shape": list(shape),
        "a dab of the brush, median ms": round(1000 * median(dabs), 1),
        "a dab of the brush, 95th percentile ms": round(1000 * float(np.percentile(dabs, 95)), 1),
        "going to another plane, median ms": round(1000 * median(planes), 1),
        "seconds until the last stroke is saved": round(time.perf_counter() - began, 2),
        "MB of strokes in memory": round(strokes.data.held_bytes / 1e6, 1),
        "MB more resident": round(resident() - before),
        "MB on the disk": round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 2),
    }


def resident() -> float:
    """Memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
