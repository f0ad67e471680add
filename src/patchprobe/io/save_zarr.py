"""OME-Zarr 0.5."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from ..tiles import Window, windows
from .label_classes import to_image_label
from .lazy import plain_dtype
from .stack import Stack

# Name of the array of full, and only, resolution.
LEVEL = "0"

_VERSION = "0.5"
_ORDER = "tczyx"
_TILE_EDGE = 2048
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
_UNITS = {
    "nm": "nanometer",
    "µm": "micrometer",
    "mm": "millimeter",
    "m": "meter",
    "s": "second",
    "ms": "millisecond",
}
_COLOURS = ("FF0000", "00FF00", "0000FF")


def write(path: Path, stack: Stack, planes: Iterator[npt.NDArray[Any]]) -> None:
    """Write a stack as a store with one level of resolution, a plane (or a tile of 2048) to a chunk."""
    array = create(path, stack)
    for number, plane in enumerate(planes):
        put_plane(array, stack, number, plane)


def write_tiles(path: Path, stack: Stack, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Write a stack of very large planes, of which only a tile is held at a time."""
    array = create(path, stack)
    for number in range(stack.n_planes):
        for window in windows(stack.plane_shape, _TILE_EDGE):
            tile = np.asarray(stack.data[(*stack.plane_index(number), *window)])
            array[_where(stack, number, window)] = _as_stored(tile, stack)
        if on_progress is not None:
            on_progress(number + 1, stack.n_planes)


def create(path: Path, stack: Stack, edge: int = _TILE_EDGE) -> zarr.Array[Any]:
    """Make a store for a stack, without its pixels: they read as 0 until they are put there.

    Parameters
    ----------
    path : Path
        Where there is nothing yet.
    stack : Stack
        Of its data only shape and dtype count.
    edge : int
        Longest side of a chunk, in pixels.

    Returns
    -------
    zarr.Array
        To be filled by `put_plane`. A part that holds only 0 takes no space.
    """
    axes = _stored_axes(stack)
    shape = tuple(stack.shape[stack.axes.index(letter)] for letter in axes)
    group = zarr.create_group(path, zarr_format=3, attributes={"ome": _metadata(stack, axes)})
    return group.create_array(
        LEVEL,
        shape=shape,
        dtype=plain_dtype(stack.data.dtype),
        chunks=tuple(
            min(size, edge) if letter in "yx" else 1 for letter, size in zip(axes, shape, strict=True)
        ),
        dimension_names=list(axes),
    )


def put_plane(array: zarr.Array[Any], stack: Stack, plane: int, values: npt.NDArray[Any]) -> None:
    """Write one plane, (H, W) or (H, W, C), into what `create` made for the stack."""
    array[_where(stack, plane)] = _as_stored(values, stack)


def get_plane(array: zarr.Array[Any], stack: Stack, plane: int) -> npt.NDArray[Any]:
    """Read what `put_plane` wrote."""
    values = np.asarray(array[_where(stack, plane)])
    return np.moveaxis(values, 0, -1) if stack.axes.endswith("c") else values


def _as_stored(values: npt.NDArray[Any], stack: Stack) -> npt.NDArray[Any]:
    """Bring channels, which come last in a plane, before y and x as in the store."""
    return np.moveaxis(values, -1, 0) if stack.axes.endswith("c") else values


def _where(stack: Stack, plane: int, window: Window | None = None) -> tuple[int | slice, ...]:
    at: dict[str, int | slice] = dict(zip(stack.plane_axes, stack.plane_index(plane), strict=True))
    at |= dict(zip("yx", window or (), strict=False))
    return tuple(at.get(letter, slice(None)) for letter in _stored_axes(stack))


def _stored_axes(stack: Stack) -> str:
    return "".join(letter for letter in _ORDER if letter in stack.axes)


def _metadata(stack: Stack, axes: str) -> dict[str, Any]:
    sizes = dict(
        zip(stack.axes.replace("c", ""), zip(stack.voxel_size, stack.units, strict=True), strict=True)
    )
    described = []
    for letter in axes:
        axis = {"name": letter, "type": _TYPES[letter]}
        unit = _UNITS.get(sizes.get(letter, (1.0, ""))[1])
        described.append(axis | ({"unit": unit} if unit else {}))
    scale = [float(sizes.get(letter, (1.0, ""))[0]) for letter in axes]
    multiscale = {
        "name": stack.name,
        "axes": described,
        "datasets": [{"path": LEVEL, "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
    }
    metadata: dict[str, Any] = {"version": _VERSION, "multiscales": [multiscale]}
    if stack.classes and not stack.axes.endswith("c"):
        metadata["image-label"] = to_image_label(stack.classes)
    if stack.axes.endswith("c"):
        metadata["omero"] = _channels(stack)
    return metadata


def _channels(stack: Stack) -> dict[str, Any]:
    """Names and colours of the channels: of a picture, of classes, or white."""
    names = ("red", "green", "blue") if stack.rgb else stack.channel_names
    dtype = np.dtype(stack.data.dtype)
    end = float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0
    window = {"start": 0.0, "end": end, "min": 0.0, "max": end}
    colours = _COLOURS if stack.rgb else ("FFFFFF",) * stack.n_channels
    if len(stack.classes) == stack.n_channels:
        known = zip(stack.classes.values(), colours, strict=True)
        colours = tuple(one.color.removeprefix("#").upper() or white for one, white in known)
    channels = [
        {"label": name, "color": colour, "window": window, "active": True}
        for name, colour in zip(
            names or [f"channel {i}" for i in range(stack.n_channels)], colours, strict=True
        )
    ]
    return {"channels": channels, "rdefs": {"model": "color"}}
