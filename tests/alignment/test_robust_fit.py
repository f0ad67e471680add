"""The sparse solver beside SciPy's, and on a stack too long for that one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import least_squares

from patchprobe.alignment import Edge, StackEdges, Transform, place_sections
from patchprobe.alignment.robust_fit import fit_robustly

AT = np.linspace(0, 1, 20)
# A line of slope 2 from 1, two points of which are far off; and a pull of the slope to 1.9.
MEASURED = 1 + 2 * AT + np.where(np.isin(np.arange(20), (3, 17)), 50, 0)
SLOPES = np.vstack([np.column_stack([np.ones(20), AT]), [0, 1]])


def misfit(values):
    return np.append(values[0] + values[1] * AT - MEASURED, values[1] - 1.9)


def test_it_finds_what_scipy_finds():
    def loss(squares):
        root = np.sqrt(1 + squares[:20])
        out = np.stack([squares, np.ones_like(squares), np.zeros_like(squares)])
        out[:, :20] = 2 * (root - 1), 1 / root, -0.5 / root**3
        return out

    found = fit_robustly(misfit, lambda _: sparse.csr_matrix(SLOPES), np.zeros(2), 20, 0.5)
    wanted = least_squares(misfit, np.zeros(2), lambda _: SLOPES, loss=loss, f_scale=0.5, xtol=1e-15).x
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert np.abs(found - (1, 2)).max() < 0.3


def test_without_outliers_it_is_exact_at_once():
    exact = fit_robustly(
        lambda values: SLOPES[:20] @ values - SLOPES[:20] @ (1, 2),
        lambda _: sparse.csr_matrix(SLOPES[:20]),
        np.zeros(2),
        20,
        1.0,
    )
    np.testing.assert_allclose(exact, (1, 2), atol=1e-9)


@pytest.mark.parametrize("turn", [0.0, 0.02])
def test_long_stacks_are_placed_without_error(turn):
    """Pairs without error but for two, which three others contradict each."""
    rng = np.random.default_rng(0)
    truth = [_rigid(rng.normal(0, turn), rng.normal(0, 10, 2)) for _ in range(260)]
    edges = [
        Edge(i, j, truth[i].inverse().followed_by(truth[j]), score=0.5)
        for j in range(260)
        for i in range(max(j - 3, 0), j)
    ]
    edges[50], edges[300] = (
        Edge(*edges[k].pair, Transform.translation((60, 60)), score=0.5) for k in (50, 300)
    )
    placed = place_sections(StackEdges(tuple(edges), 260, (100, 100), 260), anchor=0)
    corners = np.array([(0, 0), (99, 99)])
    for number, section in enumerate(placed.sections):
        wanted = truth[0].inverse().followed_by(truth[number])
        np.testing.assert_allclose(section.transform.points(corners), wanted.points(corners), atol=1e-4)


def _rigid(angle, shift):
    cos, sin = np.cos(angle), np.sin(angle)
    return Transform(np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]], [0, 0, 1]]))
