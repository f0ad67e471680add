"""Choosing the penalty and block weights by held-out strokes."""

import numpy as np
import pytest

from patchprobe.probe.selection import PENALTIES, choose


def problem(strokes_per_class=4, rows_per_stroke=5, noise=0.3, channels=3, seed=0):
    """Two classes that the first channel tells apart; each stroke has an offset of its own."""
    random = np.random.default_rng(seed)
    strokes = np.repeat(np.arange(2 * strokes_per_class), rows_per_stroke)
    sign = np.where(strokes < strokes_per_class, -1.0, 1.0)
    features = random.normal(0, noise, (len(strokes), channels))
    features[:, 0] += sign
    features += random.normal(0, noise, (2 * strokes_per_class, channels))[strokes]
    targets = np.stack([-sign, sign], axis=1)
    return features.astype(np.float32), targets, np.ones(len(strokes)), strokes


def ridge(features, targets, weights, C):
    """Scores of a ridge regression whose intercept is a feature like the others."""
    rows = np.hstack([features, np.ones((len(features), 1))]).astype(np.float64)
    weighted = rows * weights[:, None]
    return np.linalg.solve(rows.T @ weighted + np.eye(rows.shape[1]) / C, weighted.T @ targets)


@pytest.mark.parametrize("C", [0.25, 16.0])
def test_no_stroke_is_on_both_sides(C):
    features, targets, weights, strokes = problem()
    weights = np.linspace(0.5, 2, len(weights))
    choice = choose([features], targets, weights, strokes, C=C)
    np.testing.assert_array_equal(choice.rows, np.arange(len(features)))
    for stroke in np.unique(strokes):
        out = strokes == stroke
        # Refitted from nothing on all other strokes.
        solution = ridge(features[~out], targets[~out], weights[~out], C)
        expected = np.hstack([features[out], np.ones((out.sum(), 1))]) @ solution
        np.testing.assert_allclose(choice.held_out[out], expected, atol=1e-5)


def test_a_row_cannot_vouch_for_its_own_stroke():
    # Each stroke has a channel of its own that gives away its class: useless for any other stroke.
    strokes = np.repeat(np.arange(6), 8)
    sign = np.where(strokes % 2 == 0, -1.0, 1.0)
    features = 5 * np.eye(6, dtype=np.float32)[strokes]
    targets = np.stack([-sign, sign], axis=1)
    choice = choose([features], targets, np.ones(len(strokes)), strokes)
    # Without its stroke a row scores what the mean of the others does, which lies on the other side.
    right = np.take_along_axis(choice.held_out, (sign[:, None] > 0).astype(int), axis=1)
    assert (right <= 0).all()


def test_it_leans_to_the_stronger_penalty_where_nothing_can_be_learnt():
    random = np.random.default_rng(0)
    _, targets, weights, strokes = problem()
    noise = random.normal(0, 1, (len(strokes), 3)).astype(np.float32)
    assert PENALTIES[0] == choose([noise], targets, weights, strokes).C


def test_it_follows_clear_evidence_for_a_weaker_one():
    # The classes differ by a hundredth: a strong penalty would not see it.
    features, targets, weights, strokes = problem(strokes_per_class=8, noise=0.05)
    assert PENALTIES[0] < choose([features / 10], targets, weights, strokes).C


def test_a_given_penalty_is_kept():
    features, targets, weights, strokes = problem()
    assert choose([features, features], targets, weights, strokes, C=3.0).C == 3.0


def test_given_block_weights_are_kept():
    features, targets, weights, strokes = problem()
    choice = choose([features, features], targets, weights, strokes, block_weights=(1.0, 0.0))
    assert choice.block_weights == (1.0, 0.0)


def test_equal_blocks_stay_equal():
    features, targets, weights, strokes = problem()
    assert choose([features, features], targets, weights, strokes).block_weights == (1.0, 1.0)


def test_a_block_of_noise_counts_less():
    features, targets, weights, strokes = problem(strokes_per_class=10, noise=0.4)
    random = np.random.default_rng(5)
    noise = random.normal(0, 2, (20, 10))[strokes].astype(np.float32)
    first, second = choose([features, noise], targets, weights, strokes).block_weights
    assert first > second


def test_many_rows_are_thinned_but_every_stroke_is_judged():
    features, targets, weights, strokes = problem(strokes_per_class=3, rows_per_stroke=500)
    choice = choose([features], targets, weights, strokes)
    assert len(choice.rows) <= 256
    assert set(strokes[choice.rows]) == set(range(6))
    assert choice.held_out.shape == (len(choice.rows), 2)
