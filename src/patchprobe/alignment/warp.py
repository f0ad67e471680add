"""Planes pulled into a common frame, lazily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import dask.array as da
import numpy as np
import numpy.typing as npt
from dask.delayed import delayed
from scipy import ndimage

from ..errors import InputError
from ..io import Stack
from .transform import Transform

Interpolation = Literal["linear", "cubic", "nearest"]
Output = Literal["same", "union"]

_ORDER = {"nearest": 0, "linear": 1, "cubic": 3}
# Closer to whole pixels than this, a shift is a copy: no interpolation, not a bit changed.
_WHOLE = 1e-6


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


def common_box(transforms: Sequence[Transform], plane_shape: tuple[int, int], output: Output) -> Box:
    """Return the frame of the first section (``"same"``) or the box around all sections (``"union"``)."""
    if output not in get_args(Output):
        raise InputError(f"The output box is 'same' or 'union'; got {output!r}.")
    if output == "same" or not transforms:
        return Box((0, 0), plane_shape)
    height, width = plane_shape
    corners = np.array([(y, x) for y in (0, height - 1) for x in (0, width - 1)], dtype=np.float64)
    placed = np.concatenate([transform.inverse().points(corners) for transform in transforms])
    low = np.floor(placed.min(axis=0) + _WHOLE).astype(int)
    high = np.ceil(placed.max(axis=0) - _WHOLE).astype(int)
    return Box((int(low[0]), int(low[1])), (int(high[0] - low[0] + 1), int(high[1] - low[1] + 1)))


def warp_plane(
    plane: npt.NDArray[Any],
    transform: Transform,
    box: Box,
    interpolation: Interpolation = "linear",
    fill: float = 0,
) -> npt.NDArray[Any]:
    """Pull one plane into a box of the common frame: ``out[p] = plane[transform(p + origin)]``.

    Parameters
    ----------
    plane : ndarray, shape (H, W) or (H, W, C)
    transform : Transform
        From the common frame to the plane.
    box : Box
    interpolation : {"linear", "cubic", "nearest"}
    fill : float
        Value outside the plane.

    Returns
    -------
    ndarray, in the shape of the box (and C), dtype of the plane
        Integers are rounded and kept in range.
    """
    moved = Transform.translation(box.origin).compose(transform)
    nearest = np.rint(moved.shift)
    if moved.is_translation and np.abs(nearest - moved.shift).max() < _WHOLE:
        return _copied(plane, (int(nearest[0]), int(nearest[1])), box.shape, fill)
    if plane.ndim == 3:
        channels = [
            warp_plane(plane[:, :, c], transform, box, interpolation, fill) for c in range(plane.shape[2])
        ]
        return np.stack(channels, axis=2)
    order = _ORDER[interpolation]
    if order > 1 and not np.isfinite(plane).all():
        order = 1  # a spline would carry one NaN over the whole plane
    source = plane if order == 0 else _as_real(plane)
    out = ndimage.affine_transform(
        source,
        # A vector stands for a diagonal matrix, which takes a much faster path.
        np.ones(2) if moved.is_translation else moved.matrix[:2, :2],
        offset=moved.matrix[:2, 2],
        output_shape=box.shape,
        order=order,
        cval=fill,
        output=plane.dtype if order == 0 else source.dtype,
    )
    return _as_dtype(out, plane.dtype)


def warp_stack(
    stack: Stack, transforms: Sequence[Transform], box: Box, interpolation: Interpolation, fill: float
) -> Stack:
    """Pull all planes of a stack, and its labels, into a box of the common frame, lazily."""
    if interpolation not in _ORDER:
        raise InputError(f"Interpolation is one of {', '.join(_ORDER)}; got {interpolation!r}.")
    _check_fill(fill, np.dtype(stack.data.dtype))
    warp = partial(warp_plane, box=box, interpolation=interpolation, fill=fill)
    data = _lazily(stack, stack.data, stack.shape[len(stack.plane_axes) + 2 :], transforms, box, warp)
    labels = stack.labels
    if labels is not None:
        warp_labels = partial(warp_plane, box=box, interpolation="nearest", fill=0)
        labels = _lazily(stack, labels, (), transforms, box, warp_labels)
    return replace(stack, data=data, labels=labels, name=f"{stack.name} aligned")


def _lazily(
    stack: Stack, data: Any, channels: tuple[int, ...], transforms: Sequence[Transform], box: Box, warp: Any
) -> da.Array:
    """Lay warped planes out as one dask array in the shape of the stack."""
    planes = []
    for number, transform in enumerate(transforms):
        index = stack.plane_index(number)
        read = partial(_read, data, index)
        if isinstance(data, da.Array):
            read = partial(_read_dask, data[index])
        warped = delayed(partial(_read_and_warp, read, transform, warp), pure=False)()
        planes.append(da.from_delayed(warped, (*box.shape, *channels), dtype=data.dtype))  # type: ignore[no-untyped-call]
    leading = stack.shape[: len(stack.plane_axes)]
    return da.stack(planes).reshape((*leading, *box.shape, *channels))  # type: ignore[no-untyped-call, no-any-return]


def _read(data: Any, index: tuple[int, ...]) -> npt.NDArray[Any]:
    return np.asarray(data[index])


def _read_dask(plane: da.Array) -> npt.NDArray[Any]:
    return np.asarray(plane.compute(scheduler="synchronous"))  # type: ignore[no-untyped-call]


def _read_and_warp(read: Any, transform: Transform, warp: Any) -> npt.NDArray[Any]:
    return np.asarray(warp(read(), transform))


def _copied(
    plane: npt.NDArray[Any], shift: tuple[int, int], shape: tuple[int, int], fill: float
) -> npt.NDArray[Any]:
    """Whole-pixel shift by copying."""
    out = np.full((*shape, *plane.shape[2:]), fill, dtype=plane.dtype)
    here, there = [], []
    for move, size, available in zip(shift, shape, plane.shape, strict=False):
        start, stop = max(0, -move), min(size, available - move)
        here.append(slice(start, max(start, stop)))
        there.append(slice(start + move, max(start, stop) + move))
    out[tuple(here)] = plane[tuple(there)]
    return out


def _as_real(plane: npt.NDArray[Any]) -> npt.NDArray[np.floating]:
    """In the smallest float type that holds the values exactly."""
    small = plane.dtype.itemsize <= 2 or plane.dtype == np.float32
    return plane.astype(np.float32 if small else np.float64)


def _as_dtype(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if np.issubdtype(dtype, np.integer) and np.issubdtype(values.dtype, np.floating):
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    elif dtype.kind == "b":
        values = values >= 0.5
    return values.astype(dtype, copy=False)


def _check_fill(fill: float, dtype: np.dtype[Any]) -> None:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        if not (limits.min <= fill <= limits.max and float(fill).is_integer()):
            raise InputError(
                f"The fill {fill} does not fit {dtype}, which holds whole numbers {limits.min} to "
                f"{limits.max}. Choose one of these."
            )
