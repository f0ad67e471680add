"""Taking out of tiles what tells where in a tile they are, by what the tiles of one plane have in common.

A vision transformer marks each patch with its place, so that the features of a plane repeat a pattern from
tile to tile. Write the feature of tile t at cell x as

    f_t(x) = content(x + start_t) + Σ_k c_k b_k(x) + noise                                              (1)

with slow cosines b_k over the tile. Where tiles overlap they see the same content, and differ by the pattern
alone; elsewhere the content, which varies from tile to tile, says a little about it. The coefficients c are
the generalised least squares solution of (1), with the content of every cell an unknown of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .patch_tiles import Blend, PatchTile, TileLayout

Values = npt.NDArray[np.floating]

# Half periods along a tile of the fastest cosine: fewer leave bands, more follow what the plane shows.
_FASTEST = 4
_PAIRS = [
    (p, q)
    for p in range(_FASTEST + 1)
    for q in range(_FASTEST + 1)
    if 0 < p * p + q * q <= _FASTEST * _FASTEST
]
# Half periods down and across of each b_k.
_DOWN, _ACROSS = (list(numbers) for numbers in zip(*_PAIRS, strict=True))
# Variance of the content over that of the noise. Large: overlaps say most, the rest of the tile a little.
_CONTENT = 100.0
# Part of the mean information on a coefficient that pulls it to 0, for those that nothing determines.
_RIDGE = 0.02


class LevelledBlend(Blend):
    """Adds up tiles as `Blend` does, and takes out in the end what repeats from tile to tile.

    Parameters
    ----------
    layout : TileLayout
        Of at least two tiles: one alone does not tell the pattern from what the plane shows.
    targets : sequence of ndarray of float16, each (rows, cols, channels)
        See `Blend`.
    """

    def __init__(self, layout: TileLayout, targets: Sequence[npt.NDArray[np.float16]]) -> None:
        super().__init__(layout, targets)
        self._cosines = tuple(_cosines(side) for side in layout.tile_shape)
        self._covered = tuple(
            _added_up(length, starts, np.ones((side, 1)))
            for length, starts, side in zip(*self._axes, layout.tile_shape, strict=True)
        )
        self._overlaid = tuple(
            _added_up(length, starts, cosines)
            for length, starts, cosines in zip(*self._axes, self._cosines, strict=True)
        )
        self._sums = [np.zeros((len(_DOWN), target.shape[2])) for target in targets]
        self._totals = [np.zeros(target.shape[2]) for target in targets]

    @property
    def _axes(self) -> tuple[tuple[int, int], tuple[list[int], list[int]]]:
        """Length of each axis of the grid, and where its tiles start."""
        layout = self._layout
        return (layout.rows, layout.cols), (layout.tops, layout.lefts)

    def add(self, tile: PatchTile, blocks: Sequence[npt.NDArray[np.float32]]) -> None:
        """Add the features (rows, cols, channels) of each block of a tile."""
        super().add(tile, blocks)
        evidence = self._evidence(tile).T
        for sums, totals, block in zip(self._sums, self._totals, blocks, strict=True):
            features = block.reshape(-1, block.shape[2])
            sums += evidence @ features
            totals += features.sum(axis=0)

    def finish(self) -> None:
        """Write the last rows, and take the pattern out."""
        super().finish()
        information, of_constant = self._information()
        ridge = _RIDGE * np.trace(information) / len(information) * np.eye(len(information))
        cells = self._layout.count * self._layout.tile_shape[0] * self._layout.tile_shape[1]
        down, across = (
            _added_up(length, starts, cosines, weights)
            for length, starts, cosines, weights in zip(
                *self._axes, self._cosines, self._layout.weights_along, strict=True
            )
        )
        for sums, totals, target in zip(self._sums, self._totals, self._targets, strict=True):
            evidence = sums - np.outer(of_constant, totals / cells)
            coefficients = np.linalg.solve(information + ridge, evidence)
            pattern = across[: target.shape[1], _ACROSS]
            for row, cosines in zip(target, down[:, _DOWN], strict=False):
                row -= ((pattern * cosines) @ coefficients).astype(np.float16)

    def _evidence(self, tile: PatchTile) -> Values:
        """Give what a feature in each cell says of each coefficient: (cells, coefficients).

        Its cosines, less the part that is put down to the content: that of the sum over the tiles there.
        """
        rows, cols = slice(tile.top, tile.top + tile.rows), slice(tile.left, tile.left + tile.cols)
        covered = self._covered[0][rows, None] * self._covered[1][None, cols]
        overlaid = _products(self._overlaid[0][rows], self._overlaid[1][cols])
        as_content = _CONTENT / (1 + _CONTENT * covered) * overlaid
        return (_products(*self._cosines) - as_content).reshape(-1, len(_DOWN))

    def _information(self) -> tuple[Values, Values]:
        """Matrix of the normal equations, and the evidence that a constant would give."""
        basis = _products(*self._cosines).reshape(-1, len(_DOWN))
        evidence = sum(self._evidence(tile) for tile in self._layout.tiles())
        return basis.T @ evidence, np.asarray(evidence).sum(axis=0)


def _cosines(side: int) -> Values:
    """Cosines (side, count) of 0, 1, 2, … half periods over a tile, each of mean square 1."""
    waves = np.cos(np.pi * np.outer((np.arange(side) + 0.5) / side, np.arange(_FASTEST + 1)))
    return np.asarray(waves / np.sqrt(np.mean(waves**2, axis=0)))


def _products(down: Values, across: Values) -> Values:
    """Cosines of both axes (rows, cols, coefficients)."""
    return np.asarray(down[:, None, _DOWN] * across[None, :, _ACROSS])


def _added_up(
    length: int, starts: Sequence[int], values: Values, weights: Mapping[int, Values] | None = None
) -> Values:
    """Values (side, n) of a tile along an axis, added up where all tiles of that axis lie: (length, n)."""
    total = np.zeros((length, values.shape[1]))
    for start in starts:
        weighted = values if weights is None else values * weights[start][:, None]
        total[start : start + len(values)] += weighted
    return total
