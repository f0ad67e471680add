"""Measuring objects: size, place and intensity, in pixels and in the units of the voxel size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.measure import regionprops_table

from ..io import Stack
from .split import Instances

_COLOURS = ("red", "green", "blue", "alpha")


@dataclass(frozen=True)
class Pieces:
    """What is measured of the objects of one plane, or of a stack; sums that can be put together.

    Parameters
    ----------
    label : ndarray of int, shape (n,)
    plane : ndarray of int, shape (n,)
        Where the object is, or most of it.
    planes : ndarray of int, shape (n,)
        On how many planes it is.
    size : ndarray of float, shape (n,)
        Pixels.
    centre : ndarray of float, shape (n, 2 or 3)
        Mean of its pixels along (y, x), or (z, y, x) where the stack has z, in pixels.
    intensity : ndarray of float, shape (n, channels)
        Mean of each channel.
    """

    label: npt.NDArray[np.int64]
    plane: npt.NDArray[np.int64]
    planes: npt.NDArray[np.int64]
    size: npt.NDArray[np.float64]
    centre: npt.NDArray[np.float64]
    intensity: npt.NDArray[np.float64]


def measure_plane(instances: Instances, image: npt.NDArray[Any], plane: int, z: int | None) -> Pieces:
    """Measure the objects of one plane.

    Parameters
    ----------
    instances : ndarray of int32, shape (H, W)
    image : ndarray, shape (H, W) or (H, W, C)
    plane : int
        Number of the plane.
    z : int or None
        Index along z; None where the stack has no such axis.
    """
    values = (image if image.ndim == 3 else image[:, :, None]).astype(np.float64)
    wanted = ("label", "area", "centroid", "intensity_mean")
    found = regionprops_table(instances, values, properties=wanted)  # type: ignore[no-untyped-call]
    n, channels = len(found["label"]), values.shape[2]
    columns = [found["centroid-0"], found["centroid-1"]]
    if z is not None:
        columns.insert(0, np.full(n, float(z)))
    intensity = [found[f"intensity_mean-{channel}"] for channel in range(channels)]
    return Pieces(
        label=np.asarray(found["label"], dtype=np.int64),
        plane=np.full(n, plane, dtype=np.int64),
        planes=np.ones(n, dtype=np.int64),
        size=np.asarray(found["area"], dtype=np.float64),
        centre=np.stack(columns, axis=1).astype(np.float64),
        intensity=np.stack(intensity, axis=1).astype(np.float64),
    )


def put_together(pieces: Sequence[Pieces]) -> Pieces:
    """Put pieces one after the other."""
    return Pieces(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("label", "plane", "planes", "size", "centre", "intensity")
        )
    )


def merged(pieces: Pieces, label: npt.NDArray[np.int64]) -> Pieces:
    """Make one object of all pieces with the same new label; those with label 0 are left out.

    Parameters
    ----------
    pieces : Pieces
        Of one plane each.
    label : ndarray of int, shape (n,)
        New label of each piece.
    """
    kept = np.flatnonzero(label > 0)
    labels, group = np.unique(label[kept], return_inverse=True)
    size = np.bincount(group, pieces.size[kept], len(labels)).astype(np.float64)

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        share = pieces.size[kept] / size[group]
        columns = [np.bincount(group, share * column, len(labels)) for column in values[kept].T]
        return np.stack(columns, axis=1) if columns else np.empty((len(labels), 0))

    # The largest piece of each object comes first in this order, and unique takes the first.
    order = np.lexsort((kept, -pieces.size[kept], group))
    _, largest = np.unique(group[order], return_index=True)
    planes = np.unique(np.stack([group, pieces.plane[kept]], axis=1), axis=0)[:, 0]
    return Pieces(
        label=labels,
        plane=pieces.plane[kept][order][largest],
        planes=np.bincount(planes, minlength=len(labels)).astype(np.int64),
        size=size,
        centre=mean(pieces.centre),
        intensity=mean(pieces.intensity),
    )


def table_of(pieces: Pieces, stack: Stack, number: int, solid: bool) -> dict[str, npt.NDArray[Any]]:
    """Turn measurements into a table: columns by name, in order, one row for each object.

    Parameters
    ----------
    pieces : Pieces
        One for each object.
    stack : Stack
        What was measured; gives voxel size and channels.
    number : int
        Class of the objects.
    solid : bool
        Whether the objects go through planes: then they have a volume.

    Returns
    -------
    dict of str to ndarray, each (n,)
        ``label``, ``class``, ``plane`` and, of solid objects, ``planes``; ``area_px`` or ``volume_px``;
        where the voxel size is known, ``area_nm2`` or ``volume_nm3`` in its unit; ``diameter_nm`` of the
        circle or sphere of that size; ``mean_intensity``, one for each channel; ``centroid_z_nm``,
        ``centroid_y_nm``, ``centroid_x_nm``: index times voxel size, so that the centre of the first voxel
        is 0. Without a known unit, ``px`` stands for it.
    """
    axes = ("zyx" if "z" in stack.plane_axes else "yx")[-pieces.centre.shape[1] :]
    steps = stack.voxel_size[-len(axes) :]
    units = [_plain(unit) for unit in stack.units[-len(axes) :]]
    table: dict[str, npt.NDArray[Any]] = {
        "label": pieces.label,
        "class": np.full(len(pieces.label), number),
        "plane": pieces.plane,
    }
    if solid:
        table["planes"] = pieces.planes
    _add_size(table, pieces.size, steps, units, solid)
    for name, column in zip(_channel_names(stack), pieces.intensity.T, strict=True):
        table[f"mean_intensity{name}"] = column
    for axis, letter in enumerate(axes):
        table[f"centroid_{letter}_{units[axis]}"] = pieces.centre[:, axis] * steps[axis]
    return table


def _add_size(
    table: dict[str, npt.NDArray[Any]],
    size: npt.NDArray[np.float64],
    steps: Sequence[float],
    units: Sequence[str],
    solid: bool,
) -> None:
    n = 3 if solid else 2
    what = "volume" if solid else "area"
    table[f"{what}_px"] = size
    unit = units[-1]
    is_known = unit != "px" and len(set(units[-n:])) == 1
    physical = size * float(np.prod(steps[-n:])) if is_known else size
    if is_known:
        table[f"{what}_{unit}{n}"] = physical
    diameter = np.cbrt(6 * physical / np.pi) if solid else np.sqrt(4 * physical / np.pi)
    table[f"diameter_{unit if is_known else 'px'}"] = diameter


def _plain(unit: str) -> str:
    """Spell a unit so that any program reads it."""
    return {"pixel": "px", "µm": "um"}.get(unit, unit)


def _channel_names(stack: Stack) -> list[str]:
    if not stack.axes.endswith("c"):
        return [""]
    if stack.rgb:
        return [f"_{colour}" for colour in _COLOURS[: stack.n_channels]]
    names = stack.channel_names or [str(channel) for channel in range(stack.n_channels)]
    return [f"_{name}" for name in names]
