"""Write the small stacks of sample_data/ with their truth: make_sample_data.py [FOLDER].

They come out of patchprobe.synthetic and are equal on every machine; a test holds the committed files
to what this writes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from patchprobe import synthetic
from patchprobe.demo.strokes import draw_strokes
from patchprobe.io import Stack, save_labels, save_stack

FOLDER = Path(__file__).parents[1] / "sample_data"
SEED = 0
# Planes and side: small, because they travel with every checkout.
PLANES = {
    "em": (3, 96),
    "mri": (2, 64),
    "histology": (2, 64),
    "connectomics": (2, 64),
    "atlas": (2, 64),
    "calcium": (2, 64),
    "tracking": (4, 64),
}
SECTIONS = (5, 128)
# These have strokes on their first plane.
PAINTED = ("em", "sections")
STROKES_PER_CLASS = 4


def write_all(folder: Path) -> None:
    """Write every file but the README."""
    folder.mkdir(parents=True, exist_ok=True)
    for modality, (planes, side) in PLANES.items():
        stack = synthetic.stack(modality, planes, side, SEED)
        eight_bit = np.rint(stack.data * 255).astype(np.uint8)
        _write(folder, modality, replace(stack, data=eight_bit))
    sections = synthetic.serial_sections(*SECTIONS, SEED)
    _write(folder, "sections", sections.to_stack())
    (folder / "sections_truth.json").write_text(sections.truth_as_json(), encoding="utf-8")


def _write(folder: Path, name: str, stack: Stack) -> None:
    save_stack(folder / f"{name}.tif", stack)
    save_labels(folder / f"{name}_truth.tif", stack.labels, stack)
    if name in PAINTED:
        strokes = np.zeros_like(stack.labels)
        strokes[0] = draw_strokes(stack.label_plane(0), STROKES_PER_CLASS, SEED)
        save_labels(folder / f"{name}_strokes.tif", strokes, stack)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
