"""Embeddings brought to one grid of cells on which two sections are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..errors import InputError
from ..grid import PatchGrid
from .information import LEAST_SHARE

Features = Embedding | PatchGrid | npt.ArrayLike
Mask = npt.NDArray[np.bool_]

_CELLS = 64


def comparison_grid(features: Features, cells: int = _CELLS) -> PatchGrid:
    """Bring what may be compared to a single grid of cells.

    The cells of dense blocks, such as those of ``filters``, are averaged in squares until the longer side
    has at most `cells` of them; coarser blocks stay as they are. Several blocks are put side by side on the
    coarsest of their grids, each divided by the root of its number of channels.

    Parameters
    ----------
    features : Embedding, PatchGrid or array_like
        An array is (rows, cols, channels), or (n_patches, channels) with the patches of a square grid row
        by row; its cells are 1 px apart.
    cells : int
        Most cells along the longer side for dense blocks (stride under 8 px).

    Returns
    -------
    PatchGrid

    Raises
    ------
    InputError
        If an array has another shape.
    """
    if isinstance(features, PatchGrid):
        return _pooled(features, cells)
    if not isinstance(features, Embedding):
        return _grid_of_array(np.asarray(features))
    blocks = [_pooled(grid, cells) for grid in features.grids]
    coarsest = max(blocks, key=lambda block: block.stride)
    if len(blocks) == 1:
        return coarsest
    rows, cols = np.indices(coarsest.shape).reshape(2, -1)
    centres = np.stack([rows, cols], axis=1) * coarsest.stride + coarsest.origin
    side_by_side = [
        block.sample(centres).reshape(*coarsest.shape, -1) / np.sqrt(block.channels) for block in blocks
    ]
    return replace(coarsest, features=np.concatenate(side_by_side, axis=2), name=features.backbone)


def comparable_grids(a: Features, b: Features, cells: int = _CELLS) -> tuple[PatchGrid, PatchGrid]:
    """Bring two embeddings to grids of equal stride and channels, or say why they cannot be compared."""
    if (
        isinstance(a, Embedding)
        and isinstance(b, Embedding)
        and (a.backbone, a.version) != (b.backbone, b.version)
    ):
        raise InputError(
            f"One section was embedded with {a.backbone} ({a.version}), the other with {b.backbone} "
            f"({b.version}). Embed both with the same backbone."
        )
    first, second = comparison_grid(a, cells), comparison_grid(b, cells)
    if first.stride != second.stride:
        # Dense blocks of planes of different size: average both as the larger one.
        longest = max(max(grid.image_shape) for grid in (first, second))
        first, second = (
            comparison_grid(features, round(cells * max(grid.image_shape) / longest))
            for features, grid in ((a, first), (b, second))
        )
    if first.channels != second.channels or first.stride != second.stride:
        raise InputError(
            f"The two sections have {first.channels} and {second.channels} feature channels, "
            f"{first.stride:g} and {second.stride:g} px apart. Embed both with the same backbone."
        )
    return first, second


def informative_cells(grid: PatchGrid, pixels: Mask | None = None) -> Mask:
    """Cells that carry information.

    Parameters
    ----------
    grid : PatchGrid
    pixels : ndarray of bool, shape (H, W), optional
        Informative pixels; a cell counts if most of its pixels do. Without them, a cell does not count if
        its features are zero or not finite, or if it lies in a square of 2 × 2 equal cells; unless that
        leaves less than a quarter, which means that they are the background of sparse objects.

    Returns
    -------
    ndarray of bool, shape (rows, cols)
    """
    features = grid.array
    finite = np.isfinite(features).all(axis=2)
    if pixels is not None:
        return np.asarray(finite & (_share_of_cells(pixels, grid) > 0.5))
    useful = finite & (features != 0).any(axis=2)
    equal_below = (features[1:] == features[:-1]).all(axis=2)
    square = equal_below[:, 1:] & equal_below[:, :-1] & (features[1:, 1:] == features[1:, :-1]).all(axis=2)
    for rows in (slice(0, -1), slice(1, None)):
        for cols in (slice(0, -1), slice(1, None)):
            useful[rows, cols] &= ~square
    return np.asarray(useful if useful.mean() >= LEAST_SHARE else finite)


def _share_of_cells(pixels: Mask, grid: PatchGrid) -> npt.NDArray[np.float32]:
    """Share of informative pixels in the square of one stride around the centre of each cell."""
    side = max(1, round(grid.stride))
    # Outside the image there is nothing, so that a cell that hangs over the edge counts in part.
    smooth = cv2.blur(pixels.astype(np.float32), (side, side), borderType=cv2.BORDER_REPLICATE)
    rows, cols = (
        np.clip(np.rint(np.arange(n) * grid.stride + origin).astype(int), 0, size - 1)
        for n, origin, size in zip(grid.shape, grid.origin, pixels.shape, strict=True)
    )
    return np.asarray(smooth[rows[:, None], cols[None, :]])


def _pooled(grid: PatchGrid, cells: int) -> PatchGrid:
    """Average the cells of a dense grid in squares."""
    if grid.stride >= 8:
        return grid
    side = max(1, -(-max(grid.shape) // max(cells, 1)))
    down, across = (min(side, n) for n in grid.shape)
    rows, cols = grid.shape[0] // down, grid.shape[1] // across
    squares = grid.array[: rows * down, : cols * across]
    # One channel at a time: dense grids are large and lie channel by channel in memory.
    means = [
        cv2.resize(np.asarray(squares[:, :, c], dtype=np.float32), (cols, rows), interpolation=cv2.INTER_AREA)
        for c in range(grid.channels)
    ]
    origin = (grid.origin[0] + grid.stride * (down - 1) / 2, grid.origin[1] + grid.stride * (across - 1) / 2)
    return replace(grid, features=np.stack(means, axis=2), stride=grid.stride * side, origin=origin)


def _grid_of_array(array: npt.NDArray[np.floating]) -> PatchGrid:
    """Take an array of features as a grid of stride 1."""
    if array.ndim == 2:
        side = round(len(array) ** 0.5)
        if side * side != len(array):
            raise InputError(
                f"{len(array)} patches do not fill a square grid. Reshape the features to "
                "(rows, cols, channels), or pass the embedding itself."
            )
        array = array.reshape(side, side, -1)
    if array.ndim != 3 or array.size == 0:
        raise InputError(
            f"Features must be (n_patches, channels) or (rows, cols, channels); got shape {array.shape}."
        )
    return PatchGrid(array, 1, (0, 0), (array.shape[0], array.shape[1]))


def equalised(
    a: npt.NDArray[np.floating], b: npt.NDArray[np.floating], masks: Sequence[Mask]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Give the channels of two grids equal weight.

    Both are multiplied by the same number in each channel, the inverse of the geometric mean of the two
    standard deviations. So equal content stays equal to the bit, and a section of half the contrast, whose
    deviations are all halved, keeps the balance of its channels.
    """
    first, second = (np.nan_to_num(grid.astype(np.float32)) for grid in (a, b))
    spread = np.sqrt(first[masks[0]].std(axis=0) * second[masks[1]].std(axis=0))
    known = spread > 1e-6 * spread.max(initial=0)
    weight = np.where(known, 1 / np.where(known, spread, 1), 0).astype(np.float32)
    return first * weight, second * weight
