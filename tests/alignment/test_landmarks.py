"""Pairs of points: exact fits, slips, and points that determine nothing."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment.landmarks import fit_landmarks
from patchprobe.alignment.transform import Transform
from patchprobe.errors import InputError

SQUARE = np.array([(0.0, 0.0), (0.0, 10.0), (10.0, 0.0), (10.0, 10.0)])
MATRICES = {
    "translation": [[1, 0, 3], [0, 1, -2], [0, 0, 1]],
    "rigid": [[0, -1, 3], [1, 0, -2], [0, 0, 1]],
    "similarity": [[0, -2, 3], [2, 0, -2], [0, 0, 1]],
    "affine": [[1.5, 0.5, 3], [0, 2, -2], [0, 0, 1]],
}


@pytest.mark.parametrize("model", MATRICES)
def test_exact_points_give_the_exact_matrix(model):
    truth = Transform(MATRICES[model])
    np.testing.assert_allclose(
        fit_landmarks(SQUARE, truth.points(SQUARE), model, 1.0), truth.matrix, atol=1e-9
    )


@pytest.mark.parametrize("model", MATRICES)
def test_a_slip_is_left_out_where_there_are_pairs_to_spare(model):
    truth = Transform(MATRICES[model])
    points = np.concatenate([SQUARE, SQUARE + 20, SQUARE * 3])
    moved = truth.points(points)
    moved[5] += 300
    np.testing.assert_allclose(fit_landmarks(points, moved, model, 1.0), truth.matrix, atol=1e-6)


def test_points_that_determine_nothing_are_said():
    line = np.array([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)])
    with pytest.raises(InputError, match="on one line"):
        fit_landmarks(line, line, "affine", 1.0)
    with pytest.raises(InputError, match="in one place"):
        fit_landmarks(np.ones((2, 2)), np.ones((2, 2)), "rigid", 1.0)
