"""Pictures, groups and similarity, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe._cache import EmbeddingCache
from patchprobe._feature_work import Look, Picture, Prepared, View, picture_planes, prepare_plane
from patchprobe._work import Computing, Embedded, Source
from patchprobe.feature_clusters import FeatureClusters
from patchprobe.feature_picture import FeatureColors
from patchprobe.io import Stack

BACKBONE = "placeholder-cnx-t"


@pytest.fixture
def source():
    noise = np.random.default_rng(0).integers(0, 255, (6, 32, 48), dtype=np.uint8)
    return Source(Stack(noise, "zyx"), 1, BACKBONE)


@pytest.mark.parametrize(
    ("view", "kind", "shape"),
    [
        (View(), FeatureColors, (32, 48, 3)),
        (View(Look.GROUPS, clusters=3), FeatureClusters, (32, 48)),
        (View(Look.GROUPS, block=0, clusters=3), FeatureClusters, (32, 48)),
    ],
)
def test_planes_share_a_fit_that_can_be_used_again(source, view, kind, shape):
    cache = EmbeddingCache()
    steps = list(picture_planes(source, [0, 1, 2], cache, view))
    (fitted,) = [step for step in steps if isinstance(step, kind)]
    assert fitted.block == view.block
    pictures = {step.plane: step.values for step in steps if isinstance(step, Picture)}
    assert list(pictures) == [0, 1, 2]
    assert pictures[0].shape == shape
    steps = list(picture_planes(source, [1, 5], cache, view, fitted))
    again = {step.plane: step.values for step in steps if isinstance(step, Picture)}
    np.testing.assert_array_equal(again[1], pictures[1])
    assert not any(isinstance(step, kind) for step in steps)


def test_preparing_keeps_the_features_and_says_when_it_computes(source):
    cache = EmbeddingCache()
    work = prepare_plane(source, 4, cache, None, 2)
    assert next(work) == Computing(4)
    assert isinstance(next(work), Embedded)
    assert cache.planes(1, BACKBONE) == {4}
    with pytest.raises(StopIteration) as end:
        next(work)
    prepared = end.value.value
    assert isinstance(prepared, Prepared)
    assert (prepared.plane, prepared.similarity.shape) == (4, (16, 24))
