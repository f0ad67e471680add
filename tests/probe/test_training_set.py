"""Rows of all planes in one piece, and the strokes that are held out."""

import numpy as np
import pytest

from patchprobe.probe import read_rows
from patchprobe.probe.training_set import drawn_evenly, gather


def painted(toy_backbone, as_it_is, *strokes):
    """Rows of a 16 × 32 px plane with strokes of 3 px: (class, y, x)."""
    image = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (16, 1))
    labels = np.zeros((16, 32), int)
    for class_, y, x in strokes:
        labels[y, x : x + 3] = class_
    return read_rows(toy_backbone.embed(image, as_it_is), labels)


@pytest.fixture
def training(toy_backbone, as_it_is):
    """Two strokes of class 1 and three of class 3 on one plane, one more of each on another."""
    one = painted(toy_backbone, as_it_is, (1, 1, 1), (1, 5, 1), (3, 1, 20), (3, 5, 20), (3, 9, 20))
    two = painted(toy_backbone, as_it_is, (1, 1, 1), (3, 1, 20))
    return gather([one, painted(toy_backbone, as_it_is), two])


def test_strokes_of_all_planes_get_numbers_of_their_own(training):
    assert training.classes.tolist() == [1, 3]
    assert np.unique(training.strokes).tolist() == list(range(7))
    assert training.count_strokes() == {1: 3, 3: 4}
    assert training.fewest_strokes == 3


def test_every_stroke_is_held_out_once_and_every_class_stays(training):
    folds = list(training.folds())
    # Class 1 has three strokes, class 3 four: the fourth goes alone.
    assert [np.unique(training.strokes[held_out]).size for held_out in folds] == [2, 2, 2, 1]
    np.testing.assert_array_equal(np.sum(folds, axis=0), 1)
    for held_out in folds:
        assert not set(training.strokes[held_out]) & set(training.strokes[~held_out])
        assert set(training.part(~held_out).target) == {0, 1}


def test_one_stroke_of_a_class_cannot_be_held_out(toy_backbone, as_it_is):
    training = gather([painted(toy_backbone, as_it_is, (1, 1, 1), (2, 1, 20), (2, 5, 20))])
    assert np.sum(list(training.folds()), axis=0)[training.target == 0].sum() == 0
    assert len(list(training.folds())) == 2


def test_balanced_classes_weigh_the_same(training):
    weights = training.weights("balanced")
    assert weights[training.target == 0].sum() == pytest.approx(weights[training.target == 1].sum())
    assert training.weights(None).sum() == pytest.approx(21)


def test_rows_are_drawn_as_often_as_they_weigh():
    assert drawn_evenly(np.array([1.0, 1.0, 2.0]), 4).tolist() == [0, 1, 2, 2]
    assert drawn_evenly(np.array([3.0, 0.0, 1.0]), 4).tolist() == [0, 0, 0, 2]
    assert drawn_evenly(np.ones(5), 5).tolist() == [0, 1, 2, 3, 4]
