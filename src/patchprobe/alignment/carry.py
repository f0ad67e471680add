"""What is drawn on sections, carried into the aligned stack and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.lazy import dask_array
from .box import Box, Output
from .plane_map import FloatArray
from .result import StackAlignment
from .transform import Transform
from .warp import Interpolation, Pull, warp_stack


def bring_back(
    alignment: StackAlignment,
    aligned: Stack,
    *,
    interpolation: Interpolation = "nearest",
    fill: float = 0,
    output: Output | Box = "same",
) -> Stack:
    """Bring what belongs to the aligned stack into the sections as they were, lazily.

    Parameters
    ----------
    alignment : StackAlignment
    aligned : Stack
        Strokes, predictions, objects or pixels in the frame that ``alignment.apply(…, output=output)`` gives.
    interpolation : {"nearest", "linear", "cubic"}
        Between pixels; the nearest, which does not mix labels, if not given.
    fill : float
        Value where the aligned stack does not reach.
    output : {"same", "union", "intersection"} or Box
        As given to `StackAlignment.apply`.

    Returns
    -------
    Stack
        With planes of the shape that the sections had.

    Raises
    ------
    InputError
        If the stack is not of the aligned frame.
    """
    box = alignment.box(output)
    if aligned.n_planes != len(alignment) or aligned.plane_shape != box.shape:
        raise InputError(
            f"The aligned frame has {len(alignment)} planes of {box.shape} px; {aligned.name} has "
            f"{aligned.n_planes} of {aligned.plane_shape} px. Give a stack of the aligned frame, with the "
            "output box that it was made with."
        )
    corner = Transform.translation((-box.origin[0], -box.origin[1]))
    back = [transform.inverse().compose(corner) for transform in alignment.transforms]
    pull = Pull(Box((0, 0), alignment.plane_shape), interpolation, fill)
    return replace(warp_stack(aligned, back, pull), name=f"{aligned.name} on the sections")


def merge_back(
    alignment: StackAlignment, labels: Stack, edited: Stack, *, output: Output | Box = "same"
) -> Stack:
    """Take over into labels of the sections what was changed on their aligned copy, and nothing else.

    Carried there and back, labels lose and win pixels at their borders. So only those pixels are taken
    over that look different in the edited copy; all others stay to the bit what was painted.

    Parameters
    ----------
    alignment : StackAlignment
    labels : Stack
        Labels, such as strokes, of the sections as they were.
    edited : Stack
        ``alignment.apply(labels, interpolation="nearest", output=output)`` after painting and erasing.
    output : {"same", "union", "intersection"} or Box

    Returns
    -------
    Stack
        Lazy, in the shape and dtype of `labels`.
    """
    shown = alignment.apply(labels, interpolation="nearest", output=output)
    before, after = (bring_back(alignment, one, output=output).data for one in (shown, edited))
    data = labels.data if isinstance(labels.data, da.Array) else dask_array(labels.data, after.chunksize)
    merged = da.where(after != before, after, data.rechunk(after.chunks)).astype(data.dtype)
    return replace(labels, data=merged)


def carry_shapes(
    alignment: StackAlignment,
    shapes: Sequence[npt.ArrayLike],
    sections: Sequence[int] | None = None,
    *,
    output: Output | Box = "same",
    back: bool = False,
) -> list[FloatArray]:
    """Carry polygons and paths, vertex by vertex, from the sections into the aligned stack.

    Parameters
    ----------
    alignment : StackAlignment
    shapes : sequence of array_like, each (n, 2) or (n, 3)
        Vertices as (y, x) in pixels of one section, or as (plane, y, x).
    sections : sequence of int, optional
        Number of the plane of each shape, where the vertices do not say it.
    output : {"same", "union", "intersection"} or Box
        As given to `StackAlignment.apply`.
    back : bool
        From the aligned stack to the sections instead.

    Returns
    -------
    list of ndarray of float64
        In the shapes given. A straight edge stays straight, which is exact for affine transforms; where
        sections bend, long edges need vertices along them.

    Raises
    ------
    InputError
        If a shape has other columns, or there is not one section for each shape.
    """
    planes: Sequence[int | None] = [None] * len(shapes) if sections is None else sections
    if len(planes) != len(shapes):
        raise InputError(f"There are {len(shapes)} shapes and {len(planes)} sections. Give one for each.")
    move = alignment.points_back if back else alignment.apply_to_points
    # Found once: a box around bent sections takes longer than all shapes.
    box = alignment.box(output)
    return [move(np.asarray(shape), plane, box) for shape, plane in zip(shapes, planes, strict=True)]
