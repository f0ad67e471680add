"""What a backbone sees, as a colour picture: the first three principal components as red, green, blue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .feature_space import SMALLEST, chosen_grids, fit_feature_space, map_to_pixels, principal_directions

_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True)
class FeatureColors:
    """A linear map from features to colours, fitted once and applied to any plane of the same backbone.

    Parameters
    ----------
    weights : ndarray of float32, shape (channels of the blocks looked at, 3)
    bias : ndarray of float32, shape (3,)
        With them, ``features @ weights + bias`` runs from 0 to 1 over the usual range.
    block : int or None
        Number of the block that is looked at; None for all.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    block: int | None = None

    def apply(self, embedding: Embedding) -> npt.NDArray[np.uint8]:
        """Colour every pixel of a plane.

        The map is linear, so it is applied on the patch grids and three channels are brought to pixels.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        """
        out = np.empty((*embedding.image_shape, 3), np.uint8)
        for window, colors in map_to_pixels(chosen_grids(embedding, self.block), self.weights, self.bias):
            out[window] = np.clip(colors, 0, 1) * 255
        return out


def fit_feature_colors(
    embeddings: Embedding | Sequence[Embedding], block: int | None = None
) -> FeatureColors:
    """Fit colours to the features of some planes.

    Parameters
    ----------
    embeddings : Embedding or sequence of Embedding
        All of one backbone. About 4096 positions in all are looked at, on a regular raster, so equal
        input gives equal colours.
    block : int, optional
        Number of the block to look at; all of them if not given.

    Returns
    -------
    FeatureColors
        Channels are standardised and blocks count equally, as in the probe. Each component is signed so
        that its largest weight is positive, and stretched between its 1st and 99th percentile. Where
        features vary in fewer than three directions the remaining colours stay at one half.

    Raises
    ------
    InputError
        If no embedding is given, or there is no such block.
    """
    space, sample = fit_feature_space(embeddings, block)
    directions = principal_directions(sample, 3)
    scores = sample @ directions
    low, high = np.percentile(scores, _PERCENTILES, axis=0)
    varies = high - low > SMALLEST
    stretch = np.where(varies, 1 / np.maximum(high - low, SMALLEST), 0)
    weights = space.scale[:, None] * directions * stretch
    bias = np.where(varies, -low * stretch, 0.5) - space.mean @ weights
    return FeatureColors(weights.astype(np.float32), bias.astype(np.float32), block)
