"""Pictures of one pair, to be looked at: for `alignment.py`.

Checkerboards of the two sections before and after, and the map of the scores of all shifts.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
from pairs_data import SIDE, Plane, Source, cut, degraded, displaced, injected, sources

from patchprobe import align_pair
from patchprobe.alignment.ladder import cell_sizes
from patchprobe.alignment.pair_picture import checkerboard, placed, seen_planes
from patchprobe.alignment.prepared_section import prepare, section_of
from patchprobe.alignment.score import shift_scores

_SQUARE = 48
_ENLARGED = 3


def draw(data: Path, folder: Path) -> list[Path]:
    """Write the pictures of two pairs, clean and degraded; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = sources(data)
    return [path for number in (3, len(pairs) - 4) for path in _of_pair(pairs[number], number, folder)]


def _of_pair(source: Source, number: int, folder: Path) -> list[Path]:
    rng = np.random.default_rng(number)
    fixed = cut(source.fixed)
    moving = degraded(displaced(source.moving, injected("rigid", rng)), rng)
    one, other = seen_planes(fixed, moving, SIDE * SIDE)
    found = align_pair(fixed, moving, "rigid").transform
    pictures = {
        "before": checkerboard(one, other, _SQUARE),
        "after": checkerboard(one, placed(other, found, fixed.shape), _SQUARE),
        "scores": _score_map(fixed, moving),
    }
    paths = []
    for name, picture in pictures.items():
        paths.append(folder / f"{source.name}_{name}.png")
        iio.imwrite(paths[-1], picture)
    return paths


def _score_map(fixed: Plane, moving: Plane) -> npt.NDArray[np.uint8]:
    """Evidence at every shift without a turn; bright is high, the middle is no shift."""
    cells = cell_sizes((SIDE, SIDE))
    a, b = (prepare(section_of(plane, None, "section's"), cells) for plane in (fixed, moving))
    evidence = shift_scores(a.bands, b.bands, a.band_mask, b.band_mask, min_overlap=0.2).evidence
    low, high = np.percentile(evidence[evidence > -1], (1, 100))
    grey = np.clip((evidence - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return cv2.resize(grey, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_NEAREST)
