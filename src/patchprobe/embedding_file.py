"""Embeddings of a stack in a Zarr store: one group for each feature block, described by its attributes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from .backbones import Backbone, get_backbone
from .embedding import Embedding, OnProgress, embed_stack
from .errors import InputError
from .grid import PatchGrid
from .io import Stack
from .io.replace_file import written_beside
from .normalisation import Normalisation

if TYPE_CHECKING:
    from .store import EmbeddingStore

_FORMAT = "patchprobe-embedding"
_VERSION = 1
_FEATURES = "features"
_POSITION = "position"
# Cells along a side of a chunk: about 2 MB of 64 half-precision channels.
_CHUNK_CELLS = 128


def save_embeddings(
    path: str | os.PathLike[str],
    stack: Stack,
    backbone: str | Backbone = "filters",
    planes: Sequence[int] | None = None,
    on_progress: OnProgress | None = None,
    store: EmbeddingStore | None = None,
) -> Path:
    """Embed a stack and write the features, plane after plane, at the resolution of their grids.

    Parameters
    ----------
    path : str or path
        A Zarr store (``.zarr``). Written beside, then renamed.
    stack : Stack
    backbone : str or Backbone
    planes : sequence of int, optional
        Numbers of the planes; all of them if not given.
    on_progress : callable, optional
        Called with (planes done, planes in all) after each plane.
    store : EmbeddingStore, optional
        See `patchprobe.embed`.

    Returns
    -------
    Path
        The Zarr store. It holds a group for each block, with an array ``features`` (planes, rows, cols,
        channels) of float16 and the attributes ``stride``, ``origin`` (y, x of the centre of cell (0, 0)
        in pixels), ``image_shape`` and ``name``. The attributes of the store name ``backbone`` and its
        ``version``, the ``normalisation`` applied before (``low`` became 0, ``high`` 1), the ``planes``,
        and axes, voxel size and units of the stack. What was measured of the stack and removed from its
        features (see `patchprobe.backbones.position`) is in the group ``position``.

    Raises
    ------
    InputError
        If the suffix is another, the store cannot be written, or the stack cannot be embedded.
    """
    target = Path(path)
    if target.suffix.lower() != ".zarr":
        raise InputError(f"Features are written as a Zarr store; name it with .zarr, not {target.name!r}.")
    if target.is_dir() and not (target / "zarr.json").is_file():
        raise InputError(f"{target} is a folder that holds other things. Choose another name, or remove it.")
    chosen = list(range(stack.n_planes) if planes is None else planes)
    for plane in chosen:
        stack.plane_index(plane)
    prepared = get_backbone(backbone).for_stack(stack, store)
    with written_beside(target) as beside:
        group = zarr.create_group(beside, zarr_format=3)
        for number, grid in enumerate(prepared.measured):
            group.create_array(f"{_POSITION}/{number}", data=grid.array)
        for done, (_, embedding) in enumerate(embed_stack(stack, prepared, chosen, on_progress, store)):
            if done == 0:
                group.attrs.update(_describe(stack, embedding, chosen))
                for block, grid in enumerate(embedding.grids):
                    _add_block(group, block, grid, len(chosen))
            for block, grid in enumerate(embedding.grids):
                for (rows, cols), features in grid.tiles():
                    _array(group, block)[done, rows, cols] = features.astype(np.float16, copy=False)
    return target


def load_embedding(path: str | os.PathLike[str], plane: int) -> Embedding:
    """Read the embedding of one plane from what `save_embeddings` wrote.

    Parameters
    ----------
    path : str or path
    plane : int
        Number of the plane in its stack.

    Returns
    -------
    Embedding
        Its features are float16.

    Raises
    ------
    InputError
        If the store is not one of these, or does not hold the plane.
    """
    try:
        store = zarr.open_group(Path(path), mode="r")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a Zarr store: {error}.") from error
    about: dict[str, Any] = dict(store.attrs)
    if about.get("format") != _FORMAT or about.get("format_version") != _VERSION:
        raise InputError(f"{path} does not hold features that this version of patchprobe wrote.")
    if plane not in about["planes"]:
        raise InputError(f"{path} holds the planes {about['planes']}; plane {plane} was asked for.")
    row = about["planes"].index(plane)
    grids = []
    for block in range(about["blocks"]):
        meta: dict[str, Any] = dict(store[str(block)].attrs)
        origin, shape = tuple(meta["origin"]), tuple(meta["image_shape"])
        features = np.asarray(_array(store, block)[row])
        grids.append(PatchGrid(features, meta["stride"], origin, shape, meta["name"]))
    normalisation = Normalisation(about["normalisation"]["low"], about["normalisation"]["high"])
    return Embedding(tuple(grids), about["backbone"], about["version"], normalisation)


def _describe(stack: Stack, embedding: Embedding, planes: list[int]) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "format_version": _VERSION,
        "backbone": embedding.backbone,
        "version": embedding.version,
        "normalisation": {"low": embedding.normalisation.low, "high": embedding.normalisation.high},
        "blocks": len(embedding.grids),
        "planes": [int(plane) for plane in planes],
        "stack": {
            "name": stack.name,
            "source": stack.source,
            "shape": list(stack.shape),
            "axes": stack.axes,
            "voxel_size": list(stack.voxel_size),
            "units": list(stack.units),
        },
    }


def _add_block(store: zarr.Group, block: int, grid: PatchGrid, planes: int) -> None:
    rows, cols = grid.shape
    group = store.create_group(
        str(block),
        attributes={
            "name": grid.name,
            "stride": grid.stride,
            "origin": list(grid.origin),
            "image_shape": list(grid.image_shape),
        },
    )
    group.create_array(
        _FEATURES,
        shape=(planes, rows, cols, grid.channels),
        chunks=(1, min(rows, _CHUNK_CELLS), min(cols, _CHUNK_CELLS), grid.channels),
        dtype=np.float16,
        dimension_names=["plane", "row", "col", "channel"],
    )


def _array(store: zarr.Group, block: int) -> Any:
    return store[f"{block}/{_FEATURES}"]
