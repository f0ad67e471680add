"""Moments of several planes are those of all their points."""

import numpy as np

from patchprobe.probe.reference import Reference, pool


def test_pooled_moments_are_those_of_all_points():
    first, second = np.random.default_rng(0).normal([1, -5], [2, 0.1], (2, 30, 2))
    second += 4
    pooled = pool([Reference.of(first), Reference.of(second[:10])])
    together = np.concatenate([first, second[:10]])
    assert pooled.count == 40
    np.testing.assert_allclose(pooled.mean, together.mean(axis=0))
    np.testing.assert_allclose(pooled.variance, together.var(axis=0))


def test_constant_is_constant_over_planes_too():
    flat = np.full((100, 2), 0.3, np.float32)
    assert pool([Reference.of(flat), Reference.of(flat[:7])]).is_constant
    assert not pool([Reference.of(flat), Reference.of(flat + 0.01)]).is_constant


def test_blocks_side_by_side():
    one, two = Reference.of(np.array([[1.0], [3]])), Reference.of(np.array([[5.0], [5]]))
    beside = one.beside(two)
    assert beside.mean.tolist() == [2, 5]
    assert beside.variance.tolist() == [1, 0]
