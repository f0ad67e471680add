"""Where a plane looks like one point of it: cosine similarity of features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .feature_space import SMALLEST, FeatureSpace, chosen_grids, fit_feature_space
from .grid import PatchGrid

# Numbers that are held and multiplied for each point that is asked for: 64 MB in single precision.
_MOST_VALUES = 1 << 24


@dataclass(frozen=True, eq=False)
class SimilarityMap:
    """A plane whose similarity to any point, or to features from elsewhere, is computed in milliseconds.

    Features are standardised over the plane first: what all of it shares would otherwise make everything
    similar to everything. With several blocks the similarity is the mean of theirs.

    Parameters
    ----------
    grids : tuple of PatchGrid
        Standardised features of each block, of length 1, at every `step`-th pixel.
    step : int
        Pixels from one value of the result to the next.
    """

    grids: tuple[PatchGrid, ...]
    step: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return self.grids[0].image_shape

    def features_at(self, point: Sequence[float]) -> npt.NDArray[np.float32]:
        """Features of one point, to be looked for on this plane or on others.

        Parameters
        ----------
        point : sequence of float
            (y, x) in pixels of the plane.

        Returns
        -------
        ndarray of float32, shape (channels of the blocks looked at,)
            Standardised; each block has the length 1, or 0 where the plane is the same everywhere.
        """
        place = np.asarray(point, dtype=np.float64)[None] / self.step
        return np.concatenate([_unit(grid.sample(place))[0] for grid in self.grids])

    def to_features(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Cosine similarity of the whole plane to features, those of a point of any plane.

        Parameters
        ----------
        features : ndarray of float32, shape (channels of the blocks looked at,)
            From `features_at` of a map of the same backbone and blocks.

        Returns
        -------
        ndarray of float32, shape (ceil(H / step), ceil(W / step))
            -1 to 1, interpolated between the cells of the grids.
        """
        parts = np.split(features, np.cumsum([grid.channels for grid in self.grids])[:-1])
        nothing = np.zeros(1, np.float32)
        total = np.zeros(self.shape, np.float32)
        for grid, part in zip(self.grids, parts, strict=True):
            weights = part[:, None] / np.float32(len(self.grids))
            total += grid.upsample(grid.project(weights, nothing))[:, :, 0]
        return np.clip(total, -1, 1, out=total)

    def to_point(self, point: Sequence[float]) -> npt.NDArray[np.float32]:
        """Cosine similarity of the whole plane to one of its points, (y, x) in pixels; see `to_features`."""
        return self.to_features(self.features_at(point))


def prepare_similarity(embedding: Embedding, block: int | None = None, step: int = 1) -> SimilarityMap:
    """Bring the features of a plane into the form in which they are compared, once for many points.

    Parameters
    ----------
    embedding : Embedding
    block : int, optional
        Number of the block to look at; all of them if not given.
    step : int
        Similarity is wanted at every `step`-th pixel.

    Returns
    -------
    SimilarityMap
        Held in single precision. Of a block with more than 16 million numbers every second, third … cell
        is held, and similarity is interpolated between them; several blocks share this bound.

    Raises
    ------
    InputError
        If there is no such block.
    """
    space, _ = fit_feature_space(embedding, block)
    grids = chosen_grids(embedding, block)
    height, width = (math.ceil(n / step) for n in embedding.image_shape)
    starts = np.cumsum([0, *(grid.channels for grid in grids)])
    prepared = []
    for grid, start in zip(grids, starts, strict=False):
        part = slice(int(start), int(start) + grid.channels)
        every = _thinning(grid, _MOST_VALUES // len(grids))
        features = _unit_features(grid, space, part, every)
        origin = (grid.origin[0] / step, grid.origin[1] / step)
        prepared.append(PatchGrid(features, grid.stride * every / step, origin, (height, width), grid.name))
    return SimilarityMap(tuple(prepared), step)


def _thinning(grid: PatchGrid, most: int) -> int:
    """Every how many cells are held so that there are no more than `most` numbers."""
    return max(1, math.ceil(math.sqrt(grid.shape[0] * grid.shape[1] * grid.channels / most)))


def _unit_features(grid: PatchGrid, space: FeatureSpace, part: slice, every: int) -> npt.NDArray[np.float32]:
    """Standardised features of length 1 of every so many cells, channel-first in memory."""
    rows, cols = (len(range(0, n, every)) for n in grid.shape)
    mean, scale = space.mean[part].astype(np.float32), space.scale[part].astype(np.float32)
    out = np.empty((grid.channels, rows, cols), np.float32)
    for window, features in grid.tiles():
        inside = tuple(slice(-axis.start % every, None, every) for axis in window)
        place = tuple(slice(-(-axis.start // every), -(-axis.stop // every)) for axis in window)
        thinned = (features[inside].astype(np.float32) - mean) * scale
        out[:, place[0], place[1]] = np.moveaxis(_unit(thinned), 2, 0)
    return np.moveaxis(out, 0, 2)


def _unit(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring feature vectors to the length 1; those of no length stay."""
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.asarray(features / np.maximum(length, SMALLEST), dtype=np.float32)
