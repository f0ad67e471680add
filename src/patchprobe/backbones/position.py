"""The part of a feature that tells where in the image it is, and its removal.

Vision transformers mark each patch with its place, and much of that is left in their features. Two displaced
sections then agree best when they are not shifted at all, and like things look different in different
corners. What all crops of a stack have in common at one cell of a tile, whatever they show, is that part.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import PatchGrid
from ..io import Stack
from ..steps import TileDone

if TYPE_CHECKING:
    from ..store import EmbeddingStore
    from .pretrained import PretrainedBackbone

Values = npt.NDArray[np.float32]

# What the crops show averages out with the root of their number.
CROPS = 24


@dataclass(frozen=True)
class Position:
    """Mean feature of each cell of a tile, over crops of a stack.

    Parameters
    ----------
    grids : tuple of PatchGrid
        One for each block of the network, of the size of a tile.
    """

    grids: tuple[PatchGrid, ...]

    @cached_property
    def digest(self) -> str:
        """Hash of the means."""
        state = blake2b(digest_size=8)
        for grid in self.grids:
            state.update(np.ascontiguousarray(grid.array).data)
        return state.hexdigest()

    def removed_from(self, blocks: list[Values]) -> list[Values]:
        """Subtract the position from the features (n, rows, cols, channels) of each block.

        Raises
        ------
        InputError
            If the tiles are of another size, as those of planes of another size are.
        """
        shapes = [block.shape[1:] for block in blocks]
        if shapes != [grid.array.shape for grid in self.grids]:
            raise InputError(
                "The position was measured on planes of another size. Prepare the backbone for these planes "
                "(Backbone.for_stack), or make them of one size."
            )
        return [block - grid.array.astype(np.float32) for block, grid in zip(blocks, self.grids, strict=True)]


def estimate_position(
    backbone: PretrainedBackbone, planes: Stack | Sequence[Values], store: EmbeddingStore | None = None
) -> Generator[TileDone, None, Position]:
    """Average the features of each cell of a tile over random crops of a stack.

    Parameters
    ----------
    backbone : PretrainedBackbone
    planes : Stack or sequence of ndarray of float32, each (H, W) or (H, W, 3)
        All of one size; those of a sequence normalised. A plane that is not much larger than a tile is
        continued by reflection, so that crops can be taken from different places.
    store : EmbeddingStore, optional
        Where the mean is kept: the same crops by the same network give the same.

    Yields
    ------
    TileDone
    """
    images = _random_crops(backbone, planes)
    if store is None:
        return Position((yield from _averaging(backbone, images)))
    state = blake2b(backbone.identity.encode(), digest_size=16)
    for image in images:
        state.update(image.data)
    return Position((yield from store.kept(f"position {state.hexdigest()}", _averaging(backbone, images))))


def _averaging(
    backbone: PretrainedBackbone, images: list[Values]
) -> Generator[TileDone, None, tuple[PatchGrid, ...]]:
    sums: list[npt.NDArray[np.float64]] = []
    for done, image in enumerate(images, start=1):
        blocks = [block[0].astype(np.float64) for block in backbone.raw_features(image[None])]
        sums = [total + block for total, block in zip(sums, blocks, strict=True)] if sums else blocks
        yield TileDone(done, len(images), "measuring the position part of the features")
    shape = (images[0].shape[1], images[0].shape[2])
    centre = (backbone.stride - 1) / 2
    return tuple(
        PatchGrid(
            (total / len(images)).astype(np.float16), backbone.stride, (centre, centre), shape, "position"
        )
        for total in sums
    )


def _random_crops(backbone: PretrainedBackbone, planes: Stack | Sequence[Values]) -> list[Values]:
    generator = np.random.default_rng(0)
    count = planes.n_planes if isinstance(planes, Stack) else len(planes)
    normalisation = planes.normalisation() if isinstance(planes, Stack) else None
    images = []
    # Every plane in turn, so that few crops still see the whole stack.
    for number in np.resize(generator.permutation(count), CROPS):
        if isinstance(planes, Stack):
            assert normalisation is not None
            plane = normalisation.apply(planes.plane(int(number)))
        else:
            plane = planes[int(number)]
        shape = (plane.shape[0], plane.shape[1])
        tile_shape = backbone.layout(shape).tile_shape
        top, left = (
            _random_start(side * backbone.name.refine, cells * backbone.stride, generator)
            for side, cells in zip(shape, tile_shape, strict=True)
        )
        images.append(backbone.cut(plane, top, left, tile_shape))
    return images


def _random_start(size: int, wanted: int, generator: np.random.Generator) -> int:
    """Start of a crop of `wanted` pixels: a crop of the plane's own size would always be the plane itself."""
    spare = size - wanted
    if spare >= wanted // 2:
        return int(generator.integers(0, spare + 1))
    return int(generator.integers(-(size // 2), size // 2 + 1))
