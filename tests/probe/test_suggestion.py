"""Suggested weights, on classes drawn from known distributions."""

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.metrics import f1_score
from patchprobe.probe import Decision, estimate_prior, suggest_weights
from patchprobe.probe.suggestion import shares


def drawn(share, apart=2.0, shape=(200, 200), seed=0):
    """Truth with `share` of class 2, and the logits of a classifier that learnt from balanced classes.

    One feature, normal about 0 in class 1 and about `apart` in class 2: with equal shares the log odds are
    apart · (x - apart / 2).
    """
    rng = np.random.default_rng(seed)
    truth = 1 + (rng.random(shape) < share)
    x = rng.normal(size=shape) + apart * (truth == 2)
    return truth, (apart * (x - apart / 2)).astype(np.float32)[:, :, None]


def probabilities(logits):
    return Decision((1, 2)).probabilities(logits).reshape(-1, 2).astype(float)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_the_prior_is_found_without_labels(share):
    _, logits = drawn(share)
    found = estimate_prior(probabilities(logits), np.array([0.5, 0.5]))
    assert found.sum() == pytest.approx(1)
    assert found[1] == pytest.approx(share, abs=0.015)


def test_the_prior_of_the_training_is_taken_into_account():
    """Trained with one in five, the log odds are lower by log 4; the image's share is the same."""
    _, logits = drawn(0.1)
    found = estimate_prior(probabilities(logits - np.float32(np.log(4))), np.array([0.8, 0.2]))
    assert found[1] == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
def test_a_rare_class_is_found_better(share):
    truth, logits = drawn(share)
    suggestion = suggest_weights(logits, (1, 2))
    assert suggestion.weights[1] == 1 and suggestion.weights[2] < 1
    before = f1_score(truth, Decision((1, 2)).labels(logits), 2)
    after = f1_score(truth, Decision((1, 2), suggestion.weights).labels(logits), 2)
    assert after > before


def test_where_the_image_is_balanced_nearly_nothing_is_suggested():
    _, logits = drawn(0.5)
    weights = suggest_weights(logits, (1, 2)).weights
    assert 0.8 < weights[2] / weights[1] < 1.5


def test_a_belief_in_equal_shares_keeps_a_class_from_vanishing():
    """All pixels look like class 1: one part in 21 of the estimate is the belief, half of it for class 2."""
    probabilities = np.tile([1.0, 0.0], (50, 1))
    found = estimate_prior(probabilities, np.array([0.5, 0.5]), even_belief=0.05)
    assert found[1] == pytest.approx(0.05 / 2 / 1.05)


def test_which_class_is_rare_does_not_matter():
    _, logits = drawn(0.1)
    as_second, as_first = suggest_weights(logits, (1, 2)), suggest_weights(-logits, (1, 2))
    assert as_first.weights[1] == pytest.approx(as_second.weights[2], rel=1e-3)


def test_several_planes_count_together():
    (_, first), (_, second) = drawn(0.1, seed=1), drawn(0.3, seed=2)
    prior = suggest_weights([first, second], (1, 2)).prior
    assert prior[2] == pytest.approx(0.2, abs=0.03)


def test_three_classes():
    """Two of three corners of a triangle are rare; their weights fall, and their F1 rises."""
    rng = np.random.default_rng(0)
    corners = np.array([[0, 0], [3, 0], [0, 3]])
    truth = rng.choice([3, 5, 9], size=(150, 150), p=[0.9, 0.06, 0.04])
    x = corners[np.searchsorted([3, 5, 9], truth)] + rng.normal(size=(150, 150, 2))
    # With equal shares, log p_c / p_3 = x · c − |c|² / 2 for normal classes about the corners.
    logits = (x @ corners[1:].T - (corners[1:] ** 2).sum(axis=1) / 2).astype(np.float32)
    suggestion = suggest_weights(logits, (3, 5, 9))
    assert suggestion.weights[3] == 1
    assert max(suggestion.weights[5], suggestion.weights[9]) < 1
    decision = Decision((3, 5, 9), suggestion.weights)
    for number in (5, 9):
        before = f1_score(truth, Decision((3, 5, 9)).labels(logits), number)
        assert f1_score(truth, decision.labels(logits), number) > before


@pytest.mark.parametrize("value", [-50.0, 0.0, 50.0])
def test_a_constant_plane_gives_finite_weights(value):
    weights = suggest_weights(np.full((5, 4, 1), value, np.float32), (1, 2)).weights
    assert all(0 < weight < np.inf for weight in weights.values())


def test_one_pixel():
    assert suggest_weights(np.zeros((1, 1, 1), np.float32), (1, 2)).prior == {1: 0.5, 2: 0.5}


def test_without_a_finite_pixel_it_says_so():
    with pytest.raises(InputError, match="another plane"):
        suggest_weights(np.full((4, 4, 1), np.nan, np.float32), (1, 2))


def test_shares_of_the_classes():
    logits = np.array([[[-1.0], [-1.0], [-1.0], [1.0]]], np.float32)
    assert shares(logits, Decision((1, 4))) == {1: 0.75, 4: 0.25}
