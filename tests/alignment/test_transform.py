from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Transform
from patchprobe.errors import InputError

TURN = Transform([[0.0, -1.0, 5.0], [1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])


def test_translation_adds_the_shift():
    moved = Transform.translation((2, -3)).points([[0, 0], [10, 20]])
    np.testing.assert_array_equal(moved, [[2, -3], [12, 17]])


def test_matrix_acts_on_row_and_column():
    # (row 1, col 0) turned by 90° is (row 0, col 1), then moved by (5, 2).
    np.testing.assert_array_equal(TURN.points([[1, 0]]), [[5, 3]])


@pytest.mark.parametrize("transform", [Transform.identity(), Transform.translation((0.5, -7)), TURN])
def test_inverse_undoes(transform):
    points = np.array([[0.0, 0.0], [3.5, -2.0]])
    np.testing.assert_allclose(transform.inverse().points(transform.points(points)), points, atol=1e-12)


def test_compose_does_this_one_first():
    step = Transform.translation((1, 0))
    np.testing.assert_array_equal(step.compose(TURN).points([[0, 0]]), TURN.points([[1, 0]]))
    np.testing.assert_array_equal(
        TURN.compose(step).points([[0, 0]]), TURN.points([[0, 0]]) + np.array([1, 0])
    )


def test_scaled_counts_from_the_edge_of_the_plane():
    # One pixel of the reduced plane is 4 × 2 of the full one; its pixel 0 is the middle of full 0 to 3.
    full = Transform.translation((1, -3)).scaled((4, 2))
    np.testing.assert_array_equal(full.points([[1.5, 0.5]]), [[5.5, -5.5]])
    # A turn about the reduced (0, 0) is one about the full (1.5, 1.5).
    turn = Transform([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(turn.scaled(4).points([[1.5, 1.5], [5.5, 1.5]]), [[1.5, 1.5], [1.5, 5.5]])
    np.testing.assert_allclose(turn.scaled(4, thinned=True).points([[4, 0]]), [[0, 4]])


@pytest.mark.parametrize("thinned", [False, True])
def test_scaled_there_and_back(thinned):
    large = TURN.scaled((4, 2), thinned=thinned)
    np.testing.assert_allclose(large.scaled((0.25, 0.5), thinned=thinned).matrix, TURN.matrix, atol=1e-12)
    np.testing.assert_array_equal(TURN.scaled(1).matrix, TURN.matrix)


def test_equal_by_value_and_not_writeable():
    assert Transform.translation((1, 2)) == Transform.translation((1, 2))
    assert hash(Transform.identity()) == hash(Transform(np.eye(3)))
    with pytest.raises(ValueError, match="read-only"):
        TURN.matrix[0, 0] = 2


@pytest.mark.parametrize(
    "matrix", [np.eye(2), np.full((3, 3), np.nan), np.ones((3, 3)), np.diag([1.0, 0.0, 1.0])]
)
def test_refuses_what_is_no_transform(matrix):
    with pytest.raises(InputError):
        Transform(matrix)


def test_refuses_points_that_are_no_pairs():
    with pytest.raises(InputError, match="n, 2"):
        TURN.points([[1, 2, 3]])
