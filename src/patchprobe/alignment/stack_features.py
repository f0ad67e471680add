"""Features of the planes of one stack, on a grid of cells that planes are compared on."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..backbones import Backbone
from ..grid import PatchGrid
from ..io import Stack
from ..normalisation import Normalisation
from .cells import comparison_grid

# Features only bridge what intensity cannot, so they need not see more than this.
_EMBEDDED_SIDE = 1024


class StackFeatures:
    """Embeds planes of one stack, reduced if they are large.

    Parameters
    ----------
    stack : Stack
        Planes of one size, so that what tells the place in the image is the same in all.
    backbone : Backbone
        What it has to know of the stack (`Backbone.for_stack`) is measured when the first plane is embedded.
    cells : int
        Most cells along the longer side, for dense blocks.
    """

    def __init__(self, stack: Stack, backbone: Backbone, cells: int) -> None:
        self._stack = stack
        self._backbone = backbone
        self._cells = cells
        self._factor = max(1, math.ceil(max(stack.plane_shape) / _EMBEDDED_SIDE))

    def grid(self, number: int) -> PatchGrid:
        """Embed a plane; the grid is in pixels of the full plane."""
        plane = _reduced(self._stack.plane(number), self._factor)
        grid = comparison_grid(self._prepared.embed(plane, self._normalisation), self._cells)
        # Pixel centres are whole numbers, so the middle of the first square of pixels is (factor − 1) / 2.
        factor, middle = self._factor, (self._factor - 1) / 2
        origin = (grid.origin[0] * factor + middle, grid.origin[1] * factor + middle)
        shape = self._stack.plane_shape
        return replace(grid, stride=grid.stride * factor, origin=origin, image_shape=shape)

    @cached_property
    def _prepared(self) -> Backbone:
        if self._factor == 1:
            return self._backbone.for_stack(self._stack)
        return self._backbone.for_stack(_reduced_stack(self._stack, self._factor))

    @cached_property
    def _normalisation(self) -> Normalisation:
        return self._stack.normalisation()


def _reduced_stack(stack: Stack, factor: int) -> Stack:
    """Reduce planes as they are read."""
    import dask.array as da

    def read(plane: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return _reduced(plane.reshape(plane.shape[ahead:]), factor)[(None,) * ahead]

    ahead = len(stack.plane_axes)
    whole = da.from_array(stack.data, chunks=(*(1,) * ahead, *stack.shape[ahead:]), name=False)  # type: ignore[no-untyped-call]
    chunks = tuple(
        (n // factor,) if axis in "yx" else sizes
        for axis, n, sizes in zip(stack.axes, stack.shape, whole.chunks, strict=True)
    )
    return replace(stack, data=whole.map_blocks(read, chunks=chunks, dtype=np.float32), labels=None)


def _reduced(plane: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """Average squares of pixels."""
    if factor == 1:
        return plane
    height, width = (n // factor for n in plane.shape[:2])
    squares = np.asarray(plane[: height * factor, : width * factor], dtype=np.float32)
    small = cv2.resize(squares, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small).reshape(height, width, *plane.shape[2:])
