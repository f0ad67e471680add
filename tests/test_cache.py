"""Embeddings in memory: what is kept, and what goes first."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe._cache import EmbeddingCache, EmbeddingKey
from patchprobe.backbones import get_backbone
from patchprobe.compute import Compute
from patchprobe.normalisation import Normalisation


@pytest.fixture
def embedding(toy_backbone):
    """32 bytes: two by two cells of two channels in single precision."""
    return toy_backbone.embed(np.eye(8))


def key(plane, source=1, backbone="toy"):
    return EmbeddingKey(source, plane, backbone, "1", Normalisation(0, 1))


def test_what_was_put_is_found(embedding):
    cache = EmbeddingCache(100)
    assert cache.get(key(0)) is None
    assert cache.put(key(0), embedding)
    assert cache.get(key(0)) is embedding
    assert key(0) in cache
    assert (len(cache), cache.nbytes) == (1, 32)


@pytest.mark.parametrize(
    "other", [{"source": 2}, {"backbone": "filters"}, {"normalisation": Normalisation(0, 2)}]
)
def test_anything_else_is_another_embedding(embedding, other):
    cache = EmbeddingCache(100)
    cache.put(key(0), embedding)
    assert replace(key(0), **other) not in cache


def test_the_least_recently_used_goes_first(embedding):
    cache = EmbeddingCache(3 * 32)
    for plane in range(3):
        cache.put(key(plane), embedding)
    cache.get(key(0))
    cache.put(key(3), embedding)
    assert [key(plane) in cache for plane in range(4)] == [True, False, True, True]
    assert cache.nbytes == 96


def test_putting_again_replaces(embedding, toy_backbone):
    cache = EmbeddingCache(1000)
    cache.put(key(0), embedding)
    cache.put(key(0), toy_backbone.embed(np.eye(16)))
    assert (len(cache), cache.nbytes) == (1, 128)


def test_the_last_one_is_kept_even_if_it_is_too_large(embedding):
    cache = EmbeddingCache(1)
    cache.put(key(0), embedding)
    cache.put(key(1), embedding)
    assert (len(cache), key(1) in cache) == (1, True)


def test_without_eviction_it_is_kept_only_where_there_is_room(embedding):
    cache = EmbeddingCache(40)
    assert cache.put(key(0), embedding, evict=False)
    assert not cache.put(key(1), embedding, evict=False)
    assert (key(0) in cache, key(1) in cache) == (True, False)


def test_what_was_prepared_for_a_source_goes_with_it():
    cache, prepared = EmbeddingCache(100), get_backbone("filters")
    cache.keep_prepared(1, "filters", Compute(), prepared)
    assert cache.prepared(1, "filters", Compute()) is prepared
    assert cache.prepared(2, "filters", Compute()) is None
    assert cache.prepared(1, "filters", Compute(threads=1)) is None
    cache.forget(1)
    assert cache.prepared(1, "filters", Compute()) is None


def test_a_range_of_intensities_is_estimated_once():
    cache = EmbeddingCache(100)
    first = cache.normalisation(1, lambda: Normalisation(0, 1))
    assert cache.normalisation(1, lambda: Normalisation(0, 2)) is first
    assert cache.normalisation(2, lambda: Normalisation(0, 2)) != first


def test_planes_of_a_source(embedding):
    cache = EmbeddingCache(1000)
    for each in (key(3), key(5), key(4, source=2), key(6, backbone="filters")):
        cache.put(each, embedding)
    assert cache.planes(1, "toy") == {3, 5}


def test_blocks_of_a_source_are_known_once_a_plane_is_held(embedding):
    cache = EmbeddingCache()
    assert cache.blocks(1, "toy") == ()
    cache.put(key(3), embedding)
    assert cache.blocks(1, "toy") == ("toy",)
    assert cache.blocks(2, "toy") == ()


def test_forgetting_a_source_leaves_the_others(embedding):
    cache = EmbeddingCache(1000)
    cache.put(key(0), embedding)
    cache.put(key(0, source=2), embedding)
    cache.normalisation(1, lambda: Normalisation(0, 1))
    cache.forget(1)
    assert (len(cache), cache.nbytes) == (1, 32)
    assert cache.normalisation(1, lambda: Normalisation(0, 9)) == Normalisation(0, 9)
    cache.forget(7)
