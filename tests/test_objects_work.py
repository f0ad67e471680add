"""Objects as the Probe widget computes them, without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe._cache import EmbeddingCache
from patchprobe._objects_work import (
    ObjectsWanted,
    PlaneDone,
    find_all_objects,
    preview_objects,
    write_objects,
)
from patchprobe._work import Source, predict_plane
from patchprobe.io import load_stack
from patchprobe.objects import ObjectSettings, find_objects, find_objects_in_stack
from patchprobe.prediction import predict_stack


@pytest.fixture
def wanted(em_stack):
    strokes = np.zeros_like(em_stack.labels[0])
    strokes[5::10] = em_stack.labels[0, 5::10]
    embedding = embed(em_stack.plane(0), "filters", em_stack.normalisation())
    probe = LinearProbe(C=1.0).fit(embedding, strokes).with_decision_weights({2: 0.5})
    return ObjectsWanted(Source(em_stack, 1, "filters"), probe, ObjectSettings(number=1, min_size=4))


def finish(generator):
    """Run a generator to its end; return what it yielded, and what it returned."""
    steps = []
    while True:
        try:
            steps.append(next(generator))
        except StopIteration as end:
            return steps, end.value


def by_library(wanted):
    stack = wanted.source.stack
    prediction = predict_stack(stack, wanted.probe, kind="probabilities")
    return find_objects_in_stack(stack, prediction, wanted.settings, wanted.probe.classes_)


@pytest.mark.parametrize("join_planes", [False, True])
def test_a_stack_is_that_of_the_library_and_counts_its_steps(wanted, join_planes):
    wanted = replace(wanted, settings=replace(wanted.settings, join_planes=join_planes))
    steps, found = finish(find_all_objects(wanted, EmbeddingCache()))
    expected = by_library(wanted)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.table["label"], expected.table["label"])
    done = [(step.done, step.total) for step in steps if isinstance(step, PlaneDone)]
    total = 6 if join_planes else 3
    assert done == [(i, total) for i in range(total + 1)]


def test_a_plane_needs_no_prediction_of_before(wanted):
    cache = EmbeddingCache()
    _, seen = finish(predict_plane(wanted.source, wanted.probe, 1, cache))
    _, with_it = finish(preview_objects(wanted, 1, cache, seen))
    _, without = finish(preview_objects(wanted, 1, cache, None))
    expected = find_objects(wanted.probe.labels_from_logits(seen.logits), wanted.settings)
    for objects in (with_it, without):
        np.testing.assert_array_equal(objects.labels, expected)
        np.testing.assert_array_equal(objects.sizes, np.bincount(expected.ravel())[1:])


def test_a_prediction_is_decided_again_from_its_logits(wanted):
    _, seen = finish(predict_plane(wanted.source, wanted.probe, 1, EmbeddingCache()))
    assert seen.weighed({2: 0.5}) is seen
    other = seen.weighed({2: 4.0})
    np.testing.assert_array_equal(
        other.labels, wanted.probe.with_decision_weights({2: 4.0}).labels_from_logits(seen.logits)
    )
    assert other.probability_of(2).mean() > seen.probability_of(2).mean()
    assert not other.probability_of(7).any()


def test_objects_are_written(wanted, tmp_path):
    _, found = finish(find_all_objects(wanted, EmbeddingCache()))
    _, path = finish(write_objects(str(tmp_path / "objects.ome.zarr"), found, wanted.source.stack))
    np.testing.assert_array_equal(load_stack(path).plane(2), found.labels[2])
