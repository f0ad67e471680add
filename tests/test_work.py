"""The long work of the widgets, without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import embed, make_classifier
from patchprobe._cache import EmbeddingCache
from patchprobe._state import Snapshot
from patchprobe._work import Differs, Embedded, Fitted, Source, embed_planes, estimated_bytes, refit
from patchprobe.backbones import get_backbone
from patchprobe.io import Stack
from patchprobe.probe import CLASSIFIERS

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


def snapshot_of(stack, strokes, **wishes):
    return Snapshot(stack, 1, "filters", 0, strokes, **wishes)


def fitted(snapshot):
    """Run a refit; return its probe and its prediction."""
    steps, prediction = finish(refit(snapshot, EmbeddingCache()))
    (step,) = [step for step in steps if isinstance(step, Fitted)]
    return step.probe, prediction


@pytest.fixture
def painted(em_stack):
    """Strokes on the first section of `em_stack`."""
    strokes = np.zeros((64, 48), np.uint8)
    strokes[5::10] = em_stack.labels[0, 5::10]
    strokes[:, 6::7] = 0
    return strokes


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_the_wished_classifier_is_fitted(name, em_stack, painted):
    probe, prediction = fitted(snapshot_of(em_stack, {0: painted}, classifier=name))
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    expected = make_classifier(name).fit(embedding, painted, em_stack)
    assert probe.name == name
    np.testing.assert_array_equal(prediction.labels, expected.predict(embedding))


def test_strokes_add_to_the_rows_of_a_loaded_probe(em_stack, painted):
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    loaded = make_classifier().fit(embedding, painted, em_stack)
    only_cells = np.where(painted == 1, painted, 0)
    wishes = {"earlier": loaded.rows_, "probe": loaded}
    probe, _ = fitted(snapshot_of(em_stack, {1: only_cells}, **wishes))
    assert probe.strokes_[2] == loaded.strokes_[2]
    assert probe.strokes_[1] > loaded.strokes_[1]
    untouched, _ = fitted(snapshot_of(em_stack, {}, **wishes))
    assert untouched is loaded


def test_how_the_image_differs_is_told_before_it_is_predicted(em_stack, painted):
    loaded = make_classifier().fit(embed(em_stack.plane(0)), painted, em_stack)
    coarse = replace(em_stack, voxel_size=(50.0, 8.0, 8.0))
    steps, prediction = finish(refit(snapshot_of(coarse, {}, probe=loaded), EmbeddingCache()))
    (sentence,) = steps[-1].sentences
    assert isinstance(steps[-1], Differs)
    assert "8 × 8 nm here" in sentence
    assert prediction.labels.all()
