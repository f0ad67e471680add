"""The shift between two embedded sections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import InputError
from ..grid import PatchGrid
from .cells import Features, Mask, comparable_grids, equalised, informative_cells
from .correlation import median_offset, patch_correlation, strongest_offset
from .score import ShiftScores, shift_scores

Method = Literal["whole-shift", "median", "max-correlation"]
Status = Literal["ok", "doubtful", "failed"]

METHODS: tuple[str, ...] = get_args(Method)

# Measured on EM sections turned by 180°, which share nothing: their best shift stands 1.1 times as high as
# its rival in the middle, 1.47 times at most. True neighbours stand 2 to 6 times as high.
DISTINCT = 1.5
# How many cells along the longer side a dense grid is averaged to, for each method.
_CELLS = {"whole-shift": 128, "median": 64, "max-correlation": 64}


@dataclass(frozen=True)
class Translation:
    """A shift from a fixed to a moving section.

    Parameters
    ----------
    shift : tuple of float
        (dy, dx) in pixels: what lies at `p` in the fixed section lies at ``p + shift`` in the moving one.
    shift_patches : tuple of float
        The same, in patches (cells of the grid that was compared).
    score : float
        Similarity of the two sections at that shift, −1 to 1: their correlation over the overlap.
    distinctness : float
        How many times higher than at the best other place the evidence stands there; 1 is a tie.
    method : str
        How it was found.
    status : {"ok", "doubtful", "failed"}
    reason : str
        Why it is not ok, in a sentence; empty if it is.
    """

    shift: tuple[float, float]
    shift_patches: tuple[float, float]
    score: float
    distinctness: float
    method: str
    status: Status = "ok"
    reason: str = ""


def estimate_translation(
    a: Features,
    b: Features,
    method: Method = "whole-shift",
    *,
    max_shift: float | None = None,
    min_overlap: float = 0.1,
    masks: Sequence[Mask] | None = None,
) -> Translation:
    """Find the shift that takes section `a` (fixed) to section `b` (moving).

    Parameters
    ----------
    a, b : Embedding, PatchGrid or array_like
        An array is (rows, cols, channels), or (n_patches, channels) of a square grid; its patches are
        taken as 1 px apart, so that pixels and patches are the same.
    method : {"whole-shift", "median", "max-correlation"}
        ``"whole-shift"`` takes the shift at which the two agree best over their whole overlap, of all
        shifts, to a fraction of a patch. ``"median"`` takes the median offset of the best match of each
        patch (report A, §3.1). ``"max-correlation"`` takes the offset of the most similar pair of
        patches (report B, §3.1). The last two fail on most displaced pairs of real sections.
    max_shift : float, optional
        Largest shift along y or x to look at, in pixels; for ``"whole-shift"``.
    min_overlap : float
        Smallest overlap to look at, as a share of the largest, 0 to 1; for ``"whole-shift"``.
    masks : two ndarrays of bool, shape (H, W), optional
        Informative pixels of the two sections. Without them, patches whose features are zero, not
        finite, or equal to those all around are left out, since constant patches tell nothing.

    Returns
    -------
    Translation
        `status` is ``"doubtful"`` where another shift explains the sections nearly as well, and
        ``"failed"``, with shift (0, 0), where one of them is blank.

    Raises
    ------
    InputError
        If the method is unknown or the two do not have the same channels and stride.
    """
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}. Use one of {', '.join(METHODS)}.")
    grids = comparable_grids(a, b, _CELLS[method])
    pixels = (None, None) if masks is None else tuple(masks)
    seen = [informative_cells(grid, mask) for grid, mask in zip(grids, pixels, strict=True)]
    if any(_is_blank(grid, mask) for grid, mask in zip(grids, seen, strict=True)):
        zero = (0.0, 0.0)
        return Translation(zero, zero, 0.0, 0.0, method, "failed", "One of the sections is blank.")
    scores = score_grids(grids, seen, max_shift, min_overlap)
    if method == "whole-shift":
        return _translation(grids, scores.refined(scores.peak()), scores, method)
    find = median_offset if method == "median" else strongest_offset
    return _translation(grids, find(patch_correlation(*grids), *seen), scores, method)


def score_grids(
    grids: Sequence[PatchGrid], masks: Sequence[Mask], max_shift: float | None, min_overlap: float
) -> ShiftScores:
    """Score all shifts, (dy, dx) in cells, of two comparable grids; `max_shift` in pixels."""
    reach = None
    if max_shift is not None:
        reach = (math.ceil(max_shift / grids[0].stride),) * 2
    fixed, moving = equalised(grids[0].array, grids[1].array, masks)
    return shift_scores(fixed, moving, masks[0], masks[1], reach, min_overlap)


def _translation(
    grids: Sequence[PatchGrid], cells: tuple[float, float], scores: ShiftScores, method: str
) -> Translation:
    """Turn a shift in cells into the answer, with pixels and a verdict."""
    stride = grids[0].stride
    dy, dx = (cells[axis] * stride + grids[1].origin[axis] - grids[0].origin[axis] for axis in (0, 1))
    nearest = (round(cells[0]), round(cells[1]))
    distinctness = scores.distinctness(nearest)
    clear = distinctness >= DISTINCT
    reason = "" if clear else "Another shift explains the sections nearly as well."
    status: Status = "ok" if clear else "doubtful"
    return Translation((dy, dx), cells, scores.at(nearest), distinctness, method, status, reason)


def _is_blank(grid: PatchGrid, mask: Mask) -> bool:
    """Whether all cells that count are the same."""
    cells = grid.array[mask]
    return len(cells) == 0 or bool((cells == cells[0]).all())
