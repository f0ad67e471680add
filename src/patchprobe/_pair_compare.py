"""How similar two sections are, patch by patch and shift by shift, as a generator of values.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

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

# More patches along a side make a picture that no window shows.
_CELLS = 24
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
        Cosine similarity of patches, row by row.
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
    correlation = patch_correlation(*(_centred(comparison_grid(grid, _CELLS)) for grid in grids))
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


def _centred(grid: PatchGrid) -> PatchGrid:
    """Take out what all patches share, which would make all of them look alike."""
    features = np.asarray(grid.array, dtype=np.float32)
    spread = features.std(axis=(0, 1))
    return replace(grid, features=(features - features.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1))
