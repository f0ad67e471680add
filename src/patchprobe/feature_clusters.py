"""What a backbone tells apart by itself: features in groups, by k-means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .errors import InputError
from .feature_space import chosen_grids, fit_feature_space, map_to_pixels, principal_directions

MOST_CLUSTERS = 255
_STARTS = 4


@dataclass(frozen=True)
class FeatureClusters:
    """Centres of groups of features, fitted once and applied to any plane of the same backbone.

    The squared distance of features x to a centre c is ``|x|² - 2 x·c + |c|²``. The first term is the same
    for all centres, and the rest is linear in x: like the logits of a probe it is computed on the patch
    grids and brought to pixels, so that borders between groups are smooth.

    Parameters
    ----------
    weights : ndarray of float32, shape (channels of the blocks looked at, k)
    bias : ndarray of float32, shape (k,)
        With them, ``features @ weights + bias`` is largest for the nearest centre.
    block : int or None
        Number of the block that is looked at; None for all.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    block: int | None = None

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.bias)

    def apply(self, embedding: Embedding) -> npt.NDArray[np.uint8]:
        """Find the group of every pixel of a plane.

        Returns
        -------
        ndarray of uint8, shape (H, W)
            1 to `count`.
        """
        out = np.empty(embedding.image_shape, np.uint8)
        for window, scores in map_to_pixels(chosen_grids(embedding, self.block), self.weights, self.bias):
            out[window] = scores.argmax(axis=2) + 1
        return out


def fit_feature_clusters(
    embeddings: Embedding | Sequence[Embedding], clusters: int = 6, block: int | None = None, seed: int = 0
) -> FeatureClusters:
    """Fit groups to the features of some planes.

    Parameters
    ----------
    embeddings : Embedding or sequence of Embedding
        All of one backbone. About 4096 positions in all are looked at, on a regular raster.
    clusters : int
        How many groups, 1 to 255. Fewer come out where fewer different features are seen.
    block : int, optional
        Number of the block to look at; all of them if not given.
    seed : int
        Equal input and seed give equal groups.

    Returns
    -------
    FeatureClusters
        Channels are standardised and blocks count equally, as in the probe. Groups are numbered along the
        first principal component, so that numbers do not change from run to run, and groups of neighbouring
        numbers look alike.

    Raises
    ------
    InputError
        If no embedding is given, there is no such block, or the number of groups is out of range.
    """
    if not 1 <= clusters <= MOST_CLUSTERS:
        raise InputError(f"The number of groups is {clusters}; choose 1 to {MOST_CLUSTERS}.")
    space, sample = fit_feature_space(embeddings, block)
    centres = _centres(sample, clusters, seed)
    order = np.argsort(centres @ principal_directions(sample, 1)[:, 0], kind="stable")
    centres = centres[order]
    weights = 2 * space.scale[:, None] * centres.T
    bias = -(centres**2).sum(axis=1) - space.mean @ weights
    return FeatureClusters(weights.astype(np.float32), bias.astype(np.float32), block)


def _centres(sample: npt.NDArray[np.float64], clusters: int, seed: int) -> npt.NDArray[np.float64]:
    """Centres (k, channels) of at most so many groups; k-means does not take fewer points than groups."""
    from sklearn.cluster import KMeans

    found = min(clusters, len(np.unique(sample, axis=0)))
    centres = KMeans(found, n_init=_STARTS, random_state=seed).fit(sample).cluster_centers_
    return np.asarray(centres, dtype=np.float64)
