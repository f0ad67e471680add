"""Planes pulled into a common frame, tile by tile, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..errors import InputError
from ..io import Stack
from ..io.lazy import dask_array
from ..tiles import TILE, Window, windows
from .box import WHOLE, Box
from .plane_map import FloatArray, PlaneMap
from .transform import Transform

Interpolation = Literal["linear", "cubic", "nearest"]

_ORDER = {"nearest": 0, "linear": 1, "cubic": 3}
# What lies further than this from a position no longer counts in a cubic spline: 0.27 to this power.
_SPLINE_REACH = 16
# Planes up to this size are read, and given, whole; larger ones in tiles.
_WHOLE_PLANE_BYTES = 64 << 20
_TILE_EDGE = 2 * TILE

_Read = Callable[[Window], npt.NDArray[Any]]


@dataclass(frozen=True)
class Pull:
    """How pixels are pulled: where to, what lies between them and what beyond.

    Parameters
    ----------
    box : Box
        The part of the common frame that is wanted.
    interpolation : {"linear", "cubic", "nearest"}
    fill : float
        Value outside the plane.
    """

    box: Box
    interpolation: Interpolation = "linear"
    fill: float = 0

    def __post_init__(self) -> None:
        if self.interpolation not in _ORDER:
            raise InputError(f"Interpolation is one of {', '.join(_ORDER)}; got {self.interpolation!r}.")


def warp_plane(plane: npt.NDArray[Any], transform: PlaneMap, pull: Pull) -> npt.NDArray[Any]:
    """Pull one plane into a box of the common frame: ``out[p] = plane[transform(p + origin)]``.

    Parameters
    ----------
    plane : ndarray, shape (H, W) or (H, W, C)
    transform : PlaneMap
        From the common frame to the plane.
    pull : Pull

    Returns
    -------
    ndarray, in the shape of the box (and C), dtype of the plane
        Integers are rounded and kept in range.
    """
    whole = (slice(0, pull.box.shape[0]), slice(0, pull.box.shape[1]))
    return _warp_window(_Plane(plane.shape, plane.dtype, plane.__getitem__), transform, pull, whole)


def warp_stack(stack: Stack, transforms: Sequence[PlaneMap], pull: Pull) -> Stack:
    """Pull all planes of a stack, and its labels, into a box of the common frame, lazily."""
    _check_fill(pull.fill, np.dtype(stack.data.dtype))
    lead = len(stack.plane_axes)
    labels = stack.labels
    if labels is not None:
        pull_labels = replace(pull, interpolation="nearest", fill=0)
        labels = _lazily(WarpedPlanes(labels, lead, tuple(transforms), pull_labels))
    data = _lazily(WarpedPlanes(stack.data, lead, tuple(transforms), pull))
    return replace(stack, data=data, labels=labels, name=f"{stack.name} aligned")


class WarpedPlanes:
    """An array of planes that are pulled into the common frame when a part of it is read.

    Parameters
    ----------
    data : array
        Planes first, then y, x and channels, if any; sliceable.
    lead : int
        Number of axes before y.
    transforms : tuple of PlaneMap
        One for each plane, from the common frame to the plane.
    pull : Pull
    """

    def __init__(self, data: Any, lead: int, transforms: tuple[PlaneMap, ...], pull: Pull) -> None:
        shape = tuple(int(n) for n in data.shape)
        self.shape = (*shape[:lead], *pull.box.shape, *shape[lead + 2 :])
        self.dtype = np.dtype(data.dtype)
        self.ndim = len(self.shape)
        self._data = data
        self._plane_shape = shape[lead:]
        self._lead = lead
        self._transforms = transforms
        self._pull = pull

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the parts that are best read at once: a plane, or a tile where planes are large."""
        height, width = self._pull.box.shape
        edge = max(height, width) if self._small else _TILE_EDGE
        return (*(1,) * self._lead, min(edge, height), min(edge, width), *self.shape[self._lead + 2 :])

    def __getitem__(self, key: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        """Pull a part; dask asks with whole numbers and slices of any step."""
        ranges = [
            range(*part.indices(size)) if isinstance(part, slice) else range(int(part), int(part) + 1)
            for part, size in zip(key, self.shape, strict=True)
        ]
        rows, cols = (_hull(part) for part in ranges[self._lead : self._lead + 2])
        lead = tuple(len(part) for part in ranges[: self._lead])
        size = (rows.stop - rows.start, cols.stop - cols.start)
        out = np.empty((*lead, *size, *self.shape[self._lead + 2 :]), self.dtype)
        for at in product(*map(range, lead)):
            index = tuple(part[i] for part, i in zip(ranges, at, strict=False))
            number = int(np.ravel_multi_index(index, self.shape[: self._lead])) if index else 0
            out[at] = _warp_window(self._plane(index), self._transforms[number], self._pull, (rows, cols))
        wanted: list[Any] = [slice(None)] * self._lead
        wanted += [slice(None, None, part.step) for part in ranges[self._lead : self._lead + 2]]
        wanted += list(key[self._lead + 2 :])
        for axis, part in enumerate(key[: self._lead + 2]):
            wanted[axis] = wanted[axis] if isinstance(part, slice) else 0
        return np.asarray(out[tuple(wanted)])

    @property
    def _small(self) -> bool:
        """Whether planes are read and given whole."""
        pixels = max(int(np.prod(self._plane_shape[:2])), int(np.prod(self._pull.box.shape)))
        depth = int(np.prod(self._plane_shape[2:], dtype=int))
        nbytes = pixels * depth * self.dtype.itemsize
        return bool(nbytes <= _WHOLE_PLANE_BYTES)

    def _plane(self, index: tuple[int, ...]) -> _Plane:
        if self._small:
            plane = _computed(self._data[index])
            return _Plane(self._plane_shape, self.dtype, plane.__getitem__)
        return _Plane(self._plane_shape, self.dtype, lambda window: _computed(self._data[(*index, *window)]))


@dataclass(frozen=True)
class _Plane:
    """A plane of which windows can be read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: _Read


def _lazily(planes: WarpedPlanes) -> Any:
    return dask_array(planes, planes.chunks)


def _computed(part: Any) -> npt.NDArray[Any]:
    """Read a part in this thread: dask has put this one to work already, and its pool may be full."""
    if hasattr(part, "compute"):
        part = part.compute(scheduler="synchronous")
    return np.asarray(part)


def _hull(wanted: range) -> slice:
    return slice(min(wanted, default=0), max(wanted, default=-1) + 1)


def _warp_window(plane: _Plane, transform: PlaneMap, pull: Pull, window: Window) -> npt.NDArray[Any]:
    """Pull a window of the box, in tiles, so that positions and reals are held of one tile only."""
    rows, cols = window
    out = np.empty((rows.stop - rows.start, cols.stop - cols.start, *plane.shape[2:]), plane.dtype)
    for y, x in windows(out.shape[:2]):
        origin = (
            pull.box.origin[0] + rows.start + y.start,
            pull.box.origin[1] + cols.start + x.start,
        )
        tile = Box(origin, (y.stop - y.start, x.stop - x.start))
        out[y, x] = _warp_tile(plane, transform, replace(pull, box=tile))
    return out


def _warp_tile(plane: _Plane, transform: PlaneMap, pull: Pull) -> npt.NDArray[Any]:
    whole = _whole_shift(transform, pull.box)
    if whole is not None:
        return _copied(plane, whole, pull)
    (top, left), (height, width) = pull.box.origin, pull.box.shape
    rows, cols = np.arange(top, top + height), np.arange(left, left + width)
    if isinstance(transform, Transform):
        positions = None
        ends = transform.raster(rows[[0, -1]], cols[[0, -1]])
    else:
        positions = ends = transform.raster(rows, cols)
    window = _window_around(ends, plane.shape, _SPLINE_REACH if pull.interpolation == "cubic" else 1)
    if window is None:
        return np.full((*pull.box.shape, *plane.shape[2:]), pull.fill, plane.dtype)
    source = plane.read(window)
    start = np.array([part.start for part in window], dtype=np.float64)
    channels = source[..., None] if source.ndim == 2 else source
    order = _ORDER[pull.interpolation]
    if order > 1 and not np.isfinite(source).all():
        order = 1  # a spline would carry one NaN over the whole plane
    if positions is not None:
        positions = _settled(positions, plane.shape) - start[:, None, None]
    pulled = [
        _interpolated(channels[:, :, c], transform, positions, start, pull, order)
        for c in range(channels.shape[2])
    ]
    return pulled[0] if source.ndim == 2 else np.stack(pulled, axis=2)


def _interpolated(
    source: npt.NDArray[Any],
    transform: PlaneMap,
    positions: FloatArray | None,
    start: FloatArray,
    pull: Pull,
    order: int,
) -> npt.NDArray[Any]:
    """Interpolate one channel of a window that begins at `start`."""
    real = source if order == 0 else _as_real(source)
    how: dict[str, Any] = {"order": order, "cval": pull.fill, "output": real.dtype}
    if positions is not None:
        return _as_dtype(ndimage.map_coordinates(real, positions, **how), source.dtype)
    assert isinstance(transform, Transform)
    moved = Transform.translation(pull.box.origin).compose(transform)
    out = ndimage.affine_transform(
        real,
        # A vector stands for a diagonal matrix, which takes a much faster path.
        np.ones(2) if moved.is_translation else moved.matrix[:2, :2],
        offset=moved.matrix[:2, 2] - start,
        output_shape=pull.box.shape,
        **how,
    )
    return _as_dtype(out, source.dtype)


def _whole_shift(transform: PlaneMap, box: Box) -> tuple[int, int] | None:
    """Return where the box begins in the plane, if it is only shifted by whole pixels."""
    if not (isinstance(transform, Transform) and transform.is_translation):
        return None
    shift = np.add(transform.shift, box.origin)
    nearest = np.rint(shift)
    return (int(nearest[0]), int(nearest[1])) if np.abs(nearest - shift).max() < WHOLE else None


def _window_around(positions: FloatArray, shape: tuple[int, ...], reach: int) -> Window | None:
    """Return the window of the plane that the positions (2, h, w) lie in, or None if they lie outside."""
    parts = []
    for axis in (0, 1):
        low, high = positions[axis].min(), positions[axis].max()
        start = max(0, int(np.floor(low)) - reach)
        stop = min(shape[axis], int(np.ceil(high)) + reach + 1)
        if stop <= start:
            return None
        parts.append(slice(start, stop))
    return parts[0], parts[1]


def _settled(positions: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Bring what misses the outermost pixels by a rounding error onto them."""
    last = np.array(shape[:2], dtype=np.float64)[:, None, None] - 1
    held = np.clip(positions, 0, last)
    return np.where(np.abs(held - positions) < WHOLE, held, positions)


def _copied(plane: _Plane, shift: tuple[int, int], pull: Pull) -> npt.NDArray[Any]:
    """Whole-pixel shift by copying."""
    out = np.full((*pull.box.shape, *plane.shape[2:]), pull.fill, dtype=plane.dtype)
    here, there = [], []
    for move, size, available in zip(shift, pull.box.shape, plane.shape, strict=False):
        start, stop = max(0, -move), min(size, available - move)
        here.append(slice(start, max(start, stop)))
        there.append(slice(start + move, max(start, stop) + move))
    if all(part.stop > part.start for part in here):
        out[tuple(here)] = plane.read((there[0], there[1]))
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
