"""The part of a feature that tells where in the image it is, and its removal.

Vision transformers mark each patch with its place, and much of that is left in their features. Two displaced
sections then agree best when they are not shifted at all. What all crops of a stack have in common at
one cell of the grid, whatever they show, is that part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..embedding import Embedding
from ..errors import InputError
from ..io import Stack
from ..normalisation import estimate_normalisation


@dataclass(frozen=True)
class Position:
    """Mean feature of each grid cell over crops of a stack.

    Parameters
    ----------
    blocks : tuple of ndarray of float32, each (rows, cols, channels)
        One for each block of the backbone.
    backbone, version : str
        What made them.
    """

    blocks: tuple[npt.NDArray[np.float32], ...]
    backbone: str
    version: str


def estimate_position(
    planes: Stack | Sequence[npt.NDArray[Any]],
    backbone: str | Backbone,
    crops: int = 24,
    shape: tuple[int, int] | None = None,
    seed: int = 0,
) -> Position:
    """Average the features of each grid cell over random crops of one stack.

    Parameters
    ----------
    planes : Stack or sequence of ndarray, each (H, W) or (H, W, C)
    backbone : str or Backbone
    crops : int
        How many; what the crops show averages out with the root of their number.
    shape : tuple of int, optional
        (H, W) in pixels of the images whose position is to be removed; that of the planes if not given.
        Planes are continued by reflection where a crop reaches beyond them.
    seed : int

    Returns
    -------
    Position

    Raises
    ------
    InputError
        If there is no plane or no crop.
    """
    resolved = get_backbone(backbone)
    count = planes.n_planes if isinstance(planes, Stack) else len(planes)
    if count == 0 or crops < 1:
        raise InputError(f"The position needs at least one plane and one crop; got {count} and {crops}.")
    read = planes.plane if isinstance(planes, Stack) else planes.__getitem__
    normalisation = planes.normalisation() if isinstance(planes, Stack) else estimate_normalisation(planes)
    generator = np.random.default_rng(seed)
    # Every plane in turn, so that few crops still see the whole stack.
    order = np.resize(generator.permutation(count), crops)
    sums: list[npt.NDArray[Any]] = []
    for number in order:
        crop = _random_crop(read(int(number)), shape, generator)
        grids = resolved.embed(crop, normalisation).grids
        features = [grid.array.astype(np.float64) for grid in grids]
        sums = [s + f for s, f in zip(sums, features, strict=True)] if sums else features
    blocks = tuple((total / crops).astype(np.float32) for total in sums)
    return Position(blocks, resolved.spec.name, resolved.spec.version)


def remove_position(embedding: Embedding, position: Position) -> Embedding:
    """Subtract the position from an embedding of the same backbone and image shape.

    Parameters
    ----------
    embedding : Embedding
    position : Position

    Returns
    -------
    Embedding
        With features in float32.

    Raises
    ------
    InputError
        If the backbone or the grids differ.
    """
    if (embedding.backbone, embedding.version) != (position.backbone, position.version):
        raise InputError(
            f"The position was measured with {position.backbone} ({position.version}), the section embedded "
            f"with {embedding.backbone} ({embedding.version}). Measure it with the same backbone."
        )
    shapes = [grid.features.shape for grid in embedding.grids]
    if shapes != [block.shape for block in position.blocks]:
        raise InputError(
            f"The position was measured on grids {[block.shape for block in position.blocks]}, the section "
            f"has {shapes}. Measure it with estimate_position(..., shape={embedding.image_shape})."
        )
    grids = tuple(
        replace(grid, features=grid.array.astype(np.float32) - block)
        for grid, block in zip(embedding.grids, position.blocks, strict=True)
    )
    return replace(embedding, grids=grids)


def _random_crop(
    plane: npt.NDArray[Any], shape: tuple[int, int] | None, generator: np.random.Generator
) -> npt.NDArray[Any]:
    """Cut a random window from a plane that is continued by reflection."""
    index = []
    for size, wanted in zip(plane.shape[:2], shape or plane.shape[:2], strict=True):
        # A window of the plane's own size would always be the plane itself: let it roam by half.
        spare = size - wanted if size - wanted >= wanted // 2 else size // 2
        low = 0 if spare == size - wanted else -spare
        positions = np.arange(wanted) + int(generator.integers(low, spare + 1))
        folded = np.abs((positions + size) % (2 * size) - size)
        index.append(np.minimum(folded, size - 1))
    return plane[np.ix_(*index)]
