"""HDF5: one data set of a file, read when needed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError
from .containers import Candidate, choose_dataset
from .file_image import FileImage, ReadOptions, Size
from .units import canonical

_LEVEL = re.compile(r"(.*?)s(\d+)")
# Attributes that hold the size of a voxel, slowest axis first, and the unit that their writers mean.
_SIZE_ATTRIBUTES = (
    ("element_size_um", "µm"),
    ("element_size_nm", "nm"),
    ("resolution", "nm"),
    ("voxel_size", ""),
    ("pixel_size", ""),
)
_UNIT_ATTRIBUTES = ("unit", "units", "resolution_unit", "voxel_unit")


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe one data set of an HDF5 file.

    Sizes are taken from ``element_size_um`` (ilastik, Fiji), ``resolution`` (CREMI: nm) and such; axes
    from ``axistags`` (ilastik), ``axes`` or the labels of the dimensions.
    """
    # The file stays open as long as the array that reads from it.
    file = h5py.File(path, "r")
    name, note = choose_dataset(candidates(file, options), options.dataset, path)
    data = file[name]
    if not isinstance(data, h5py.Dataset) or data.shape is None:
        raise InputError(f"{name!r} in {path.name} is empty. Choose another data set with dataset.")
    axes = _axes(data)
    sizes, size_note = _sizes(data, axes)
    return FileImage(
        data,
        axes,
        "HDF5",
        sizes,
        notes=tuple(text for text in (note, size_note) if text),
        chunks=data.chunks,
    )


def candidates(file: h5py.File, options: ReadOptions) -> list[Candidate]:
    """List all data sets; of pyramids s0, s1, … only the wanted level, unless one is asked for by name."""
    found: list[Candidate] = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            found.append(Candidate(name, tuple(item.shape), item.dtype))

    file.visititems(visit)
    if options.dataset is not None:
        return found
    names = {c.name for c in found}

    def is_other_level(name: str) -> bool:
        match = _LEVEL.fullmatch(name)
        return bool(match and f"{match[1]}s{options.level}" in names and int(match[2]) != options.level)

    return [c for c in found if not is_other_level(c.name)]


def _axes(data: h5py.Dataset) -> str:
    """Letters that the data set states, ``?`` where it does not."""
    labels = [dim.label for dim in data.dims]
    if not any(labels):
        labels = _keys_of_axistags(data.attrs.get("axistags")) or _as_list(data.attrs.get("axes"))
    letters = [str(label).lower()[:1] for label in labels]
    ndim = len(data.shape)
    if len(letters) != ndim or len(set(letters)) != len(letters):
        return "?" * ndim
    return "".join(letter if letter in "tzyxc" else "?" for letter in letters)


def _keys_of_axistags(tags: Any) -> list[str]:
    if tags is None:
        return []
    try:
        return [str(axis["key"]) for axis in json.loads(tags)["axes"]]
    except (TypeError, ValueError, KeyError):
        return []


def _as_list(value: Any) -> list[str]:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return list(value)
    if value is None:
        return []
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in np.ravel(value)]


def _sizes(data: h5py.Dataset, axes: str) -> tuple[dict[str, Size], str]:
    """Voxel sizes from the attributes of the data set or of the groups above it."""
    for attributes in _attributes_upwards(data):
        for key, usual in _SIZE_ATTRIBUTES:
            if key not in attributes:
                continue
            said = next((u for a in _UNIT_ATTRIBUTES for u in _as_unit(attributes.get(a))), "")
            sizes = _assign(list(np.ravel(attributes[key])), said or usual, axes, data.ndim)
            guessed = sizes and not said and key == "resolution"
            note = "The attribute 'resolution' has no unit; nm was assumed, as in CREMI." if guessed else ""
            if sizes:
                return sizes, note
    return {}, ""


def _attributes_upwards(data: h5py.Dataset) -> list[Mapping[str, Any]]:
    found, item = [data.attrs], data
    while item.name != "/":
        item = item.parent
        found.append(item.attrs)
    return found


def _as_unit(value: Any) -> list[str]:
    # One unit for each axis is common; lengths come last.
    return _units[-1:] if (_units := _strings(value)) else []


def _strings(value: Any) -> list[str]:
    if isinstance(value, (str, bytes)):
        return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value]
    return _as_list(value)


def _assign(values: Sequence[Any], unit: str, axes: str, ndim: int) -> dict[str, Size]:
    """Match numbers to axes: all of them, or the spatial ones."""
    spatial = [letter for letter in axes if letter in "zyx"] or list("zyx"[-min(ndim, 3) :])
    letters = list(axes) if len(values) == ndim and "?" not in axes else spatial
    if len(values) == 3 and len(letters) == 2:
        letters = ["z", *letters]
    if len(values) != len(letters):
        return {}
    sizes = {}
    for letter, value in zip(letters, values, strict=True):
        try:
            size = canonical(float(value), unit)
        except (TypeError, ValueError):
            return {}
        if size is not None and letter in "zyx":
            sizes[letter] = size
    return sizes
