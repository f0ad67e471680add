"""Transforms as OME-Zarr describes coordinate transformations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import zarr

from ..errors import InputError
from ..io.lazy import reading
from .plane_map import PlaneMap
from .transform import Transform

NgffVersion = Literal["0.4", "0.5", "0.6"]
FRAME = "aligned"


def ngff_transformations(
    transform: PlaneMap,
    pixel_size: tuple[float, float] = (1.0, 1.0),
    version: NgffVersion = "0.5",
    *,
    path: str = "0",
) -> list[dict[str, Any]]:
    """Describe where a section lies in the common frame, in the words of OME-Zarr.

    OME-Zarr goes from the pixels of an image to the world, which is the inverse of `transform`; the common
    frame's pixel (0, 0) is the origin of the world.

    Parameters
    ----------
    transform : PlaneMap
        From the common frame to the section.
    pixel_size : tuple of float
        (y, x) in the unit of the axes.
    version : {"0.4", "0.5", "0.6"}
        0.4 and 0.5 know ``scale`` and ``translation`` only; 0.6 (RFC-5) has ``affine``: rows of the matrix
        on (y, x, 1), between the named input and output.
    path : str
        Array that 0.6 names as the input.

    Returns
    -------
    list of dict
        Two entries, scale and translation, for 0.4 and 0.5; one ``affine`` for 0.6.

    Raises
    ------
    InputError
        If the version cannot hold the transform.

    References
    ----------
    https://ngff.openmicroscopy.org/0.5, section "multiscales"; RFC-5, "Coordinate systems and
    transformations", which became version 0.6.
    """
    if version not in get_args(NgffVersion):
        raise InputError(f"OME-Zarr 0.4, 0.5 and 0.6 can be written; got {version!r}.")
    if not isinstance(transform, Transform):
        raise InputError(
            "OME-Zarr holds displacement fields as arrays of their own, which is not written here. Save the "
            "alignment as JSON, or write the aligned pixels."
        )
    size = np.array(pixel_size, dtype=np.float64)
    placed = transform.inverse()
    if version == "0.6":
        rows = np.concatenate([placed.matrix[:2, :2], placed.matrix[:2, 2:]], axis=1) * size[:, None]
        return [
            {
                "type": "affine",
                "affine": rows.tolist(),
                "input": {"path": path},
                "output": {"name": FRAME},
            }
        ]
    if not placed.is_translation:
        raise InputError(
            f"OME-Zarr {version} knows only scale and translation, and this transform turns, stretches or "
            "shears. Save the alignment as JSON, ask for version 0.6, or write the aligned pixels."
        )
    return [
        {"type": "scale", "scale": size.tolist()},
        {"type": "translation", "translation": (np.array(placed.shift) * size).tolist()},
    ]


def place_in_frame(path: str | os.PathLike[str], transform: PlaneMap) -> None:
    """Write into the OME-Zarr 0.5 store of one section where it lies; its pixels stay as they are.

    A translation is added for all levels of resolution; one that was there is replaced.

    Parameters
    ----------
    path : str or path
        Store with one plane (axes ``yx``, others of length one or channels), as `save_stack` writes.
    transform : PlaneMap
        From the common frame to the section; a translation.

    Raises
    ------
    InputError
        If it is no such store, has several planes, or the transform is not a translation.
    """
    store = Path(path)
    with reading(store):
        group = zarr.open_group(store, mode="r+")
        about: Any = dict(group.attrs)["ome"]
        multiscale = about["multiscales"][0]
        axes = [axis["name"] for axis in multiscale["axes"]]
        level = multiscale["datasets"][0]
        shape = group[level["path"]].shape  # type: ignore[union-attr]
        scale = dict(zip(axes, level["coordinateTransformations"][0]["scale"], strict=True))
    if any(n > 1 for letter, n in zip(axes, shape, strict=True) if letter not in "yxc"):
        raise InputError(
            f"{store.name} has several planes, and OME-Zarr 0.5 has one transformation for all of them. "
            "Write each section as an image of its own, or write the aligned pixels."
        )
    _, moved = ngff_transformations(transform, (scale["y"], scale["x"]), "0.5")
    at = dict(zip("yx", moved["translation"], strict=True))
    multiscale["coordinateTransformations"] = [
        {"type": "scale", "scale": [1.0] * len(axes)},
        {"type": "translation", "translation": [at.get(letter, 0.0) for letter in axes]},
    ]
    group.attrs["ome"] = about
