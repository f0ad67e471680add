"""OME-Zarr 0.5."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from .label_classes import to_image_label
from .lazy import plain_dtype
from .stack import Stack

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
    axes = "".join(letter for letter in _ORDER if letter in stack.axes)
    shape = tuple(stack.shape[stack.axes.index(letter)] for letter in axes)
    group = zarr.create_group(path, zarr_format=3, attributes={"ome": _metadata(stack, axes, path)})
    array = group.create_array(
        "0",
        shape=shape,
        dtype=plain_dtype(stack.data.dtype),
        chunks=tuple(
            min(size, _TILE_EDGE) if letter in "yx" else 1 for letter, size in zip(axes, shape, strict=True)
        ),
        dimension_names=list(axes),
    )
    lead = {letter: stack.shape[i] for i, letter in enumerate(stack.plane_axes)}
    for position, plane in zip(product(*map(range, lead.values())), planes, strict=False):
        at: dict[str, int] = dict(zip(lead, position, strict=True))
        key = tuple(at.get(letter, slice(None)) for letter in axes)
        # Channels come last in a plane and before z, y, x in the store.
        array[key] = np.moveaxis(plane, -1, 0) if stack.axes.endswith("c") else plane
    next(planes, None)


def _metadata(stack: Stack, axes: str, path: Path) -> dict[str, Any]:
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
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
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
