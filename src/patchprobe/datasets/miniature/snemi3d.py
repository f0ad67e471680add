"""A small SNEMI3D, laid out as its archive is: images and truth in two folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from .content import neuropil

_PLANES = 8


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``image/train-input.tif``, ``image/test-input.tif`` and ``seg/train-labels.tif``."""
    for place in ("image", "seg"):
        (folder / place).mkdir(exist_ok=True)
    raw, cells = neuropil(_PLANES, size, seed)
    unseen, _ = neuropil(_PLANES, size, seed + 1)
    for path, values in (
        ("image/train-input.tif", raw),
        ("image/test-input.tif", unseen),
        ("seg/train-labels.tif", cells.astype(np.uint16)),
    ):
        tifffile.imwrite(folder / path, values, photometric="minisblack")
