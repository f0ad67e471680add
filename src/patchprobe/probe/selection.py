"""Choosing the penalty and the block weights by held-out strokes, in closed form.

Ridge regression on one-hot targets stands in for the logistic fit, because leaving rows out of it needs
no refit. Let ``X = U diag(√λ) Vᵀ`` be the training rows, each times the root of its weight, ``Y`` the
targets likewise, ``p`` the penalty and ``H = U diag(λ / (λ + p)) Uᵀ`` the hat matrix. Predicted from the
others alone, the rows ``f`` have the residuals

    e_f = (I - H_ff)⁻¹ (Y - H Y)_f                                                          (1)

exactly (block form of the leave-one-out identity; Hastie, Tibshirani & Friedman 2009, §7.10). One
decomposition serves every stroke and every penalty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .strokes import thin

# Rows for the choice: more do not change it, and the inverse costs their cube.
_MOST_ROWS = 256
# Relative to one block of unit-variance channels scaled by 1/√channels. Weaker penalties than the last
# only ever fitted the strokes; stronger ones than the first predict the class means.
PENALTIES = (0.25, 1.0, 4.0, 16.0, 64.0)
# How much more or less one block counts than the others, those nearest to equal first.
_FACTORS = (0.5, 2.0, 0.25, 4.0)
# Directions with less of the largest eigenvalue are rounding errors.
_RANK_TOLERANCE = 1e-10
# How many standard errors of the paired difference make the evidence for a weaker penalty clear.
_CLEAR = 1.0


@dataclass(frozen=True)
class Choice:
    """What was chosen, and how the held-out strokes were classified with it.

    Parameters
    ----------
    C : float
        Inverse penalty of the logistic fit.
    block_weights : tuple of float
        Weight of each feature block.
    rows : ndarray of int, shape (m,)
        The rows that the choice was made on.
    held_out : ndarray of float, shape (m, k)
        Score of each class for these rows, predicted without their own stroke.
    """

    C: float
    block_weights: tuple[float, ...]
    rows: npt.NDArray[np.intp]
    held_out: npt.NDArray[np.float64]


def choose(
    blocks: Sequence[npt.NDArray[np.float32]],
    targets: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    strokes: npt.NDArray[np.intp],
    C: float | None = None,
    block_weights: tuple[float, ...] | None = None,
) -> Choice:
    """Choose the penalty and block weights that predict whole held-out strokes best.

    Parameters
    ----------
    blocks : sequence of ndarray, each (n, channels)
        Standardised features of each block, scaled by 1/√channels.
    targets : ndarray, shape (n, k)
        One-hot classes as −1 and 1.
    weights : ndarray, shape (n,)
        Row weights, classes balanced.
    strokes : ndarray of int, shape (n,)
        Ascending.
    C, block_weights : optional
        Kept where given; only the other is chosen then.

    Returns
    -------
    Choice
        Leans to the stronger penalty and to equal block weights unless the evidence is clear: the
        squared error on held-out strokes must differ by more than one standard error of the
        stroke-wise difference.
    """
    rows, stands_for = thin(strokes, _MOST_ROWS)
    problem = _Problem(
        [block[rows] for block in blocks], targets[rows], weights[rows] * stands_for, strokes[rows]
    )
    equal = (1.0,) * len(blocks)
    penalties = PENALTIES if C is None else (C,)
    start = equal if block_weights is None else block_weights
    by_penalty = problem.held_out(start, penalties)
    best_c = problem.prefer(by_penalty)
    chosen_c = penalties[best_c]
    if block_weights is not None or len(blocks) == 1:
        return Choice(chosen_c, start, rows, by_penalty[best_c])
    others = [_balanced(len(blocks), block, factor) for factor in _FACTORS for block in range(len(blocks))]
    outcomes = [by_penalty[best_c], *(problem.held_out(other, (chosen_c,))[0] for other in others)]
    weights_chosen = (equal, *others)[problem.prefer(outcomes)]
    # The weights decide how much of the strokes is noise, and so how strong the penalty has to be.
    by_penalty = problem.held_out(weights_chosen, penalties)
    best_c = problem.prefer(by_penalty)
    return Choice(penalties[best_c], weights_chosen, rows, by_penalty[best_c])


@dataclass(frozen=True)
class _Problem:
    """Ridge regression on a sample of the rows."""

    blocks: list[npt.NDArray[np.float32]]
    targets: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    strokes: npt.NDArray[np.intp]

    def held_out(self, block_weights: tuple[float, ...], Cs: Sequence[float]) -> npt.NDArray[np.float64]:
        """Scores (len(Cs), m, k) of each row, predicted without its stroke: equation (1)."""
        root = np.sqrt(self.weights)[:, None]
        rows = np.hstack([w * block for w, block in zip(block_weights, self.blocks, strict=True)])
        rows = root * np.hstack([rows, np.ones_like(root)])
        penalties = 1 / np.asarray(Cs)
        if len(Cs) == 1 and rows.shape[0] < rows.shape[1]:
            left = _left_by_one(rows, penalties[0])
        else:
            left = _left_by_all(rows, penalties)
        residuals = left @ (root * self.targets)
        for f in self._strokes_of_one_size():
            residuals[:, f] = np.linalg.solve(left[:, f[:, :, None], f[:, None, :]], residuals[:, f])
        return self.targets - residuals / root

    def _strokes_of_one_size(self) -> Iterator[npt.NDArray[np.intp]]:
        """Rows (strokes, size) of the strokes of each size, which are solved together."""
        _, starts, sizes = np.unique(self.strokes, return_index=True, return_counts=True)
        for size in np.unique(sizes):
            yield starts[sizes == size][:, None] + np.arange(size)

    def prefer(self, outcomes: Iterable[npt.NDArray[np.float64]]) -> int:
        """Index of the first outcome that none of the others beats clearly."""
        losses = np.array([self._loss_per_stroke(scores) for scores in outcomes])
        best = int(losses.sum(axis=1).argmin())
        for index, loss in enumerate(losses):
            difference = loss - losses[best]
            error = np.sqrt(len(difference)) * difference.std()
            if difference.sum() <= _CLEAR * error:
                return index
        return best

    def _loss_per_stroke(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        row_loss = self.weights * ((np.clip(scores, -1, 1) - self.targets) ** 2).mean(axis=1)
        _, stroke = np.unique(self.strokes, return_inverse=True)
        return np.asarray(np.bincount(stroke, weights=row_loss), dtype=np.float64)


def _left_by_one(rows: npt.NDArray[np.float64], penalty: float) -> npt.NDArray[np.float64]:
    """Return what one penalty leaves of the targets: I - H (1, m, m), which is (I + X Xᵀ / p)⁻¹."""
    return np.asarray(np.linalg.inv(np.eye(len(rows)) + rows @ rows.T / penalty)[None], dtype=np.float64)


def _left_by_all(
    rows: npt.NDArray[np.float64], penalties: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return what each penalty leaves of the targets: I - H (penalties, m, m), from one decomposition."""
    basis, eigenvalues = _decompose(rows)
    shrinkage = (eigenvalues / (eigenvalues + penalties[:, None]))[:, None, :]
    return np.eye(len(rows)) - (shrinkage * basis) @ basis.T


def _decompose(rows: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Left singular vectors (m, r) of rows (m, d) and squared singular values (r,), by the smaller side."""
    is_tall = rows.shape[0] > rows.shape[1]
    eigenvalues, vectors = np.linalg.eigh(rows.T @ rows if is_tall else rows @ rows.T)
    kept = eigenvalues > _RANK_TOLERANCE * eigenvalues[-1]
    eigenvalues, vectors = eigenvalues[kept], vectors[:, kept]
    return (rows @ vectors / np.sqrt(eigenvalues) if is_tall else vectors), eigenvalues


def _balanced(blocks: int, block: int, factor: float) -> tuple[float, ...]:
    """Weights with one block counting `factor` times as much as each other one.

    Their squares sum to the number of blocks, so that the weights do not change the strength of the penalty.
    """
    weights = np.ones(blocks)
    weights[block] = factor
    weights *= np.sqrt(blocks / (weights**2).sum())
    return tuple(weights.tolist())
