"""Stacks whose planes are computed when they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..io import Stack
from ..io.lazy import dask_array

PlaneFunction = Callable[[npt.NDArray[Any], int], npt.NDArray[Any]]


def map_planes(stack: Stack, function: PlaneFunction, dtype: npt.DTypeLike, note: str) -> Stack:
    """Apply a function to each plane of a stack when the plane is read.

    Parameters
    ----------
    stack : Stack
    function : callable
        Takes a plane, (H, W) or (H, W, C), and its number; returns one of the same shape.
    dtype : dtype
        Of what it returns.
    note : str
        What was done, as a sentence for `Stack.notes`.

    Returns
    -------
    Stack
        Lazy, one plane to a chunk; truth, axes and voxel size as before.
    """
    source = _Planes(stack, function, np.dtype(dtype))
    lead = len(stack.plane_axes)
    data = dask_array(source, (*((1,) * lead), *stack.shape[lead:]))
    return replace(stack, data=data, notes=(*stack.notes, note))


class _Planes:
    """An array that computes its planes when it is sliced."""

    def __init__(self, stack: Stack, function: PlaneFunction, dtype: np.dtype[Any]) -> None:
        self.shape, self.ndim, self.dtype = stack.shape, len(stack.shape), dtype
        self._stack = stack
        self._function = function

    def __getitem__(self, key: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        lead = len(self._stack.plane_axes)
        wanted = np.arange(self._stack.n_planes).reshape(self.shape[:lead])[key[:lead]]
        planes = [self._plane(int(number))[key[lead:]] for number in np.ravel(wanted)]
        return np.stack(planes).reshape(*np.shape(wanted), *planes[0].shape)

    def _plane(self, number: int) -> npt.NDArray[Any]:
        return self._function(self._stack.plane(number), number).astype(self.dtype, copy=False)
