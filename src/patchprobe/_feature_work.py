"""The long work of looking at features, as generators of values: pictures, groups, similarity.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from ._cache import EmbeddingCache
from ._work import Computing, Embedded, Source, embed_timed
from .embedding import Embedding
from .feature_clusters import FeatureClusters, fit_feature_clusters
from .feature_picture import FeatureColors, fit_feature_colors
from .similarity import SimilarityMap, prepare_similarity

PLANES_FOR_FIT = 8

FeatureMap = FeatureColors | FeatureClusters


class Look(Enum):
    """How features are made visible."""

    COLORS = "colours"
    GROUPS = "groups"


@dataclass(frozen=True)
class View:
    """What is to be seen of the features.

    Parameters
    ----------
    look : Look
    block : int or None
        Number of the block; None for all.
    clusters : int
        How many groups; 0 for colours.
    """

    look: Look = Look.COLORS
    block: int | None = None
    clusters: int = 0

    def fit(self, embeddings: Sequence[Embedding]) -> FeatureMap:
        """Fit the colours or groups to some planes."""
        if self.look is Look.GROUPS:
            return fit_feature_clusters(embeddings, self.clusters, self.block)
        return fit_feature_colors(embeddings, self.block)


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be seen of one plane.

    Parameters
    ----------
    plane : int
    values : ndarray of uint8
        Colours (H, W, 3), or numbers of groups (H, W).
    """

    plane: int
    values: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A plane that can be compared with a point quickly.

    Parameters
    ----------
    plane : int
    similarity : SimilarityMap
    """

    plane: int
    similarity: SimilarityMap


def picture_planes(
    source: Source,
    planes: Sequence[int],
    cache: EmbeddingCache,
    view: View,
    fitted: FeatureMap | None = None,
) -> Generator[Computing | Embedded | FeatureMap | Picture, None, None]:
    """Make the pictures of planes, with one set of colours or groups for all of them.

    Parameters
    ----------
    source : Source
    planes : sequence of int
        The most wanted first.
    cache : EmbeddingCache
        The first plane is kept there; the others where there is room.
    view : View
    fitted : FeatureColors or FeatureClusters, optional
        Of an earlier run over the same source; fitted to up to 8 of the planes if not given.

    Yields
    ------
    Computing, Embedded
        Before and after the features of each plane.
    FeatureColors or FeatureClusters
        Once, if it was not given.
    Picture
        One for each plane.
    """
    if fitted is None:
        spread = np.unique(np.linspace(0, len(planes) - 1, PLANES_FOR_FIT).round().astype(int))
        examples = []
        for plane in (planes[int(i)] for i in spread):
            embedding, embedded = yield from embed_timed(source, plane, cache, evict=plane == planes[0])
            examples.append(embedding)
            yield embedded
        fitted = view.fit(examples)
        examples.clear()
        yield fitted
    for plane in planes:
        embedding, embedded = yield from embed_timed(source, plane, cache, evict=plane == planes[0])
        yield embedded
        yield Picture(plane, fitted.apply(embedding))


def prepare_plane(
    source: Source, plane: int, cache: EmbeddingCache, block: int | None, step: int
) -> Generator[Computing | Embedded, None, Prepared]:
    """Embed a plane and prepare it for comparison with points.

    Parameters
    ----------
    source : Source
    plane : int
    cache : EmbeddingCache
    block : int or None
        Number of the block; None for all.
    step : int
        Similarity is wanted at every `step`-th pixel.

    Yields
    ------
    Computing, Embedded

    Returns
    -------
    Prepared
    """
    embedding, embedded = yield from embed_timed(source, plane, cache)
    yield embedded
    return Prepared(plane, prepare_similarity(embedding, block, step))
