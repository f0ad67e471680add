"""Comparing classifiers beside the window, without a window."""

import numpy as np
import pytest

from patchprobe import embed, make_classifier
from patchprobe._cache import EmbeddingCache
from patchprobe._compare_work import compare
from patchprobe._state import Snapshot
from patchprobe._work import Computing, RowsRead
from patchprobe.errors import InputError
from patchprobe.probe import CLASSIFIERS
from patchprobe.steps import TileDone, finish


@pytest.fixture
def strokes(em_stack):
    painted = np.zeros((64, 48), np.uint8)
    painted[5::10] = em_stack.labels[0, 5::10]
    painted[:, 6::7] = 0
    return painted


def test_all_are_compared_on_the_strokes_of_the_window(em_stack, strokes):
    work = compare(Snapshot(em_stack, 1, "filters", 0, {0: strokes}), EmbeddingCache())
    steps = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            found = end.value
            break
    assert [type(step) for step in steps[:3]] == [Computing, RowsRead, TileDone]
    assert [each.name for each in found.candidates] == list(CLASSIFIERS)


def test_earlier_rows_count_and_leave_out_what_needs_their_images(em_stack, strokes):
    earlier = make_classifier().fit(embed(em_stack.plane(0)), strokes, em_stack).rows_
    found = finish(
        compare(Snapshot(em_stack, 1, "filters", 0, {1: strokes}, earlier=earlier), EmbeddingCache())
    )
    assert found.left_out == ("auto-context",)
    assert sum(found.candidates[0].held_out.strokes) == 2 * len(np.unique(earlier[0].strokes))


def test_too_few_strokes_are_named(em_stack, strokes):
    few = np.where(strokes == 2, 0, strokes)
    few[1, :5] = 2
    with pytest.raises(InputError, match="three strokes of each class"):
        finish(compare(Snapshot(em_stack, 1, "filters", 0, {0: few}), EmbeddingCache()))
