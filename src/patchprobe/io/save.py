"""Writing stacks and label stacks, with axes and voxel size."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .formats import is_zarr, suffix_of
from .label_classes import LabelClasses, to_json
from .lazy import plain_dtype
from .npy import SIDECAR_SUFFIX, SIDECAR_VERSION
from .replace_file import written_beside
from .stack import Stack

OnProgress = Callable[[int, int], None]

# Suffix → module with ``write(path, stack, planes)``, and ``write_tiles`` if it can write parts of planes.
_WRITERS = {
    ".tif": "save_tiff",
    ".tiff": "save_tiff",
    ".ome.tif": "save_tiff",
    ".ome.tiff": "save_tiff",
    ".zarr": "save_zarr",
    ".ome.zarr": "save_zarr",
}


def save_stack(path: str | os.PathLike[str], stack: Stack, on_progress: OnProgress | None = None) -> Path:
    """Write a stack, plane by plane, with its axes and voxel size.

    Parameters
    ----------
    path : str or path
        The suffix decides the format. ``.tif``: ImageJ hyperstack where ImageJ knows the dtype and size,
        else OME-TIFF; ``.ome.tif``: OME-TIFF; ``.zarr`` and ``.ome.zarr``: OME-Zarr 0.5; ``.npy``: NumPy,
        with the axes and voxel size beside it in ``<name>.npy.json``.
    stack : Stack
    on_progress : callable, optional
        Called with (planes done, planes in all) after each plane. What it raises stops the writing and
        leaves nothing behind.

    Returns
    -------
    Path
        The file or folder written. It is written beside and renamed at the end, so that a stopped run leaves
        what was there before. Planes that come in tiles, since they are very large, are written to Zarr tile
        by tile; the other formats hold one plane in memory.

    Raises
    ------
    InputError
        If the suffix is not one of these, the file cannot be written, or the format cannot hold the dtype.
    """
    target = checked_target(path)
    suffix = suffix_of(target)
    planes = _counted(stack, on_progress)
    with written_beside(target) as beside:
        if suffix == ".npy":
            _write_npy(beside, target, stack, planes)
        else:
            writer = import_module(f".{_WRITERS[suffix]}", __package__)
            if _is_tiled(stack) and hasattr(writer, "write_tiles"):
                writer.write_tiles(beside, stack, on_progress)
            else:
                writer.write(beside, stack, planes)
    return target


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a stack to be written, or say before the work what is wrong with it.

    Raises
    ------
    InputError
        If the suffix is not one that `save_stack` knows, or the place is taken by something else.
    """
    target = Path(os.fspath(path)).expanduser()
    suffix = suffix_of(target)
    if suffix != ".npy" and suffix not in _WRITERS:
        raise InputError(
            f"{target.name}: stacks can be written as .tif, .ome.tif, .ome.zarr, .zarr or .npy, not as "
            f"{suffix or 'a name without a suffix'}. Choose one of these suffixes."
        )
    if target.is_dir() and not is_zarr(target):
        raise InputError(
            f"{target} is a folder that holds other things and is not replaced. "
            "Choose another name, or remove it."
        )
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent} to write {target.name} to. Make it first.")
    return target


def save_labels(
    path: str | os.PathLike[str],
    labels: npt.ArrayLike | Any,
    stack: Stack,
    on_progress: OnProgress | None = None,
    classes: LabelClasses | None = None,
) -> Path:
    """Write labels of a stack, with the axes and voxel size of the stack.

    Parameters
    ----------
    path : str or path
        As for `save_stack`.
    labels : array_like
        Integers or bool, in the shape of the stack's data without ``c``. Kept in their dtype.
    stack : Stack
        What the labels belong to.
    on_progress : callable, optional
        As for `save_stack`.
    classes : mapping of int to LabelClass, optional
        Names and colours of the labels; `load_stack` gives them back as `Stack.classes`, whatever the format.

    Raises
    ------
    InputError
        If the labels are not integers or not of the stack's shape.
    """
    values = labels if hasattr(labels, "shape") and hasattr(labels, "dtype") else np.asarray(labels)
    axes = stack.axes.replace("c", "")
    expected = stack.shape[: len(axes)]
    if tuple(values.shape) != expected:
        raise InputError(
            f"The labels have the shape {tuple(values.shape)}, but {stack.name} needs {expected} ({axes}). "
            "Give one label for each pixel of the stack."
        )
    if np.dtype(values.dtype).kind not in "bui":
        raise InputError(
            f"Labels must be integers; got {values.dtype}. Convert them first, such as to uint16."
        )
    as_stack = replace(
        stack,
        data=values,
        axes=axes,
        name=f"{stack.name} labels",
        labels=None,
        rgb=False,
        channel_names=(),
        classes=classes or {},
    )
    return save_stack(path, as_stack, on_progress)


def _counted(stack: Stack, on_progress: OnProgress | None) -> Iterator[npt.NDArray[Any]]:
    """Planes in order, bool as uint8, each reported when the next one is asked for."""
    for i in range(stack.n_planes):
        plane = stack.plane(i)
        yield plane.astype(np.uint8) if plane.dtype == bool else plane
        if on_progress is not None:
            on_progress(i + 1, stack.n_planes)


def _is_tiled(stack: Stack) -> bool:
    """Whether planes come in tiles, since they are very large: then none is to be held whole."""
    chunks = getattr(stack.data, "chunks", None)
    lead = len(stack.plane_axes)
    return isinstance(chunks, tuple) and any(
        isinstance(along, tuple) and len(along) > 1 for along in chunks[lead : lead + 2]
    )


def _write_npy(beside: Path, target: Path, stack: Stack, planes: Iterator[npt.NDArray[Any]]) -> None:
    out = np.lib.format.open_memmap(beside, "w+", plain_dtype(stack.data.dtype), stack.shape)
    lead = stack.shape[: len(stack.plane_axes)]
    for position, plane in zip(product(*map(range, lead)), planes, strict=False):
        out[position] = plane
    # The generator reports a plane when the next is asked for; there is none after the last.
    next(planes, None)
    out.flush()
    del out
    about = {
        "patchprobe_stack": SIDECAR_VERSION,
        "axes": stack.axes,
        "voxel_size": list(stack.voxel_size),
        "units": list(stack.units),
        "rgb": stack.rgb,
        "channel_names": list(stack.channel_names),
        "classes": to_json(stack.classes),
    }
    with written_beside(target.with_name(target.name + SIDECAR_SUFFIX)) as sidecar:
        sidecar.write_text(json.dumps(about, indent=2), encoding="utf-8")
