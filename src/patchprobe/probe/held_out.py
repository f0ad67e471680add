"""How good a probe is, told by strokes that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STROKES_TO_JUDGE = 3


@dataclass(frozen=True)
class HeldOut:
    """Agreement on held-out strokes: each stroke is predicted by a probe that has not seen it.

    Neighbouring pixels are nearly copies of each other, so whole strokes are left out, never pixels. Of a
    linear probe one stroke at a time, and a closed-form ridge classifier with its penalty stands in for it
    (see `patchprobe.probe.selection`); of other classifiers a fifth of the strokes, by fits without them.

    Parameters
    ----------
    accuracy : float
        Mean over classes of the share of painted pixels that were predicted right (balanced accuracy),
        0 to 1.
    f1 : tuple of float
        F1 of each class, 0 to 1, with the classes counted as equally frequent.
    confusion : tuple of tuple of float
        Row: painted class, column: predicted class; each row sums to 1.
    strokes : tuple of int
        Strokes of each class.
    """

    accuracy: float
    f1: tuple[float, ...]
    confusion: tuple[tuple[float, ...], ...]
    strokes: tuple[int, ...]


def judge(
    scores: npt.NDArray[np.floating],
    classes: npt.NDArray[np.intp],
    weights: npt.NDArray[np.floating],
    strokes: npt.NDArray[np.intp],
) -> HeldOut | None:
    """Sum up the predictions on held-out strokes.

    Parameters
    ----------
    scores : ndarray, shape (n, k)
        Score of each class for each row, made without the row's stroke.
    classes : ndarray of int, shape (n,)
        Painted class of each row, counted from 0.
    weights : ndarray, shape (n,)
        Pixels that each row stands for.
    strokes : ndarray of int, shape (n,)

    Returns
    -------
    HeldOut or None
        None where a class has fewer than three strokes: one or two say nothing of the next.
    """
    k = scores.shape[1]
    counts = tuple(int(np.unique(strokes[classes == c]).size) for c in range(k))
    if min(counts) < STROKES_TO_JUDGE:
        return None
    confusion = np.zeros((k, k))
    np.add.at(confusion, (classes, scores.argmax(axis=1)), weights)
    confusion /= confusion.sum(axis=1, keepdims=True)
    right = np.diag(confusion)
    f1 = 2 * right / (confusion.sum(axis=0) + 1)
    return HeldOut(
        accuracy=float(right.mean()),
        f1=tuple(float(v) for v in f1),
        confusion=tuple(tuple(float(v) for v in row) for row in confusion),
        strokes=counts,
    )
