"""A volume as planes of three orientations, with square pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.units import canonical
from ..memory import new_array
from ..prediction import ComputedPlanes

# In the order of the axis that their planes follow each other along: z, y, x.
VIEWS = ("xy", "xz", "yz")
# Pixels whose sides differ by less look square to filters and networks.
_SQUARE = 1.1
# Beyond, a plane across the sections holds more made-up rows than measured ones.
_MOST_FLAT = 4.0


@dataclass(frozen=True)
class View:
    """One orientation of a volume.

    Parameters
    ----------
    name : str
        One of `VIEWS`.
    stack : Stack
        Planes of that orientation, with square pixels.
    plane_shape : tuple of int
        (H, W) of a plane in voxels, before its rows were resampled.
    """

    name: str
    stack: Stack
    plane_shape: tuple[int, int]

    @property
    def across(self) -> int:
        """Which of z, y and x counts the planes."""
        return VIEWS.index(self.name)

    @property
    def stretch(self) -> tuple[float, float]:
        """Pixels of a plane for each voxel, along rows and columns."""
        (height, width), (rows, cols) = self.stack.plane_shape, self.plane_shape
        return height / rows, width / cols

    def at_pixels(self, voxels: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """Turn positions (n, 2) in voxels into those in pixels of the planes; centres are whole numbers."""
        return np.asarray((voxels + 0.5) * self.stretch - 0.5, dtype=np.float64)

    def at_voxels(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Bring values (height, width, k) of a plane back to its voxels (H, W, k)."""
        return values if values.shape[:2] == self.plane_shape else _resized(values, self.plane_shape)


def views_of(stack: Stack, names: tuple[str, ...] = VIEWS) -> Iterator[View]:
    """Cut a volume into planes of several orientations.

    Parameters
    ----------
    stack : Stack
        `held` where it would be read plane by plane from a file.
    names : tuple of str

    Raises
    ------
    InputError
        See `check_voxels`.
    """
    check_voxels(stack)
    for name in names:
        along = stack.along(name)
        yield View(name, along if name == "xy" else _squared(along), along.plane_shape)


def check_voxels(stack: Stack) -> str:
    """Say what the voxels of a stack mean for planes across its own; empty where they are cubes.

    Raises
    ------
    InputError
        If there is no axis ``z``, or voxels are far from cubes.
    """
    stack.along("xz")
    depth, height, width = _sides(stack)
    if "pixel" in stack.units[-3:]:
        return "The voxel size is not known, so voxels are taken for cubes."
    flatness = max(depth / min(height, width), max(height, width) / depth)
    said = f"{' × '.join(f'{size:g}' for size in stack.voxel_size[-3:])} {stack.units[-1]}"
    if flatness > _MOST_FLAT:
        raise InputError(
            f"Voxels of {stack.name} are {said} (z × y × x), {flatness:.3g} times as long along z as in "
            f"the plane or the other way round. Three orientations need nearly cubic voxels, at most "
            f"{_MOST_FLAT:g} times as long; predict the stack's own planes, or correct the voxel size."
        )
    if flatness < _SQUARE:
        return ""
    return f"Voxels are {said}; planes of the other orientations are resampled to square pixels."


def held(stack: Stack) -> Stack:
    """Bring the pixels to where planes of any orientation are read fast: memory, or a temporary file.

    Raises
    ------
    InputError
        If there is no room for the file.
    """
    if isinstance(stack.data, np.ndarray):
        return stack
    pixels = new_array(stack.shape, stack.data.dtype)
    for plane in range(stack.n_planes):
        pixels[stack.plane_index(plane)] = stack.plane(plane)
    return replace(stack, data=pixels)


def _sides(stack: Stack) -> tuple[float, float, float]:
    """Sides of a voxel along z, y and x in one unit, where their units are known."""
    known = [canonical(size, unit) for size, unit in zip(stack.voxel_size, stack.units, strict=True)][-3:]
    units = {side[1] for side in known if side is not None}
    if None in known or len(units) > 1:
        raise InputError(
            f"{stack.name}: voxel sizes along z, y and x are in {', '.join(stack.units[-3:])}. Three "
            "orientations need them in one unit; give them as voxel_size, such as '2,1,1 mm'."
        )
    depth, height, width = (side[0] for side in known if side is not None)
    return depth, height, width


def _squared(view: Stack) -> Stack:
    """Resample the rows of planes, read one by one, so that pixels are square."""
    _, rows, cols = _sides(view)
    factor = rows / cols
    if 1 / _SQUARE < factor < _SQUARE:
        return view
    height, width = view.plane_shape
    shape = max(1, round(height * factor)), width
    lead = len(view.plane_axes)
    data: Any = ComputedPlanes(
        (*view.shape[:lead], *shape, *view.shape[lead + 2 :]),
        np.dtype(np.float32),
        lead,
        lambda plane: _resized(view.plane(plane).astype(np.float32), shape),
    )
    voxel_size = (*view.voxel_size[:lead], view.voxel_size[-1], view.voxel_size[-1])
    return replace(view, data=data, voxel_size=voxel_size, labels=None)


def _resized(plane: npt.NDArray[np.float32], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Resample a plane (H, W) or (H, W, C) linearly; pixels that shrink are averaged."""
    shrinks = shape[0] < plane.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: npt.NDArray[np.float32] = cv2.resize(
        np.ascontiguousarray(plane), shape[::-1], interpolation=way
    ).astype(np.float32, copy=False)
    return resized.reshape(*shape, *plane.shape[2:])
