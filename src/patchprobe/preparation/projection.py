"""A movie as one picture: mean, brightest, or how much neighbours go together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack

Picture = npt.NDArray[np.float32]
# Half of the eight neighbours; the other half is seen from their side.
_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))


def project(stack: Stack, method: Literal["mean", "max", "correlation"] = "mean") -> Stack:
    """Summarise a movie (or the planes of a volume) in one plane.

    Frames are read one after the other, so that a movie of any length takes the memory of some frames.

    Parameters
    ----------
    stack : Stack
        With one axis before ``yx`` and without channels.
    method : {"mean", "max", "correlation"}
        ``"correlation"``: the mean over the eight neighbours of Pearson's correlation in time, from -1 to
        1 (0 where a pixel never changes). Active cells stand out, whatever their brightness.

    Returns
    -------
    Stack
        Axes ``"yx"``, float32, in memory. The truth goes along where it is the same for the whole movie.

    Raises
    ------
    InputError
        If there is no axis to project along, or too few frames.

    References
    ----------
    Smith S. L. and Häusser M., Parallel processing of visual space by neighboring neurons in mouse visual
    cortex, Nature Neuroscience 13 (2010) 1144-1149 (supplement).
    """
    if stack.axes not in ("tyx", "zyx"):
        raise InputError(
            f"{stack.name} has the axes {stack.axes!r}; a projection takes a movie 'tyx' or a volume 'zyx'. "
            "Take one channel or plane first."
        )
    if method == "correlation":
        picture = _correlation(stack)
    elif method == "mean":
        picture = _average(stack)
    elif method == "max":
        picture = _brightest(stack)
    else:
        raise InputError(f"method {method!r} is not known. Use 'mean', 'max' or 'correlation'.")
    note = f"{method.capitalize()} of {stack.n_planes} {'frames' if stack.axes[0] == 't' else 'planes'}."
    return replace(
        stack,
        data=picture,
        axes="yx",
        voxel_size=stack.voxel_size[1:],
        units=stack.units[1:],
        labels=_common_truth(stack),
        name=f"{stack.name}, {method}",
        notes=(*stack.notes, note),
    )


def _average(stack: Stack) -> Picture:
    total = np.zeros(stack.plane_shape)
    for frame in stack.planes():
        total += frame
    return (total / stack.n_planes).astype(np.float32)


def _brightest(stack: Stack) -> Picture:
    frames = stack.planes()
    brightest = next(frames).astype(np.float32)
    for frame in frames:
        np.maximum(brightest, frame, out=brightest)
    return brightest


def _correlation(stack: Stack) -> Picture:
    """Correlate neighbours by sums over time, taken about the first frame so that they keep their digits."""
    if stack.n_planes < 3:
        raise InputError(
            f"{stack.name} has {stack.n_planes} frames; a correlation in time takes three or more."
        )
    shape = stack.plane_shape
    start = stack.plane(0).astype(np.float64)
    total, squares = np.zeros(shape), np.zeros(shape)
    products = {shift: np.zeros(shape) for shift in _NEIGHBOURS}
    for frame in stack.planes():
        values = frame.astype(np.float64) - start
        total += values
        squares += values**2
        for shift, sums in products.items():
            here, there = _overlap(shape, shift)
            sums[here] += values[here] * values[there]
    count = stack.n_planes
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    summed, neighbours = np.zeros(shape), np.zeros(shape)
    for shift, sums in products.items():
        here, there = _overlap(shape, shift)
        scale = spread[here] * spread[there]
        covariance = sums[here] / count - mean[here] * mean[there]
        together = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-12)
        for side in (here, there):
            summed[side] += together
            neighbours[side] += 1
    return np.clip(summed / np.maximum(neighbours, 1), -1, 1).astype(np.float32)


def _overlap(shape: tuple[int, ...], shift: tuple[int, int]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Pixels that have a neighbour at a shift, and these neighbours."""
    here = tuple(slice(max(-s, 0), n - max(s, 0)) for s, n in zip(shift, shape, strict=True))
    there = tuple(slice(max(s, 0), n - max(-s, 0)) for s, n in zip(shift, shape, strict=True))
    return here, there


def _common_truth(stack: Stack) -> npt.NDArray[Any] | None:
    """Truth that holds for the whole movie, as outlines of neurons do."""
    first, last = stack.label_plane(0), stack.label_plane(stack.n_planes - 1)
    same = first is not None and last is not None and np.array_equal(first, last)
    return first if same else None
