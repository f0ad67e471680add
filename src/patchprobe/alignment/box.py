"""Which part of the common frame is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .plane_map import FloatArray, PlaneMap

Output = Literal["same", "union", "intersection"]

# Positions this close to a whole pixel lie on it.
WHOLE = 1e-6
# The edge of a section is followed in steps of at most so many pixels, so that bent edges are seen.
_STEP = 8
# The intersection is looked for on a raster of so many cells along a side, then grown to the pixel.
_CELLS = 128


@dataclass(frozen=True)
class Box:
    """A rectangle of the common frame.

    Parameters
    ----------
    origin : tuple of int
        (y, x) of its first pixel in the common frame.
    shape : tuple of int
        (H, W) in pixels.
    """

    origin: tuple[int, int]
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise InputError(f"The output box has a height and width of at least 1 px; got {self.shape}.")


def common_box(transforms: Sequence[PlaneMap], plane_shape: tuple[int, int], output: Output | Box) -> Box:
    """Return the part of the common frame that is asked for.

    Parameters
    ----------
    transforms : sequence of PlaneMap
        From the common frame to each section.
    plane_shape : tuple of int
        (H, W) of the sections.
    output : {"same", "union", "intersection"} or Box
        The frame of the first section; the box around all sections; a large box that every section covers;
        or any other, given by hand.

    Raises
    ------
    InputError
        If `output` is none of these, or no pixel is covered by every section.
    """
    if isinstance(output, Box):
        return output
    if output not in get_args(Output):
        raise InputError(f"The output box is 'same', 'union', 'intersection' or a Box; got {output!r}.")
    if output == "same" or not transforms:
        return Box((0, 0), plane_shape)
    if output == "union":
        return _around(np.concatenate([_placed_edge(one, plane_shape) for one in transforms]))
    return _intersection(transforms, plane_shape)


def _around(positions: FloatArray) -> Box:
    low = np.floor(positions.min(axis=0) + WHOLE).astype(int)
    high = np.ceil(positions.max(axis=0) - WHOLE).astype(int)
    return Box((int(low[0]), int(low[1])), (int(high[0] - low[0] + 1), int(high[1] - low[1] + 1)))


def _placed_edge(transform: PlaneMap, plane_shape: tuple[int, int]) -> FloatArray:
    """Where the edge of a section lies in the common frame."""
    height, width = plane_shape
    return transform.inverse().points(_edge(0, 0, height - 1, width - 1))


def _edge(top: int, left: int, bottom: int, right: int) -> FloatArray:
    """Positions (n, 2) along the edge of a rectangle, its corners among them."""
    rows, cols = (
        np.linspace(start, stop, -(-(stop - start) // _STEP) + 1)
        for start, stop in ((top, bottom), (left, right))
    )
    sides = [
        np.stack(np.broadcast_arrays(y, x), axis=1)
        for y, x in ((top, cols), (bottom, cols), (rows, left), (rows, right))
    ]
    return np.concatenate(sides)


def _intersection(transforms: Sequence[PlaneMap], plane_shape: tuple[int, int]) -> Box:
    """Find a large rectangle that every section covers.

    On a raster of cells the largest is found exactly; its sides are then moved outwards as long as all
    sections reach. For shifts that is the exact intersection.
    """
    frames = [_around(_placed_edge(one, plane_shape)) for one in transforms]
    top, left = (max(frame.origin[axis] for frame in frames) for axis in (0, 1))
    bottom, right = (min(frame.origin[axis] + frame.shape[axis] - 1 for frame in frames) for axis in (0, 1))
    if top <= bottom and left <= right:
        # Where sections are only shifted, this is all.
        whole = [top, left, bottom, right]
        if _covered(_edge(*whole), transforms, plane_shape).all():
            return _box(whole)
        rows, cols = (
            np.unique(np.linspace(start, stop, _CELLS + 1).round().astype(int))
            for start, stop in ((top, bottom), (left, right))
        )
        y, x = np.meshgrid(rows, cols, indexing="ij")
        corners = np.stack([y.ravel(), x.ravel()], axis=1).astype(np.float64)
        found = _largest_rectangle(_covered(corners, transforms, plane_shape).reshape(y.shape))
        if found is not None:
            r0, c0, r1, c1 = found
            sides = [int(rows[r0]), int(cols[c0]), int(rows[r1]), int(cols[c1])]
            return _box(_fitted(sides, whole, transforms, plane_shape))
    raise InputError(
        "No part of the frame is covered by every section. Use the output box 'same' or 'union', "
        "or leave out the sections that lie far off."
    )


def _fitted(
    sides: list[int], limits: list[int], transforms: Sequence[PlaneMap], plane_shape: tuple[int, int]
) -> list[int]:
    """Move each side outwards to the last pixel at which every section still covers the box."""
    for side in range(4):
        step = int(np.sign(limits[side] - sides[side]))
        reach = 1 << abs(limits[side] - sides[side]).bit_length()
        while step and reach:
            wider = list(sides)
            wider[side] += step * min(reach, abs(limits[side] - sides[side]))
            if wider != sides and _covered(_edge(*wider), transforms, plane_shape).all():
                sides = wider
            else:
                reach //= 2
    return sides


def _covered(
    positions: FloatArray, transforms: Sequence[PlaneMap], plane_shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Whether every section reaches each position."""
    covered = np.ones(len(positions), dtype=bool)
    last = np.array(plane_shape) - 1
    for transform in transforms:
        there = transform.points(positions)
        covered &= ((there >= -WHOLE) & (there <= last + WHOLE)).all(axis=1)
    return covered


def _largest_rectangle(covered: npt.NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Return the first and last row and column (r0, c0, r1, c1) of the largest rectangle of True."""
    best, most = None, 0
    height = np.zeros(covered.shape[1], dtype=int)
    for row, line in enumerate(covered):
        height = np.where(line, height + 1, 0)
        for left in np.flatnonzero(height):
            lowest = np.minimum.accumulate(height[left:])
            areas = lowest * np.arange(1, len(lowest) + 1)
            width = int(areas.argmax())
            if areas[width] > most:
                most = int(areas[width])
                best = (row - int(lowest[width]) + 1, int(left), row, int(left) + width)
    return best


def _box(sides: list[int]) -> Box:
    top, left, bottom, right = sides
    return Box((top, left), (bottom - top + 1, right - left + 1))
