"""Large sparse least squares with a robust loss, solved exactly at each step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from .transform import FloatArray

_MOST_STEPS = 200
# Changes below this share are rounding.
_STILL = 1e-12
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-6, 1e-12, 1e6


def fit_robustly(
    misfit: Callable[[FloatArray], FloatArray],
    jacobian: Callable[[FloatArray], sparse.csr_matrix],
    start: FloatArray,
    robust: int,
    scale: float,
) -> FloatArray:
    """Minimise the soft-L1 norm of the first `robust` misfits, plus the squares of the others.

    Levenberg-Marquardt on reweighted normal equations. Sections are joined to few others, so that these are
    banded and solved in a moment, where the iterative solver of `scipy.optimize.least_squares` takes
    hundreds of steps.

    Parameters
    ----------
    misfit, jacobian : callable
        Take the parameters (k,); return (m,), and sparse (m, k).
    start : ndarray, shape (k,)
    robust : int
        How many of the misfits, from the first on, may be outliers.
    scale : float
        Misfit from which on it counts in proportion rather than squared.
    """
    values, damping = start, _FIRST_DAMPING
    left = misfit(values)
    cost = _cost(left, robust, scale)
    for _ in range(_MOST_STEPS):
        slopes = jacobian(values)
        weights = np.ones_like(left)
        weights[:robust] = 1 / np.sqrt(1 + (left[:robust] / scale) ** 2)
        weighted = slopes.multiply(weights[:, None]).tocsr()
        normal = (weighted.T @ slopes).tocsc()
        downhill = -(weighted.T @ left)
        while True:
            damped = normal + sparse.diags(
                damping * np.maximum(normal.diagonal(), _LEAST_DAMPING), format="csc"
            )
            step = np.asarray(spsolve(damped, downhill))
            there = misfit(values + step)
            gain = cost - _cost(there, robust, scale)
            if gain >= 0 or damping >= _MOST_DAMPING:
                break
            damping *= 10
        if gain < 0:
            break
        values, left, cost = values + step, there, cost - gain
        damping = max(damping / 10, _LEAST_DAMPING)
        if gain <= _STILL * cost or np.abs(step).max() <= _STILL * (1 + np.abs(values).max()):
            break
    return values


def _cost(left: FloatArray, robust: int, scale: float) -> float:
    """Loss of misfits, in units of `scale` squared: soft-L1 for the first ones, plain for the rest."""
    squares = (left / scale) ** 2
    return float((2 * (np.sqrt(1 + squares[:robust]) - 1)).sum() + squares[robust:].sum())
