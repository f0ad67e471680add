"""What a pair of sections is searched by: filtered intensity, and features of a backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone
from ..io import Stack
from .cells import comparison_grid, equalised, informative_cells
from .information import Mask
from .intensity import Section
from .sweep import Witness

# Cells along the longer side that the search sees. Its finest band is of about three cells, which a turn by
# half the step between two angles must not displace by more.
COARSE_CELLS = 128
_FEATURE_CELLS = 64


def coarse_cell(fixed: Section, moving: Section) -> int:
    """Return the side of the cells, in pixels, that the search sees."""
    longest: int = max(fixed.mask.shape + moving.mask.shape)
    return max(1, -(-longest // COARSE_CELLS))


def intensity_witness(fixed: Section, moving: Section) -> Witness:
    """Three bands of intensity on coarse cells."""
    cell = coarse_cell(fixed, moving)
    a, b = fixed.reduced(cell), moving.reduced(cell)
    middle = (cell - 1) / 2
    return Witness("intensity", a.bands(), b.bands(), a.mask, b.mask, cell, (middle, middle))


def feature_witness(
    planes: tuple[npt.NDArray[Any], npt.NDArray[Any]], masks: tuple[Mask, Mask], backbone: Backbone
) -> list[Witness]:
    """Features of both planes, embedded alike; empty where a mask leaves no cell of them."""
    shape = tuple(max(sizes) for sizes in zip(*(plane.shape[:2] for plane in planes), strict=True))
    # Of one size, so that what tells the place in the image is the same in both.
    stack = Stack(np.stack([_enlarged(plane, shape) for plane in planes]), _axes(planes[0]))
    prepared, normalisation = backbone.for_stack(stack), stack.normalisation()
    grids = [
        comparison_grid(prepared.embed(stack.plane(number), normalisation), _FEATURE_CELLS)
        for number in (0, 1)
    ]
    cells = [
        informative_cells(grid, np.pad(mask, [(0, n - m) for n, m in zip(shape, mask.shape, strict=True)]))
        for grid, mask in zip(grids, masks, strict=True)
    ]
    if not all(mask.any() for mask in cells):
        return []
    a, b = equalised(grids[0].array, grids[1].array, cells)
    return [Witness("features", a, b, cells[0], cells[1], grids[0].stride, grids[0].origin)]


def _enlarged(plane: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Continue a plane downwards and to the right by its last pixels."""
    room = [(0, n - m) for n, m in zip(shape, plane.shape[:2], strict=True)]
    return np.pad(plane, room + [(0, 0)] * (plane.ndim - 2), mode="edge")


def _axes(plane: npt.NDArray[Any]) -> str:
    return "zyx" if plane.ndim == 2 else "zyxc"
