"""TIFF as ImageJ or OME describes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from ..errors import InputError
from .formats import suffix_of
from .label_classes import to_imagej, to_map_annotations
from .lazy import plain_dtype
from .stack import Stack

_IMAGEJ_DTYPES = ("uint8", "uint16", "float32")
_OME_DTYPES = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")
# Classic TIFF has 32-bit offsets; the margin is for tags.
_CLASSIC_BYTES = (4 << 30) - (64 << 20)


def write(path: Path, stack: Stack, planes: Iterator[npt.NDArray[Any]]) -> None:
    """Write a stack page by page: ``.ome.tif`` as OME-TIFF, ``.tif`` for ImageJ if it can be."""
    dtype = _storable(np.dtype(stack.data.dtype))
    nbytes = int(np.prod(stack.shape)) * dtype.itemsize
    simple = not suffix_of(path).startswith(".ome") and nbytes < _CLASSIC_BYTES
    imagej = simple and dtype.name in _IMAGEJ_DTYPES and not (stack.rgb and dtype != np.uint8)
    axes = _page_axes(stack)
    pages = (page for plane in planes for page in _pages(plane, stack, dtype))
    tifffile.imwrite(
        path,
        pages,
        shape=tuple(stack.shape[stack.axes.index(letter.lower().replace("s", "c"))] for letter in axes),
        dtype=dtype,
        photometric="rgb" if stack.rgb else "minisblack",
        bigtiff=nbytes >= _CLASSIC_BYTES,
        **(_imagej(stack, axes, dtype) if imagej else _ome(stack, axes)),
    )


def _storable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Give the dtype on disk: the same, or one that holds the same values."""
    dtype = plain_dtype(dtype)
    if dtype == np.float16:
        return np.dtype(np.float32)
    if dtype.kind in "ui" and dtype.itemsize == 8:
        return np.dtype(np.uint32 if dtype.kind == "u" else np.int32)
    if dtype.name not in _OME_DTYPES:
        raise InputError(
            f"TIFF cannot hold {dtype}. Convert the stack, such as to float32, or write .zarr or .npy."
        )
    return dtype


def _page_axes(stack: Stack) -> str:
    """Axes as the file stores them: channels become pages before ``YX``, colours stay samples."""
    if stack.rgb:
        return stack.axes[:-1].upper() + "S"
    planes = stack.plane_axes.upper() + ("C" if stack.axes.endswith("c") else "")
    return planes + "YX"


def _pages(plane: npt.NDArray[Any], stack: Stack, dtype: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
    if plane.dtype.itemsize == 8 and plane.dtype.kind in "ui" and plane.size:
        info = np.iinfo(dtype)
        if plane.max() > info.max or plane.min() < info.min:
            raise InputError(
                f"{stack.name} holds numbers beyond {info.max}, which TIFF cannot. Write it as .zarr or .npy."
            )
    converted = np.ascontiguousarray(plane, dtype=dtype)
    if stack.axes.endswith("c") and not stack.rgb:
        yield from (np.ascontiguousarray(converted[..., c]) for c in range(converted.shape[-1]))
    else:
        yield converted


def _sizes(stack: Stack) -> dict[str, tuple[float, str]]:
    letters = stack.axes.replace("c", "")
    every = zip(letters, stack.voxel_size, stack.units, strict=True)
    return {letter: (size, unit) for letter, size, unit in every if unit != "pixel"}


def _imagej(stack: Stack, axes: str, dtype: np.dtype[Any]) -> dict[str, Any]:
    """Calibration in ImageJ's words: one unit for all lengths."""
    sizes = _sizes(stack)
    metadata: dict[str, Any] = {"axes": axes}
    if stack.classes:
        metadata |= to_imagej(stack.classes, dtype, as_channels=stack.axes.endswith("c"))
    arguments: dict[str, Any] = {"imagej": True, "metadata": metadata}
    if "x" in sizes and "y" in sizes:
        metadata["unit"] = "micron" if sizes["x"][1] == "µm" else sizes["x"][1]
        arguments["resolution"] = (1 / sizes["x"][0], 1 / sizes["y"][0])
    if "z" in sizes:
        metadata["spacing"] = sizes["z"][0]
    if "t" in sizes:
        metadata["finterval"] = sizes["t"][0]
        metadata["tunit"] = sizes["t"][1]
    return arguments


def _ome(stack: Stack, axes: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": axes, "Name": stack.name}
    for letter, (size, unit) in _sizes(stack).items():
        if letter == "t":
            metadata |= {"TimeIncrement": size, "TimeIncrementUnit": unit}
        else:
            key = f"PhysicalSize{letter.upper()}"
            metadata |= {key: size, f"{key}Unit": unit}
    if stack.channel_names and not stack.rgb:
        metadata["Channel"] = {"Name": list(stack.channel_names)}
    if stack.classes:
        metadata["MapAnnotation"] = to_map_annotations(stack.classes)
    return {"ome": True, "metadata": metadata}
