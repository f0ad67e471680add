"""How alike neighbouring sections look, as they are and as they are placed: whether aligning helped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..io import Stack
from .edges import plane_axes_shape, predecessor
from .graph import Frame
from .intensity import Section
from .last_few import LastFew
from .level import Level, correlate, seen_through
from .plane_map import FloatArray, PlaneMap
from .result import StackAlignment
from .transform import Transform

# Sections are compared at about so many cells along their longer side: what eyes see of a whole section.
_CELLS = 256


@dataclass(frozen=True)
class Likeness:
    """How alike a section and the one before it look.

    Parameters
    ----------
    section : int
    before, after : float
        Normalised correlation of the two, band-passed, over what both show: as they are, and as they are
        placed; −1 to 1.
    """

    section: int
    before: float
    after: float


def neighbour_likeness(stack: Stack, alignment: StackAlignment) -> Iterator[Likeness]:
    """Compare each section with the one before it, as they are and as they are placed.

    It looks at pixels only and knows nothing of how the alignment was found, so that it can tell whether
    the sections lie better than before.

    Yields
    ------
    Likeness
        For each section that has one before it, in order.

    Raises
    ------
    InputError
        If the stack is not of the alignment's shape.
    """
    alignment.check_fits(stack)
    cell = max(1, math.ceil(max(stack.plane_shape) / _CELLS))
    levels = LastFew(lambda number: _level(stack, number, cell), 2)
    for number in range(stack.n_planes):
        before = predecessor(number, plane_axes_shape(stack))
        if before is None:
            continue
        placed = between_sections(alignment, before, number).scaled(1 / cell)
        yield Likeness(
            number,
            _alike(levels[before], levels[number], Transform.identity()),
            _alike(levels[before], levels[number], placed),
        )


def between_sections(alignment: StackAlignment, fixed: int, moving: int) -> PlaneMap:
    """Return the map from one section to another, as the two are placed."""
    return alignment[fixed].transform.inverse().compose(alignment[moving].transform)


def displacements(alignment: StackAlignment) -> FloatArray:
    """Return how far each section was displaced before it was aligned.

    Returns
    -------
    ndarray of float64, shape (n,)
        Root mean square distance, over four points of the plane, from where content lies in the section to
        where it lies in the common frame, in pixels.
    """
    points = Frame.of_plane(alignment.plane_shape).points
    moved = np.array([transform.points(points) - points for transform in alignment.transforms])
    return np.asarray(np.sqrt((moved**2).sum(axis=2).mean(axis=1)))


def _level(stack: Stack, number: int, cell: int) -> Level:
    return Level.of_section(Section.of_plane(stack.plane(number), stack.rgb), cell)


def _alike(fixed: Level, moving: Level, plane_map: PlaneMap) -> float:
    shape = (fixed.mask.shape[0], fixed.mask.shape[1])
    seen, counts = seen_through(moving, plane_map, shape)
    return correlate(fixed.image, seen, fixed.mask & counts)
