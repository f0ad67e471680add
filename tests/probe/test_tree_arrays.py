"""Trees as arrays: one tree by hand, and rounding that keeps every answer."""

import numpy as np
import pytest

from patchprobe.probe.tree_arrays import Tree, TreeArrays


@pytest.fixture
def tree():
    """Channel 3 at most 1 → 10; else channel 7 at most 2 → 20, else 30."""
    return Tree(
        feature=np.array([3, -2, 7, -2, -2]),
        threshold=np.array([1.0, -2, 2.0, -2, -2]),
        left=np.array([1, -1, 3, -1, -1]),
        right=np.array([2, -1, 4, -1, -1]),
        is_leaf=np.array([False, True, False, True, True]),
        value=np.array([[0.0], [10], [0], [20], [30]]),
    )


def test_by_hand(tree):
    features = np.array([[1, 9], [1.5, 2], [1.5, 2.1]], np.float32)
    assert TreeArrays.of([tree]).channels.tolist() == [3, 7]
    assert TreeArrays.of([tree]).evaluate(features).ravel().tolist() == [10, 20, 30]
    assert TreeArrays.of([tree, tree]).evaluate(features).ravel().tolist() == [20, 40, 60]
    assert TreeArrays.of([tree, tree]).depths.tolist() == [2, 2]


def test_a_tree_that_is_one_leaf():
    leaf = Tree(*(np.array([-2.0]),) * 4, np.array([True]), np.array([[5.0, 1.0]]))
    assert TreeArrays.of([leaf]).evaluate(np.zeros((2, 3), np.float32)).tolist() == [[5, 1], [5, 1]]


def test_more_rows_than_are_walked_at_once(tree):
    features = np.random.default_rng(0).normal(1, 1, (20_000, 2)).astype(np.float32)
    expected = np.where(features[:, 0] <= 1, 10, np.where(features[:, 1] <= 2, 20, 30))
    np.testing.assert_array_equal(TreeArrays.of([tree]).evaluate(features)[:, 0], expected)


def test_a_threshold_between_two_singles_is_rounded_down(tree):
    # 0.1 in double lies below 0.1 in single precision, so that the single goes right.
    tree.threshold[0] = 0.1
    features = np.array([[0.1, 0], [np.nextafter(np.float32(0.1), np.float32(0)), 0]], np.float32)
    assert TreeArrays.of([tree]).evaluate(features).ravel().tolist() == [20, 10]
