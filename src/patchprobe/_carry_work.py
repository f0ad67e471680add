"""Layers carried along an alignment, as values and generators; nothing here knows a window or a layer."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import StackAlignment
from .alignment.box import Output
from .alignment.plane_map import FloatArray
from .alignment.warp import Interpolation
from .io import Stack
from .io.save import save_stack

# Moved pixels up to this size are kept in memory, so that sliding through them is quick.
_IN_MEMORY = 1 << 30


@dataclass(frozen=True)
class Framing:
    """What is shown of the common frame.

    Parameters
    ----------
    output : {"same", "union", "intersection"}
        As in `StackAlignment.apply`.
    fill : float
        Value of pixels where a section does not reach.
    """

    output: Output = "same"
    fill: float = 0.0


@dataclass(frozen=True, eq=False)
class Pixels:
    """An image or labels to be carried."""

    stack: Stack
    interpolation: Interpolation


@dataclass(frozen=True, eq=False)
class Positions:
    """Points, or the vertices of shapes, to be carried.

    Parameters
    ----------
    groups : sequence of ndarray, each (n, axes)
        In pixels of the stack: an index along each axis before y, then y and x.
    planes : tuple of int
        Length of each axis before y.
    """

    groups: Sequence[FloatArray]
    planes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PlaneMoved:
    """So many planes of all layers were moved."""

    done: int


@dataclass(frozen=True, eq=False)
class Carried:
    """What became of one of the things that were to be carried.

    Parameters
    ----------
    index : int
        Which one.
    data : array, or list of ndarray
        Pixels in the shape of the output box; or the groups of positions, in pixels of the common frame.
    origin : tuple of int
        (y, x) in the common frame of the first pixel.
    """

    index: int
    data: Any
    origin: tuple[int, int] = (0, 0)


def carry(
    alignment: StackAlignment, things: Sequence[Pixels | Positions], framing: Framing
) -> Generator[PlaneMoved | Carried, None, None]:
    """Carry several things into the common frame.

    Raises
    ------
    InputError
        If one of them does not fit the alignment.
    """
    box = alignment.box(framing.output)
    done = 0
    for index, thing in enumerate(things):
        if isinstance(thing, Positions):
            yield Carried(index, [carry_positions(alignment, group, thing.planes) for group in thing.groups])
            continue
        is_labels = thing.interpolation == "nearest"
        moved = alignment.apply(
            thing.stack,
            interpolation=thing.interpolation,
            fill=0 if is_labels else framing.fill,
            output=box,
        )
        if math.prod(moved.shape) * np.dtype(moved.data.dtype).itemsize > _IN_MEMORY:
            yield Carried(index, moved.data, box.origin)
            continue
        out = np.empty(moved.shape, moved.data.dtype)
        for plane in range(moved.n_planes):
            out[moved.plane_index(plane)] = moved.plane(plane)
            done += 1
            yield PlaneMoved(done)
        yield Carried(index, out, box.origin)


def n_planes(things: Sequence[Pixels | Positions]) -> int:
    """Return how many planes there are to be moved."""
    return sum(thing.stack.n_planes for thing in things if isinstance(thing, Pixels))


def save(stack: Stack, path: str) -> Generator[None, None, Path]:
    """Write a stack; its suffix decides the format."""
    yield
    return save_stack(path, stack)


def carry_positions(
    alignment: StackAlignment, positions: npt.ArrayLike, planes: tuple[int, ...]
) -> FloatArray:
    """Carry positions from the sections into the common frame.

    Parameters
    ----------
    alignment : StackAlignment
    positions : array_like, shape (n, len(planes) + 2)
        In pixels: an index along each axis before y, then y and x. The nearest plane counts.
    planes : tuple of int
        Length of each axis before y.

    Returns
    -------
    ndarray of float64, in the shape of `positions`
        What lies beside the stack stays where it is.
    """
    moved = np.array(positions, dtype=np.float64).reshape(-1, len(planes) + 2)
    index = np.rint(moved[:, :-2]).astype(int)
    inside = ((index >= 0) & (index < planes)).all(axis=1)
    numbers = np.ravel_multi_index(tuple(index[inside].T), planes)
    there = np.column_stack([numbers, moved[inside, -2:]])
    moved[inside, -2:] = alignment.apply_to_points(there)[:, 1:]
    return moved
