"""What a backbone sees, as a colour picture: the first three principal components as red, green, blue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .errors import InputError
from .grid import even_points

_POINTS = 4096
_POINTS_PER_PLANE = 16
_PERCENTILES = (1.0, 99.0)
_SMALLEST = 1e-6


@dataclass(frozen=True)
class FeatureColors:
    """A linear map from features to colours, fitted once and applied to any plane of the same backbone.

    Parameters
    ----------
    weights : ndarray of float32, shape (channels of all blocks, 3)
    bias : ndarray of float32, shape (3,)
        With them, ``features @ weights + bias`` runs from 0 to 1 over the usual range.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def apply(self, embedding: Embedding) -> npt.NDArray[np.uint8]:
        """Colour every pixel of a plane.

        The map is linear, so it is applied on the patch grids and three channels are brought to pixels.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        """
        blocks = np.split(self.weights, np.cumsum(embedding.channels)[:-1])
        height, width = embedding.image_shape
        colors = np.broadcast_to(self.bias, (height, width, 3))
        nothing = np.zeros(3, np.float32)
        for grid, weights in zip(embedding.grids, blocks, strict=True):
            colors = colors + grid.upsample(grid.project(weights, nothing))
        return (np.clip(colors, 0, 1) * 255).astype(np.uint8)


def fit_feature_colors(embeddings: Embedding | Sequence[Embedding]) -> FeatureColors:
    """Fit colours to the features of some planes.

    Parameters
    ----------
    embeddings : Embedding or sequence of Embedding
        All of one backbone. About 4096 positions in all are looked at, on a regular raster, so equal
        input gives equal colours.

    Returns
    -------
    FeatureColors
        Channels are standardised and blocks count equally, as in the probe. Each component is signed so
        that its largest weight is positive, and stretched between its 1st and 99th percentile. Where
        features vary in fewer than three directions the remaining colours stay at one half.

    Raises
    ------
    InputError
        If no embedding is given.
    """
    planes = [embeddings] if isinstance(embeddings, Embedding) else list(embeddings)
    if not planes:
        raise InputError("There are no features to make a picture of. Embed at least one plane first.")
    wanted = max(_POINTS // len(planes), _POINTS_PER_PLANE)
    sample = np.concatenate([plane.sample(even_points(plane.image_shape, wanted)) for plane in planes])
    channels = planes[0].channels
    mean = sample.mean(axis=0, dtype=np.float64)
    deviation = sample.std(axis=0, dtype=np.float64)
    balance = np.concatenate([np.full(c, 1 / np.sqrt(c)) for c in channels])
    scale = np.where(deviation > _SMALLEST, balance / np.maximum(deviation, _SMALLEST), 0)
    components = _components((sample - mean) * scale)
    weights = scale[:, None] * components
    scores = (sample - mean) @ weights
    low, high = np.percentile(scores, _PERCENTILES, axis=0)
    stretch = np.where(high - low > _SMALLEST, 1 / np.maximum(high - low, _SMALLEST), 0)
    bias = np.where(stretch > 0, -low, 0) * stretch + np.where(stretch > 0, 0, 0.5)
    weights = weights * stretch
    return FeatureColors(weights.astype(np.float32), (bias - mean @ weights).astype(np.float32))


def _components(standardised: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """First three principal directions, (channels, 3), each with its largest entry positive."""
    values, vectors = np.linalg.eigh(standardised.T @ standardised / len(standardised))
    first = vectors[:, ::-1][:, :3] * (values[::-1][:3] > _SMALLEST)
    first = np.pad(first, ((0, 0), (0, 3 - first.shape[1])))
    largest = np.take_along_axis(first, np.abs(first).argmax(axis=0)[None], axis=0)
    signed: npt.NDArray[np.float64] = np.where(largest < 0, -1.0, 1.0) * first
    return signed
