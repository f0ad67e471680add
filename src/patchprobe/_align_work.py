"""The work of the Align widget, as generators of values, and its findings in words.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import Alignment, StackAlignment, align_sections, comparison_grid, patch_correlation
from .alignment.cells import informative_cells
from .alignment.information import informative_pixels
from .alignment.score import ShiftScores
from .alignment.sequence import Reference
from .alignment.translation import Method, score_grids
from .alignment.warp import Interpolation
from .backbones import get_backbone
from .grid import PatchGrid
from .io import Stack
from .normalisation import Normalisation

# A moved stack up to this size is kept in memory, so that sliding through it is quick.
_IN_MEMORY = 1 << 30
# More patches along a side make a picture that no window shows.
_CELLS = 24
_SCORED_CELLS = 96
_EMBEDDED_SIDE = 1024


@dataclass(frozen=True)
class AlignRequest:
    """What is to be aligned, and how; the fields are those of `align_stack`."""

    stack: Stack
    backbone: str | None
    method: Method
    reference: Reference
    max_shift: float | None


@dataclass(frozen=True)
class SectionDone:
    """One more section lies in the common frame."""

    number: int
    alignment: Alignment


@dataclass(frozen=True)
class PlaneMoved:
    """So many planes were resampled."""

    done: int


@dataclass(frozen=True, eq=False)
class Aligned:
    """The alignment and the pixels that were moved, in the shape of the stack's data."""

    alignment: StackAlignment
    data: Any


def align(request: AlignRequest) -> Generator[SectionDone | PlaneMoved, None, Aligned]:
    """Align a stack and move its planes.

    Raises
    ------
    InputError
        If the stack cannot be read, or the method does not suit it.
    """
    stack = request.stack
    sections = []
    steps = align_sections(
        stack, request.backbone, request.reference, request.method, max_shift=request.max_shift
    )
    for number, section in steps:
        sections.append(section)
        yield SectionDone(number, section)
    alignment = StackAlignment(
        tuple(sections), stack.plane_shape, request.backbone or "", request.method, request.reference
    )
    data = yield from move(alignment, stack)
    return Aligned(alignment, data)


def move(
    alignment: StackAlignment, stack: Stack, interpolation: Interpolation = "linear"
) -> Generator[PlaneMoved, None, Any]:
    """Bring the planes of a stack into the common frame.

    Returns
    -------
    array
        In the shape and dtype of the stack's data: NumPy, or dask where that would take more than 1 GiB.
    """
    moved = alignment.apply(stack, interpolation=interpolation)
    if math.prod(stack.shape) * np.dtype(stack.data.dtype).itemsize > _IN_MEMORY:
        return moved.data
    out = np.empty(stack.shape, stack.data.dtype)
    for plane in range(stack.n_planes):
        out[moved.plane_index(plane)] = moved.plane(plane)
        yield PlaneMoved(plane + 1)
    return out


def move_again(alignment: StackAlignment, stack: Stack) -> Generator[SectionDone | PlaneMoved, None, Aligned]:
    """Move a stack as an alignment says that was made before; it reports as `align` does."""
    for number, section in enumerate(alignment.sections):
        yield SectionDone(number, section)
    data = yield from move(alignment, stack)
    return Aligned(alignment, data)


@dataclass(frozen=True)
class PairRequest:
    """Two planes to look at.

    Parameters
    ----------
    stack : Stack
    fixed, moving : int
        Numbers of the planes.
    backbone : str
    normalisation : Normalisation, optional
        Of the stack; estimated if not given.
    """

    stack: Stack
    fixed: int
    moving: int
    backbone: str
    normalisation: Normalisation | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """How similar the patches of two planes are, and the planes at every shift.

    Parameters
    ----------
    request : PairRequest
        With the normalisation that was used.
    correlation : ndarray of float32, shape (n_fixed, n_moving)
        Cosine similarity of patches, row by row.
    scores : ShiftScores
        Similarity at each shift.
    stride : float
        Pixels from one shift of `scores` to the next.
    """

    request: PairRequest
    correlation: npt.NDArray[np.float32]
    scores: ShiftScores
    stride: float


def compare(request: PairRequest) -> Generator[None, None, Pair | None]:
    """Compare two planes patch by patch and shift by shift.

    Returns
    -------
    Pair or None
        None if one of them is blank.
    """
    normalisation = request.normalisation or request.stack.normalisation()
    yield
    grids, masks = [], []
    for number in (request.fixed, request.moving):
        plane, factor = _reduced(request.stack.plane(number))
        pixels = informative_pixels(plane)
        if not pixels.any():
            return None
        grid = comparison_grid(get_backbone(request.backbone).embed(plane, normalisation), _SCORED_CELLS)
        grids.append(replace(grid, stride=grid.stride * factor))
        masks.append(informative_cells(grid, pixels))
        yield
    if not all(mask.any() for mask in masks):
        return None
    scores = score_grids(grids, masks, None, 0.1)
    yield
    correlation = patch_correlation(*(_centred(comparison_grid(grid, _CELLS)) for grid in grids))
    return Pair(replace(request, normalisation=normalisation), correlation, scores, grids[0].stride)


def _reduced(plane: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int]:
    """Thin out a large plane; return it and the pixels from one to the next."""
    factor = max(1, math.ceil(max(plane.shape[:2]) / _EMBEDDED_SIDE))
    return plane[::factor, ::factor], factor


def _centred(grid: PatchGrid) -> PatchGrid:
    """Take out what all patches share, which would make all of them look alike."""
    features = np.asarray(grid.array, dtype=np.float32)
    spread = features.std(axis=(0, 1))
    return replace(grid, features=(features - features.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1))


def summary(sections: list[Alignment]) -> str:
    """Sum up in a line: ``"9 of 10 sections ok, 1 blank bridged; largest shift 23 px"``."""
    ok = sum(section.status == "ok" for section in sections)
    doubtful = sum(section.status == "doubtful" for section in sections)
    blank = sum(is_blank(section) for section in sections)
    lost = sum(section.status == "failed" for section in sections) - blank
    parts = [f"{ok} of {len(sections)} sections ok"]
    if doubtful:
        parts.append(f"{doubtful} doubtful")
    if blank:
        parts.append(f"{blank} blank bridged")
    if lost:
        parts.append(f"{lost} not placed")
    largest = max(math.hypot(*section.shift) for section in sections)
    return f"{', '.join(parts)}; largest shift {largest:.0f} px"


def is_blank(section: Alignment) -> bool:
    """Whether a section failed because there is nothing on it: it was compared with no other."""
    return section.status == "failed" and section.reference is None
