"""Uniform B-splines through a coarse grid: the weights of the nodes around a position, and their slopes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Degree = Literal["cubic", "linear"]


def basis(
    positions: FloatArray, n: int, degree: Degree, slope: bool = False
) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Return which nodes count at each position, and how much.

    Beyond the outer nodes the value at them holds on. A cubic spline needs one node more on either side,
    which is taken to be equal to the outer one.

    Parameters
    ----------
    positions : ndarray, shape (n_positions,)
        In units of the distance between nodes, counted from the first.
    n : int
        Number of nodes.
    degree : {"cubic", "linear"}
    slope : bool
        Return the weights of the derivative instead.

    Returns
    -------
    nodes : ndarray of int, shape (n_positions, 2 or 4)
    weights : ndarray of float64, in the same shape
    """
    held = np.clip(positions, 0, n - 1)
    first = np.minimum(np.floor(held), max(n - 2, 0))
    u = held - first
    if degree == "linear":
        offsets = np.arange(2)
        weights = [-np.ones_like(u), np.ones_like(u)] if slope else [1 - u, u]
    else:
        offsets = np.arange(-1, 3)
        weights = _cubic_slopes(u) if slope else _cubic(u)
    table = np.stack(weights, axis=-1)
    if slope:
        table[(positions < 0) | (positions > n - 1)] = 0
    return np.clip(first[..., None].astype(np.intp) + offsets, 0, n - 1), table


def basis_matrix(positions: FloatArray, n: int, degree: Degree) -> tuple[FloatArray, slice]:
    """Return the weights as a matrix, and which of the n nodes its columns stand for: those that count."""
    nodes, weights = basis(positions, n, degree)
    first, last = (int(nodes.min()), int(nodes.max())) if nodes.size else (0, 0)
    matrix = np.zeros((len(positions), last - first + 1))
    # Where nodes coincide at the rim their weights add up.
    np.add.at(matrix, (np.arange(len(positions))[:, None], nodes - first), weights)
    return matrix, slice(first, last + 1)


def coefficients_through(values: FloatArray) -> FloatArray:
    """Return the coefficients of the cubic spline that goes through values at the nodes (rows, cols, …)."""
    return _solved_along(1, _solved_along(0, values))


def _solved_along(axis: int, values: FloatArray) -> FloatArray:
    n = values.shape[axis]
    matrix, _ = basis_matrix(np.arange(n, dtype=np.float64), n, "cubic")
    front = np.moveaxis(values, axis, 0)
    solved = np.asarray(np.linalg.solve(matrix, front.reshape(n, -1)), dtype=np.float64)
    return np.moveaxis(solved.reshape(front.shape), 0, axis)


def _cubic(u: FloatArray) -> list[FloatArray]:
    return [(1 - u) ** 3 / 6, (3 * u**3 - 6 * u**2 + 4) / 6, (-3 * u**3 + 3 * u**2 + 3 * u + 1) / 6, u**3 / 6]


def _cubic_slopes(u: FloatArray) -> list[FloatArray]:
    return [-((1 - u) ** 2) / 2, (3 * u**2 - 4 * u) / 2, (-3 * u**2 + 2 * u + 1) / 2, u**2 / 2]
