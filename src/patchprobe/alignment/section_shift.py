"""One section against another: coarse shift by two witnesses, then refined to a fraction of a pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..grid import PatchGrid
from .cells import informative_cells
from .intensity import Section
from .score import ShiftScores, shift_scores
from .translation import DISTINCT, Status, Translation, score_grids

# The coarse search sees at most this many cells along the longer side.
_COARSE_CELLS = 160
# The refinement looks at a window of at most this many cells along a side, and this many cells around.
_WINDOW = 512
_REACH = 3
_WORTH_REFINING = 0.35
# Without agreement between the witnesses, a peak that stands less than this above its rivals is chance.
_CHANCE = 1.25
_MIN_OVERLAP = 0.1


@dataclass(frozen=True)
class _Witness:
    """The scores of one kind of feature, and how to read them in pixels."""

    scores: ShiftScores
    cell: float
    name: str

    @cached_property
    def shift(self) -> tuple[float, float]:
        dy, dx = self.scores.refined(self.scores.peak())
        return dy * self.cell, dx * self.cell

    @cached_property
    def distinctness(self) -> float:
        return self.scores.distinctness(self.scores.peak())

    def height(self, shift: tuple[float, float]) -> float:
        return self.scores.height((shift[0] / self.cell, shift[1] / self.cell))

    def score(self, shift: tuple[float, float]) -> float:
        return self.scores.at((round(shift[0] / self.cell), round(shift[1] / self.cell)))


def estimate_shift(
    fixed: Section,
    moving: Section,
    grids: tuple[PatchGrid, PatchGrid] | None = None,
    max_shift: float | None = None,
) -> Translation:
    """Find the shift from one section to another of the same stack.

    Band-passed intensity and, if given, features each score every shift. Where they disagree, the shift
    wins that both together find the likelier, and the result is called doubtful. Then the shift is refined
    on intensity from coarse to fine.

    Parameters
    ----------
    fixed, moving : Section
    grids : two PatchGrids, optional
        Features of the two, comparable (`comparison_grid`), with strides in pixels of the sections.
    max_shift : float, optional
        Largest shift along y or x, in pixels.

    Returns
    -------
    Translation
        `shift_patches` is in pixels too. Failed, with shift (0, 0), if a section is blank or no shift
        stands out.
    """
    if fixed.is_blank or moving.is_blank:
        return _failed("The section is blank: constant, or without a finite pixel.")
    cell = max(1, math.ceil(max(fixed.mask.shape) / _COARSE_CELLS))
    witnesses = [_intensity_witness(fixed, moving, cell, max_shift)]
    if grids is not None:
        witnesses += _feature_witness(fixed, moving, grids, max_shift)
    shift = max((w.shift for w in witnesses), key=lambda s: sum(w.height(s) for w in witnesses))
    status, reason = _verdict(witnesses)
    score = witnesses[0].score(shift)
    distinctness = max(w.distinctness for w in witnesses)
    if status == "failed":
        return _failed(reason, score, distinctness)
    if _agree(witnesses):
        shift = witnesses[0].shift
    shift = refine_shift(fixed, moving, shift, cell)
    return Translation(shift, shift, score, distinctness, "sections", status, reason)


def refine_shift(
    fixed: Section, moving: Section, shift: tuple[float, float], cell: int
) -> tuple[float, float]:
    """Refine a shift that is right to about a cell of `cell` pixels, to a fraction of a pixel.

    At each of the halved cells the shifts within three cells are scored again on band-passed intensity. It
    ends where the structure of that size no longer agrees: the best shift lies at the rim, or correlates so
    little that finer detail would only add its noise.
    """
    correlation = 1.0
    while cell > 1 and correlation >= _WORTH_REFINING:
        cell = max(1, cell // 2)
        windows = _windows(fixed, moving, shift, cell)
        if windows is None:
            return shift
        a, b, offset = windows
        scores = shift_scores(a.bands(), b.bands(), a.mask, b.mask, (_REACH, _REACH), 0.5)
        peak = scores.peak()
        if max(abs(peak[0]), abs(peak[1])) >= _REACH:
            return shift
        correlation = scores.at(peak)
        dy, dx = scores.refined(peak)
        shift = (offset[0] + dy * cell, offset[1] + dx * cell)
    return shift


def _windows(
    fixed: Section, moving: Section, shift: tuple[float, float], cell: int
) -> tuple[Section, Section, tuple[int, int]] | None:
    """Cut what the two share at a shift, at most `_WINDOW` cells from its middle, and reduce it."""
    offset = (round(shift[0]), round(shift[1]))
    rows_cols = []
    for move, n_fixed, n_moving in zip(offset, fixed.mask.shape, moving.mask.shape, strict=True):
        start, stop = max(0, -move), min(n_fixed, n_moving - move)
        spare = max(0, (stop - start - _WINDOW * cell) // 2)
        rows_cols.append((start + spare, stop - spare, move))
    if any(stop - start < 8 * cell for start, stop, _ in rows_cols):
        return None
    a = fixed.crop(*(slice(start, stop) for start, stop, _ in rows_cols)).reduced(cell)
    b = moving.crop(*(slice(start + move, stop + move) for start, stop, move in rows_cols)).reduced(cell)
    return None if a.is_blank or b.is_blank else (a, b, offset)


def _intensity_witness(fixed: Section, moving: Section, cell: int, max_shift: float | None) -> _Witness:
    a, b = fixed.reduced(cell), moving.reduced(cell)
    reach = None if max_shift is None else (math.ceil(max_shift / cell),) * 2
    scores = shift_scores(a.bands(), b.bands(), a.mask, b.mask, reach, _MIN_OVERLAP)
    return _Witness(scores, cell, "intensity")


def _feature_witness(
    fixed: Section, moving: Section, grids: tuple[PatchGrid, PatchGrid], max_shift: float | None
) -> list[_Witness]:
    masks = [informative_cells(g, s.mask) for g, s in zip(grids, (fixed, moving), strict=True)]
    if not all(mask.any() for mask in masks):
        return []
    return [_Witness(score_grids(grids, masks, max_shift, _MIN_OVERLAP), grids[0].stride, "features")]


def _agree(witnesses: list[_Witness]) -> bool:
    """Whether all peaks lie within two of the largest cells of each other."""
    shifts = np.array([w.shift for w in witnesses])
    return bool(np.ptp(shifts, axis=0).max() <= 2 * max(w.cell for w in witnesses))


def _verdict(witnesses: list[_Witness]) -> tuple[Status, str]:
    best = max(w.distinctness for w in witnesses)
    agreed = _agree(witnesses)
    if agreed and best >= DISTINCT:
        return "ok", ""
    if best < _CHANCE and not (agreed and len(witnesses) > 1):
        return "failed", "No shift stands out: the sections do not resemble each other."
    if agreed:
        return "doubtful", "Another shift explains the sections nearly as well."
    return "doubtful", "Intensity and features find different shifts."


def _failed(reason: str, score: float = 0.0, distinctness: float = 0.0) -> Translation:
    zero = (0.0, 0.0)
    return Translation(zero, zero, score, distinctness, "sections", "failed", reason)
