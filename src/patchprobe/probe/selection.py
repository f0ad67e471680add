"""Choosing the penalty and the block weights by held-out strokes, in closed form.

Ridge regression on one-hot targets stands in for the logistic fit, because leaving rows out of it needs
no refit. With the kernel ``K = Z Zᵀ`` of the training rows, row weights ``s`` and penalty ``p``, let
``A = K + p diag(1/s)``. Leaving out the rows ``f`` changes their residuals to

    e_f = (A⁻¹)_ff⁻¹ (A⁻¹ Y)_f                                                              (1)

exactly (block form of the leave-one-out identity; Rasmussen & Williams 2006, §5.4.2), so that one
inverse serves every stroke.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

# Rows for the choice: more do not change it, and the inverse costs their cube.
_MOST_ROWS = 256
# Relative to one block of unit-variance channels scaled by 1/√channels. Weaker penalties than the last
# only ever fitted the strokes; stronger ones than the first predict the class means.
PENALTIES = (0.25, 1.0, 4.0, 16.0, 64.0)
_BLOCK_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
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
        Row weights, classes balanced, mean 1.
    strokes : ndarray of int, shape (n,)
    C, block_weights : optional
        Kept where given; only the other is chosen then.

    Returns
    -------
    Choice
        Leans to the stronger penalty and to equal block weights unless the evidence is clear: the
        squared error on held-out strokes must differ by more than one standard error of the
        stroke-wise difference.
    """
    rows = _spread(strokes, _MOST_ROWS)
    kernels = [block[rows].astype(np.float64) @ block[rows].T for block in blocks]
    problem = _Problem(kernels, targets[rows], weights[rows], strokes[rows], len(strokes))
    equal = (1.0,) * len(blocks)
    penalties = PENALTIES if C is None else (C,)
    start = equal if block_weights is None else block_weights
    held_out = {c: problem.held_out(start, c) for c in penalties}
    best_c = problem.prefer([held_out[c] for c in penalties])
    chosen_c = penalties[best_c]
    if block_weights is not None or len(blocks) == 1:
        return Choice(chosen_c, start, rows, held_out[chosen_c])
    candidates = [
        equal,
        *(_with_weight(equal, b, w) for b in range(1, len(blocks)) for w in _BLOCK_WEIGHTS if w != 1),
    ]
    outcomes = [held_out[chosen_c], *(problem.held_out(c, chosen_c) for c in candidates[1:])]
    best = problem.prefer(outcomes)
    return Choice(chosen_c, candidates[best], rows, outcomes[best])


@dataclass(frozen=True)
class _Problem:
    """Kernel ridge regression on the rows of the choice; `total` rows were painted in all."""

    kernels: list[npt.NDArray[np.float64]]
    targets: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    strokes: npt.NDArray[np.intp]
    total: int

    def held_out(self, block_weights: tuple[float, ...], C: float) -> npt.NDArray[np.float64]:
        """Scores (m, k) of each row, predicted without its stroke: equation (1)."""
        kernel = sum(w * w * k for w, k in zip(block_weights, self.kernels, strict=True)) + 1.0
        # A row of this sample stands for total/m rows of the fit, whose penalty is 1/C in all.
        penalty = len(self.strokes) / (C * self.total)
        inverse = linalg.inv(kernel + np.diag(penalty / self.weights), check_finite=False)
        dual = inverse @ self.targets
        scores = np.empty_like(self.targets)
        for stroke in np.unique(self.strokes):
            f = np.flatnonzero(self.strokes == stroke)
            scores[f] = self.targets[f] - linalg.solve(inverse[np.ix_(f, f)], dual[f], check_finite=False)
        return scores

    def prefer(self, outcomes: list[npt.NDArray[np.float64]]) -> int:
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


def _with_weight(weights: tuple[float, ...], block: int, weight: float) -> tuple[float, ...]:
    return (*weights[:block], weight, *weights[block + 1 :])


def _spread(strokes: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """Rows taken evenly, at most about `most`, so that every stroke keeps some."""
    if len(strokes) <= most:
        return np.arange(len(strokes))
    order = np.argsort(strokes, kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, most).round().astype(np.intp)])
