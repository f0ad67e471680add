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
        Mean over the judged classes of the share of painted pixels that were predicted right (balanced
        accuracy), 0 to 1.
    f1 : tuple of (float or None)
        F1 of each class, 0 to 1, with the judged classes counted as equally frequent. None for a class
        with fewer than three strokes: one or two say nothing of the next.
    confusion : tuple of tuple of float
        Row: painted class, column: predicted class. Each row sums to 1; that of a class which cannot be
        judged is 0.
    strokes : tuple of int
        Strokes of each class.
    stroke_confusion : tuple of tuple of int
        As `confusion`, in whole strokes: each counts where most of its pixels were predicted. Empty in
        probes that were saved before it was kept.
    """

    accuracy: float
    f1: tuple[float | None, ...]
    confusion: tuple[tuple[float, ...], ...]
    strokes: tuple[int, ...]
    stroke_confusion: tuple[tuple[int, ...], ...] = ()


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
        None where fewer than two classes have three strokes: there is nothing to compare.
    """
    k = scores.shape[1]
    counts = np.array([np.unique(strokes[classes == c]).size for c in range(k)])
    judged = counts >= STROKES_TO_JUDGE
    if judged.sum() < 2:
        return None
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((k, k))
    np.add.at(confusion, (classes, predicted), weights)
    confusion /= confusion.sum(axis=1, keepdims=True)
    confusion[~judged] = 0
    right = np.diag(confusion)
    f1 = 2 * right / (confusion.sum(axis=0) + 1)
    return HeldOut(
        accuracy=float(right[judged].mean()),
        f1=tuple(float(value) if enough else None for value, enough in zip(f1, judged, strict=True)),
        confusion=tuple(tuple(float(v) for v in row) for row in confusion),
        strokes=tuple(int(n) for n in counts),
        stroke_confusion=_by_stroke(predicted, classes, weights, strokes, judged),
    )


def _by_stroke(
    predicted: npt.NDArray[np.intp],
    classes: npt.NDArray[np.intp],
    weights: npt.NDArray[np.floating],
    strokes: npt.NDArray[np.intp],
    judged: npt.NDArray[np.bool_],
) -> tuple[tuple[int, ...], ...]:
    """Count the strokes of each judged class (rows) by the class that most of their pixels got (columns)."""
    k = len(judged)
    _, first, stroke = np.unique(strokes, return_index=True, return_inverse=True)
    votes = np.zeros((len(first), k))
    np.add.at(votes, (stroke, predicted), weights)
    counted = np.zeros((k, k), dtype=int)
    np.add.at(counted, (classes[first], votes.argmax(axis=1)), 1)
    counted[~judged] = 0
    return tuple(tuple(int(n) for n in row) for row in counted)
