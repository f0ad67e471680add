"""A movie as one picture: mean, brightest, or how much neighbours go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .moments import Moments, Plane

_METHODS: dict[str, Callable[[Moments], Plane]] = {
    "mean": lambda moments: moments.mean,
    "max": lambda moments: moments.highest,
    "correlation": Moments.correlation,
}
_FEWEST_TO_CORRELATE = 3


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
    if method not in _METHODS:
        raise InputError(f"method {method!r} is not known. Use 'mean', 'max' or 'correlation'.")
    if method == "correlation" and stack.n_planes < _FEWEST_TO_CORRELATE:
        raise InputError(
            f"{stack.name} has {stack.n_planes} frames; a correlation in time takes three or more."
        )
    moments = Moments(stack.plane_shape, with_neighbours=method == "correlation")
    for frame in stack.planes():
        moments.add(frame)
    picture = _METHODS[method](moments).astype(np.float32)
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


def _common_truth(stack: Stack) -> npt.NDArray[Any] | None:
    """Truth that holds for the whole movie, as outlines of neurons do."""
    first, last = stack.label_plane(0), stack.label_plane(stack.n_planes - 1)
    same = first is not None and last is not None and np.array_equal(first, last)
    return first if same else None
