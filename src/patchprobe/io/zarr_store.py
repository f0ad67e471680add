"""Zarr: OME-Zarr 0.1 to 0.5 with axes, scale and units, and plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from ..errors import InputError
from .containers import Candidate, choose_dataset
from .file_image import FileImage, ReadOptions, Size
from .label_classes import from_image_label
from .units import canonical

_OLD_AXES = "tczyx"
_RED_GREEN_BLUE = ("FF0000", "00FF00", "0000FF")
_MOST_NODES = 10_000


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe an array of a Zarr store: a level of an OME-Zarr image, or a plain array."""
    node: Any = zarr.open(path, mode="r")
    if options.dataset is not None and isinstance(node, zarr.Group):
        node = _inside(node, options.dataset.strip("/"), path)
    if isinstance(node, zarr.Array):
        return _plain(node)
    multiscales = _ome(node).get("multiscales")
    if multiscales:
        return _level(node, multiscales[0], options.level, path, _several(multiscales))
    images = [name for name, group in _groups(node) if _ome(group).get("multiscales")]
    if images:
        chosen = _choose_image(images, path)
        group: Any = node[chosen]
        return _level(group, _ome(group)["multiscales"][0], options.level, path, _others(images, chosen))
    arrays = list(_arrays(node))
    candidates = [Candidate(name, tuple(a.shape), np.dtype(a.dtype)) for name, a in arrays]
    name, note = choose_dataset(candidates, None, path)
    return _plain(dict(arrays)[name], (note,) if note else ())


def _inside(group: zarr.Group, name: str, path: Path) -> zarr.Group | zarr.Array[Any]:
    if name in group:
        return group[name]
    arrays = [Candidate(n, tuple(a.shape), np.dtype(a.dtype)) for n, a in _arrays(group)]
    return group[choose_dataset(arrays, name, path)[0]]


def _ome(group: zarr.Group) -> Mapping[str, Any]:
    """OME metadata: under ``ome`` since version 0.5, at the top before."""
    attributes: Mapping[str, Any] = group.attrs.asdict()
    inner = attributes.get("ome")
    return inner if isinstance(inner, Mapping) and "multiscales" not in attributes else attributes


def _several(multiscales: Sequence[Any]) -> str:
    return (
        f"The store describes {len(multiscales)} pyramids; the first was opened."
        if len(multiscales) > 1
        else ""
    )


def _choose_image(images: Sequence[str], path: Path) -> str:
    """Find the only image that is not one of labels."""
    pictures = [name for name in images if "labels" not in name.split("/")]
    # Bio-Formats puts the images of a file into groups 0, 1, …
    if len(pictures) == 1 or (pictures and pictures[0] == "0"):
        return pictures[0]
    raise InputError(
        f"{path.name} holds {len(images)} images: {', '.join(images[:20])}"
        f"{' and more' if len(images) > 20 else ''}. Choose one with dataset={images[0]!r}."
    )


def _others(images: Sequence[str], chosen: str) -> str:
    rest = [name for name in images if name != chosen]
    return f"The image {chosen!r} was opened; the store also holds {', '.join(rest[:10])}." if rest else ""


def _groups(group: zarr.Group) -> Iterator[tuple[str, zarr.Group]]:
    """List groups below, three deep: plates keep fields in rows and columns."""
    for name, first in sorted(group.groups()):
        yield name, first
        if _ome(first).get("multiscales"):
            continue
        for inner, second in _groups_once(first):
            yield f"{name}/{inner}", second
            for innermost, third in _groups_once(second):
                yield f"{name}/{inner}/{innermost}", third


def _groups_once(group: zarr.Group) -> list[tuple[str, zarr.Group]]:
    return [] if _ome(group).get("multiscales") else sorted(group.groups())


def _arrays(group: zarr.Group) -> Iterator[tuple[str, zarr.Array[Any]]]:
    for count, (name, node) in enumerate(group.members(max_depth=None)):
        if count > _MOST_NODES:
            return
        if isinstance(node, zarr.Array):
            yield name, node


def _plain(array: zarr.Array[Any], notes: tuple[str, ...] = ()) -> FileImage:
    """Describe an array without OME metadata; Zarr 3 may name its dimensions."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    return FileImage(
        array, _letters(names, array.ndim), "Zarr", _plain_sizes(array), notes=notes, chunks=array.chunks
    )


def _plain_sizes(array: zarr.Array[Any]) -> dict[str, Size]:
    """``resolution`` (slowest axis first) with ``units``, as connectomics stores write it."""
    values = array.attrs.get("resolution") or array.attrs.get("voxel_size")
    unit = array.attrs.get("units") or array.attrs.get("unit")
    if isinstance(unit, list):
        unit = unit[-1] if unit else None
    if not isinstance(values, list) or not isinstance(unit, str) or len(values) > 3:
        return {}
    pairs = {
        letter: canonical(float(v), unit) for letter, v in zip("zyx"[-len(values) :], values, strict=True)
    }
    return {letter: size for letter, size in pairs.items() if size is not None}


def _letters(names: Any, ndim: int) -> str:
    letters = [str(name).lower()[:1] for name in names or ()]
    if len(letters) != ndim or len(set(letters)) != ndim:
        return "?" * ndim
    return "".join(letter if letter in "tzyxc" else "?" for letter in letters)


def _level(group: zarr.Group, scales: Mapping[str, Any], level: int, path: Path, note: str) -> FileImage:
    datasets = scales.get("datasets") or ()
    if not 0 <= level < len(datasets):
        raise InputError(
            f"level {level} is not in {path.name}; it has {len(datasets)} level(s) of resolution, from 0."
        )
    names = [str(entry.get("path")) for entry in datasets]
    array = group.get(names[level])
    if not isinstance(array, zarr.Array):
        raise InputError(
            f"{path.name} should hold its level {level} as the array {names[level]!r}, which is not there. "
            "The store is not complete; copy it again."
        )
    axes, units = _axes(scales, array.ndim)
    omero = _ome(group).get("omero") or {}
    notes = [note]
    if len(datasets) > 1:
        notes.append(f"The store holds {len(datasets)} levels of resolution; level {level} was opened.")
    return FileImage(
        array,
        axes,
        f"OME-Zarr {scales.get('version') or _ome(group).get('version') or ''}".strip(),
        _sizes(scales, datasets[level], axes, units),
        rgb=_is_colour(omero) if "c" in axes else None,
        channel_names=_channel_names(omero),
        notes=tuple(text for text in notes if text),
        chunks=array.chunks,
        classes=from_image_label(_ome(group).get("image-label")),
    )


def _axes(scales: Mapping[str, Any], ndim: int) -> tuple[str, tuple[str, ...]]:
    """Letters and units; plain letters in 0.3, none before."""
    listed = scales.get("axes") or list(_OLD_AXES[-ndim:])
    names = [axis.get("name") if isinstance(axis, Mapping) else axis for axis in listed]
    units = tuple(str(axis.get("unit") or "") if isinstance(axis, Mapping) else "" for axis in listed)
    return _letters(names, ndim), units


def _sizes(
    scales: Mapping[str, Any], dataset: Mapping[str, Any], axes: str, units: Sequence[str]
) -> dict[str, Size]:
    """Product of the scale of the level and the scale of the whole pyramid."""
    total = np.ones(len(axes))
    for owner in (dataset, scales):
        for transformation in owner.get("coordinateTransformations") or ():
            scale = transformation.get("scale")
            if transformation.get("type") == "scale" and isinstance(scale, list) and len(scale) == len(axes):
                total *= np.asarray(scale, dtype=float)
    sizes = {letter: canonical(float(s), u) for letter, s, u in zip(axes, total, units, strict=False)}
    return {letter: size for letter, size in sizes.items() if size is not None}


def _is_colour(omero: Mapping[str, Any]) -> bool | None:
    """Whether the channels are to be shown as red, green and blue of one picture."""
    channels = omero.get("channels") or ()
    colours = tuple(str(channel.get("color", "")).upper() for channel in channels)
    if not colours:
        return None
    same_picture = (omero.get("rdefs") or {}).get("model") == "color"
    labels = [str(channel.get("label", "")).lower() for channel in channels]
    return colours == _RED_GREEN_BLUE and (
        labels == ["red", "green", "blue"] or (same_picture and not any(labels))
    )


def _channel_names(omero: Mapping[str, Any]) -> tuple[str, ...]:
    labels = tuple(str(channel.get("label", "")) for channel in omero.get("channels") or ())
    return labels if all(labels) else ()
