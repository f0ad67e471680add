"""Cutting a grid of patches into overlapping tiles, and blending what a network made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

# Part of a tile's usual side that it shares with the next one, where the two are blended.
_OVERLAP = 1 / 6
# How much larger than usual a tile may be: a little larger often saves whole rows of them.
_LARGEST = 1.25


@dataclass(frozen=True)
class PatchTile:
    """Where a tile lies on the grid, in cells."""

    top: int
    left: int
    rows: int
    cols: int


@dataclass(frozen=True)
class TileLayout:
    """Overlapping tiles of equal size over a grid.

    Parameters
    ----------
    rows, cols : int
        Of the grid.
    usual : int
        Side of a tile in cells that the network works best with. Tiles are up to a quarter larger where fewer
        of them are then enough, and as small as covers the grid evenly.
    """

    rows: int
    cols: int
    usual: int

    @cached_property
    def tops(self) -> list[int]:
        """First rows of the tiles."""
        return _starts(self.rows, self.tile_shape[0], self._overlap)

    @cached_property
    def lefts(self) -> list[int]:
        """First columns of the tiles."""
        return _starts(self.cols, self.tile_shape[1], self._overlap)

    @cached_property
    def tile_shape(self) -> tuple[int, int]:
        """Rows and columns of every tile."""
        rows, cols = (_side(length, self.usual, self._overlap) for length in (self.rows, self.cols))
        return rows, cols

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self.tops) * len(self.lefts)

    def tiles(self) -> Iterator[PatchTile]:
        """List the tiles, row by row."""
        rows, cols = self.tile_shape
        return (PatchTile(top, left, rows, cols) for top in self.tops for left in self.lefts)

    def weights(self, tile: PatchTile) -> npt.NDArray[np.float32]:
        """Weights (rows, cols, 1) of a tile; those of all tiles add up to 1 in every cell."""
        along_rows, along_cols = self.weights_along
        return along_rows[tile.top][:, None, None] * along_cols[tile.left][None, :, None]

    @property
    def _overlap(self) -> int:
        return max(1, round(self.usual * _OVERLAP))

    @cached_property
    def weights_along(self) -> tuple[dict[int, npt.NDArray[np.float32]], dict[int, npt.NDArray[np.float32]]]:
        """Weights along each axis of the tiles that start at a row, and at a column."""
        rows, cols = self.tile_shape
        return (
            _blending_weights(self.rows, rows, self.tops, self._overlap),
            _blending_weights(self.cols, cols, self.lefts, self._overlap),
        )


def _side(length: int, usual: int, overlap: int) -> int:
    """Cells along the side of a tile: as few tiles as do, and these no larger than they must be."""
    largest = max(usual, round(usual * _LARGEST))
    if length <= largest:
        return length
    count = -(-(length - overlap) // (largest - overlap))
    return -(-(length + (count - 1) * overlap) // count)


def _starts(length: int, side: int, overlap: int) -> list[int]:
    if length <= side:
        return [0]
    count = -(-(length - overlap) // (side - overlap))
    return [round(start) for start in np.linspace(0, length - side, count)]


def _blending_weights(
    length: int, side: int, starts: Sequence[int], overlap: int
) -> dict[int, npt.NDArray[np.float32]]:
    """Weights of each tile along one axis, by its start: they rise over the overlap and sum to 1."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]) + 1
    ramp = np.minimum(distance / (overlap + 1), 1)
    total = np.zeros(length)
    for start in starts:
        total[start : start + side] += ramp
    return {start: (ramp / total[start : start + side]).astype(np.float32) for start in starts}


class Blend:
    """Adds up tiles that come row by row, holding one row of them in single precision.

    Parameters
    ----------
    layout : TileLayout
    targets : sequence of ndarray of float16, each (rows, cols, channels)
        Where the blended features of each block go. They may be smaller than the grid of the layout, whose
        last rows and columns are then left out.
    """

    def __init__(self, layout: TileLayout, targets: Sequence[npt.NDArray[np.float16]]) -> None:
        self._layout = layout
        self._targets = targets
        rows = layout.tile_shape[0]
        self._bands = [np.zeros((rows, layout.cols, target.shape[2]), np.float32) for target in targets]
        self._top = 0

    def add(self, tile: PatchTile, blocks: Sequence[npt.NDArray[np.float32]]) -> None:
        """Add the features (rows, cols, channels) of each block of a tile."""
        self._write_rows_before(tile.top)
        weights = self._layout.weights(tile)
        for band, block in zip(self._bands, blocks, strict=True):
            band[:, tile.left : tile.left + tile.cols] += weights * block

    def finish(self) -> None:
        """Write the last rows."""
        self._write_rows_before(self._layout.rows)

    def _write_rows_before(self, top: int) -> None:
        count = top - self._top
        if count == 0:
            return
        for band, target in zip(self._bands, self._targets, strict=True):
            place = target[self._top : top]
            place[...] = band[: len(place), : target.shape[1]]
            left = len(band) - count
            band[:left] = band[count:].copy()
            band[left:] = 0
        self._top = top
