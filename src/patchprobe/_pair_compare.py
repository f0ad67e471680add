"""How similar two sections are, patch by patch and shift by shift, as a generator of values.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ._section_pair import SectionPair
from .alignment import Transform, comparison_grid, patch_correlation
from .alignment.box import Box
from .alignment.cells import informative_cells
from .alignment.information import informative_pixels
from .alignment.score import ShiftScores
from .alignment.translation import score_grids
from .alignment.warp import Pull, warp_plane
from .backbones import get_backbone
from .grid import PatchGrid
from .normalisation import Normalisation

# Patches along the longer side: their matrix has the square of it, which a small picture still shows.
_PATCHES = 8
_SCORED_CELLS = 96
_EMBEDDED_SIDE = 1024
_MIN_OVERLAP = 0.1


@dataclass(frozen=True, eq=False)
class CompareRequest:
    """Two sections to be compared.

    Parameters
    ----------
    pair : SectionPair
        The moving section is turned (and stretched) by its transform first, so that only a shift is left.
    backbone : str
    normalisation : Normalisation, optional
        Of the stack; estimated if not given.
    """

    pair: SectionPair
    backbone: str
    normalisation: Normalisation | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """How similar the patches of two sections are, and the sections at every shift.

    Parameters
    ----------
    request : CompareRequest
        With the normalisation that was used.
    correlation : ndarray of float32, shape (n_fixed, n_moving)
        Cosine similarity of patches, row by row, the moving section laid where it was found: patches of one
        place are on the diagonal. NaN where it shows nothing.
    scores : ShiftScores
        Similarity at each shift of the moving section, turned as it was found.
    stride : float
        Pixels from one shift of `scores` to the next.
    found : tuple of float
        (dy, dx) in pixels of the shift that was found, as `scores` counts.
    """

    request: CompareRequest
    correlation: npt.NDArray[np.float32]
    scores: ShiftScores
    stride: float
    found: tuple[float, float]

    @property
    def at_place(self) -> tuple[float, float]:
        """Mean similarity of patches of the same place, and of all others; NaN where there are none."""
        known = np.isfinite(self.correlation).all(axis=0)
        seen = self.correlation[np.ix_(known, known)].astype(np.float64)
        same = np.trace(seen)
        count = len(seen)
        if count < 2:
            return float("nan"), float("nan")
        return float(same / count), float((seen.sum() - same) / (count * (count - 1)))


def compare(request: CompareRequest) -> Generator[None, None, Comparison | None]:
    """Compare two sections patch by patch and shift by shift.

    Returns
    -------
    Comparison or None
        None if one of them is blank.
    """
    pair = request.pair
    normalisation = request.normalisation or pair.stack.normalisation()
    yield
    turn, found = turn_and_shift(pair.transform, pair.stack.plane_shape)
    fixed, moving = pair.stack.plane(pair.fixed), pair.stack.plane(pair.moving)
    if not turn.is_translation:
        moving = warp_plane(moving, turn, Pull(Box((0, 0), pair.stack.plane_shape)))
    yield
    grids, masks = [], []
    for whole in (fixed, moving):
        plane, factor = _reduced(whole)
        pixels = informative_pixels(plane)
        if not pixels.any():
            return None
        grid = comparison_grid(get_backbone(request.backbone).embed(plane, normalisation), _SCORED_CELLS)
        grids.append(replace(grid, stride=grid.stride * factor))
        masks.append(informative_cells(grid, pixels))
        yield
    if not all(mask.any() for mask in masks):
        return None
    scores = score_grids(grids, masks, None, _MIN_OVERLAP)
    yield
    correlation = _correlated(grids, found)
    used = replace(request, normalisation=normalisation)
    return Comparison(used, correlation, scores, grids[0].stride, found)


def turn_and_shift(transform: Transform, shape: tuple[int, int]) -> tuple[Transform, tuple[float, float]]:
    """Split a transform into a turn about the middle of a plane and the shift before it.

    Parameters
    ----------
    transform : Transform
        From the fixed to the moving section.
    shape : tuple of int
        (H, W) of both.

    Returns
    -------
    turn : Transform
        Without it only a shift is left; it may scale and shear, too.
    shift : tuple of float
        (dy, dx) in pixels. The shift, then the turn, are the transform.
    """
    middle = (np.asarray(shape) - 1) / 2
    matrix = np.array(transform.matrix)
    matrix[:2, 2] = middle - matrix[:2, :2] @ middle
    turn = Transform(matrix)
    down, across = transform.followed_by(turn.inverse()).shift
    return turn, (down, across)


def _reduced(plane: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int]:
    """Thin out a large plane; return it and the pixels from one to the next."""
    factor = max(1, math.ceil(max(plane.shape[:2]) / _EMBEDDED_SIDE))
    return plane[::factor, ::factor], factor


def _correlated(grids: Sequence[PatchGrid], shift: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Correlate the patches of two grids, the second one shifted back by so many pixels."""
    cells = [-part / grids[1].stride for part in shift]
    moved = ndimage.shift(grids[1].array.astype(np.float32), (*cells, 0), order=1, cval=np.nan)
    fixed, moving = (_patches(array) for array in (grids[0].array, moved))
    matrix = patch_correlation(fixed, moving)
    matrix[:, ~np.isfinite(moving).all(axis=2).ravel()] = np.nan
    return matrix


def _patches(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Average features (rows, cols, channels) in squares, and take out what all of these share.

    That would make all of them look alike.
    """
    rows, cols = features.shape[:2]
    side = math.ceil(max(rows, cols) / _PATCHES)
    down, across = min(side, rows), min(side, cols)
    whole = features[: rows // down * down, : cols // across * across].astype(np.float32)
    squares = whole.reshape(rows // down, down, cols // across, across, -1).mean(axis=(1, 3))
    known = squares[np.isfinite(squares).all(axis=2)]
    if not len(known):
        return np.asarray(squares)
    spread = known.std(axis=0)
    return np.asarray((squares - known.mean(axis=0)) / np.where(spread > 0, spread, 1))
