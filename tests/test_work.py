"""The long work of the widgets, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe._cache import EmbeddingCache
from patchprobe._work import Embedded, Source, embed_planes, estimated_bytes
from patchprobe.backbones import get_backbone
from patchprobe.io import Stack

BACKBONE = "placeholder-cnx-t"


@pytest.fixture
def source():
    noise = np.random.default_rng(0).integers(0, 255, (6, 32, 48), dtype=np.uint8)
    return Source(Stack(noise, "zyx"), 1, BACKBONE)


def finish(generator):
    """Run a generator to its end; return what it yielded, and what it returned."""
    steps = []
    while True:
        try:
            steps.append(next(generator))
        except StopIteration as end:
            return steps, end.value


def embedded(steps):
    return [step for step in steps if isinstance(step, Embedded)]


def test_embedding_measures_what_it_computes_and_only_that(source):
    cache = EmbeddingCache()
    steps, left_out = finish(embed_planes(source, [2, 3], cache))
    assert left_out == 0
    assert [step.plane for step in embedded(steps)] == [2, 3]
    assert all(step.seconds > 0 and step.nbytes > 0 for step in embedded(steps))
    again, _ = finish(embed_planes(source, [3, 4], cache))
    assert [step.seconds > 0 for step in embedded(again)] == [False, True]


def test_embedding_ends_when_the_memory_is_full(source):
    cache = EmbeddingCache()
    (first,) = embedded(finish(embed_planes(source, [0], cache))[0])
    cache.max_bytes = 3 * first.nbytes
    _, left_out = finish(embed_planes(source, [0, 1, 2, 3, 4], cache))
    assert left_out == 2
    assert cache.planes(1, BACKBONE) == {0, 1, 2}


@pytest.mark.parametrize("name", ["filters", BACKBONE, f"{BACKBONE}+filters"])
def test_memory_is_estimated_by_block(source, name):
    backbone = get_backbone(name)
    taken = backbone.embed(source.stack.plane(0)).nbytes
    assert taken / 2 <= estimated_bytes(source.stack, backbone) <= 2 * taken
