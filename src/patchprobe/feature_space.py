"""The features of one block or of all, on one scale, and linear maps of them brought to pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .errors import InputError
from .grid import PatchGrid, even_points
from .tiles import Window, windows

SMALLEST = 1e-6
_POINTS = 4096
_POINTS_PER_PLANE = 16


@dataclass(frozen=True)
class FeatureSpace:
    """Channels standardised over some planes, and blocks that count equally, as in the probe.

    Parameters
    ----------
    mean, scale : ndarray of float64, shape (channels of the blocks looked at,)
        ``(features - mean) * scale`` has the variance 1 / (channels of its block) in each channel; a
        channel that does not vary has the scale 0.
    block : int or None
        Number of the block that is looked at; None for all.
    """

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    block: int | None

    def standardise(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Bring features (n, channels) onto the one scale."""
        return np.asarray((features - self.mean) * self.scale, dtype=np.float64)


def chosen_grids(embedding: Embedding, block: int | None) -> tuple[PatchGrid, ...]:
    """Return the grid of one block, or all grids of an embedding.

    Raises
    ------
    InputError
        If there is no such block.
    """
    if block is None:
        return embedding.grids
    if not 0 <= block < len(embedding.grids):
        raise InputError(
            f"There is no block {block}: {embedding.backbone!r} has {len(embedding.grids)}, counted from 0. "
            "Choose one of these, or None for all."
        )
    return (embedding.grids[block],)


def fit_feature_space(
    embeddings: Embedding | Sequence[Embedding], block: int | None = None
) -> tuple[FeatureSpace, npt.NDArray[np.float64]]:
    """Fit the scale of each channel to some planes.

    Parameters
    ----------
    embeddings : Embedding or sequence of Embedding
        All of one backbone. About 4096 positions in all are looked at, on a regular raster, so equal
        input gives equal results.
    block : int, optional
        Number of the block to look at; all of them if not given.

    Returns
    -------
    FeatureSpace
    sample : ndarray of float64, shape (n, channels)
        The standardised features at the positions that were looked at.

    Raises
    ------
    InputError
        If no embedding is given, or there is no such block.
    """
    planes = [embeddings] if isinstance(embeddings, Embedding) else list(embeddings)
    if not planes:
        raise InputError("There are no features to look at. Embed at least one plane first.")
    wanted = max(_POINTS // len(planes), _POINTS_PER_PLANE)
    sample = np.concatenate([_sample(plane, block, wanted) for plane in planes])
    deviation = sample.std(axis=0, dtype=np.float64)
    channels = [grid.channels for grid in chosen_grids(planes[0], block)]
    balance = 1 / np.sqrt(np.repeat(channels, channels))
    scale = np.where(deviation > SMALLEST, balance / np.maximum(deviation, SMALLEST), 0)
    space = FeatureSpace(sample.mean(axis=0, dtype=np.float64), scale, block)
    return space, space.standardise(sample)


def _sample(plane: Embedding, block: int | None, count: int) -> npt.NDArray[np.float32]:
    points = even_points(plane.image_shape, count)
    return np.concatenate([grid.sample(points) for grid in chosen_grids(plane, block)], axis=1)


def principal_directions(standardised: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Directions in which features vary most, strongest first.

    Parameters
    ----------
    standardised : ndarray, shape (n, channels)
    count : int

    Returns
    -------
    ndarray of float64, shape (channels, count)
        Each signed so that its largest entry is positive; 0 where features vary in fewer directions.
    """
    values, vectors = np.linalg.eigh(standardised.T @ standardised / len(standardised))
    first = vectors[:, ::-1][:, :count] * (values[::-1][:count] > SMALLEST)
    first = np.pad(first, ((0, 0), (0, count - first.shape[1])))
    largest = np.take_along_axis(first, np.abs(first).argmax(axis=0)[None], axis=0)
    signed: npt.NDArray[np.float64] = np.where(largest < 0, -1.0, 1.0) * first
    return signed


def map_to_pixels(
    grids: Sequence[PatchGrid], weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]
) -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
    """Walk over a plane with ``features @ weights + bias`` at every pixel, in bounded memory.

    A linear map commutes with bilinear interpolation: it is applied on each grid, k channels are brought to
    pixels, and the blocks are added.

    Parameters
    ----------
    grids : sequence of PatchGrid
        Of one plane.
    weights : ndarray of float32, shape (channels of all grids, k)
    bias : ndarray of float32, shape (k,)

    Yields
    ------
    tuple of (window, ndarray of float32, shape (h, w, k))
    """
    parts = np.split(weights, np.cumsum([grid.channels for grid in grids])[:-1])
    walks = [_mapped_tiles(grid, part) for grid, part in zip(grids, parts, strict=True)]
    for window, *mapped in zip(windows(grids[0].image_shape), *walks, strict=True):
        yield window, np.asarray(sum(mapped) + bias, dtype=np.float32)


def _mapped_tiles(grid: PatchGrid, weights: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    """Map one block window by window; a dense one is read only as far as the window goes."""
    nothing = np.zeros(weights.shape[1], np.float32)
    if grid.is_dense:
        for _, features in grid.tiles():
            yield PatchGrid(features, 1, (0, 0), features.shape[:2]).project(weights, nothing)
    else:
        values = grid.project(weights, nothing)
        for window in windows(grid.image_shape):
            yield grid.upsample(values, window)
