"""How well a label image agrees with the truth, pixel by pixel.

All functions take the truth first. Pixels that are 0 (unlabelled) in the truth do not count, so that sparse
annotation can be compared with a dense prediction; a prediction of 0 where there is truth is an error.
Definitions: TP, FP, FN, TN are pixels of true and false positives and negatives of one class against
all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn import metrics as sk

from ..errors import InputError

Average = Literal["macro", "weighted"]
Labels = npt.NDArray[np.integer[Any]]


def labelled(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> tuple[Labels, Labels]:
    """Return truth and prediction where there is truth.

    Parameters
    ----------
    truth, prediction : array_like of int or bool, equal shape
        Label images or stacks. Bool counts as classes 1 (False) and 2 (True): a mask without
        unlabelled pixels.

    Returns
    -------
    truth, prediction : ndarray of int, shape (n,)
        The `n` pixels with a label.

    Raises
    ------
    InputError
        If shapes differ, values are no whole numbers, or nothing is labelled.
    """
    arrays = [_as_classes(name, array) for name, array in (("truth", truth), ("prediction", prediction))]
    if arrays[0].shape != arrays[1].shape:
        raise InputError(
            f"The truth has shape {arrays[0].shape}, the prediction {arrays[1].shape}. "
            "Compare the same pixels: plane with plane or stack with stack."
        )
    known = arrays[0] != 0
    if not known.any():
        raise InputError("The truth is 0 (unlabelled) everywhere, so there is nothing to compare with.")
    return arrays[0][known], arrays[1][known]


def accuracy(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    """Share of labelled pixels that are predicted right, 0 to 1. See `labelled` for the arguments."""
    return float(sk.accuracy_score(*labelled(truth, prediction)))


def balanced_accuracy(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    """Mean over the true classes of the share of their pixels that is found (mean recall), 0 to 1.

    Unlike accuracy it does not reward always answering the commonest class: that gives 1 / classes.
    """
    return recall(truth, prediction)


def precision(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None = None, average: Average = "macro"
) -> float:
    """TP / (TP + FP): how much of what was predicted as a class is that class, 0 to 1.

    Parameters
    ----------
    truth, prediction : array_like of int or bool, equal shape
        See `labelled`.
    label : int, optional
        The class. If not given, the mean over the classes that occur in the truth.
    average : "macro" or "weighted"
        Plain mean, or weighted by the pixels of each class in the truth. Ignored with `label`.

    Returns
    -------
    float
        0 if the class was never predicted.
    """
    return _per_class(sk.precision_score, truth, prediction, label, average)


def recall(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None = None, average: Average = "macro"
) -> float:
    """TP / (TP + FN): how much of a class was found, 0 to 1. See `precision` for the arguments."""
    return _per_class(sk.recall_score, truth, prediction, label, average)


def f1_score(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None = None, average: Average = "macro"
) -> float:
    """2 TP / (2 TP + FP + FN): harmonic mean of precision and recall, 0 to 1. See `precision`."""
    return _per_class(sk.f1_score, truth, prediction, label, average)


def dice(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None = None, average: Average = "macro"
) -> float:
    """2 |A ∩ B| / (|A| + |B|), the overlap of the two areas: for one class the same as `f1_score`."""
    return f1_score(truth, prediction, label, average)


def iou(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None = None, average: Average = "macro"
) -> float:
    """TP / (TP + FP + FN): intersection over union (Jaccard index), 0 to 1. See `precision`."""
    return _per_class(sk.jaccard_score, truth, prediction, label, average)


def confusion_matrix(
    truth: npt.ArrayLike,
    prediction: npt.ArrayLike,
    classes: Sequence[int] | None = None,
    normalise: bool = False,
) -> npt.NDArray[np.float64]:
    """Count pixels by true and predicted class.

    Parameters
    ----------
    truth, prediction : array_like of int or bool, equal shape
        See `labelled`.
    classes : sequence of int, optional
        Order of rows and columns. All classes that occur, ascending, if not given (0 among them if the
        prediction leaves labelled pixels open).
    normalise : bool
        Divide each row by its sum, so that the diagonal holds the recalls.

    Returns
    -------
    ndarray of float64, shape (k, k)
        Rows are true classes, columns predicted ones.
    """
    known, found = labelled(truth, prediction)
    order = np.union1d(known, found) if classes is None else np.asarray(classes)
    counts = _count_pairs(known, found, order)
    if normalise:
        counts /= np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray(counts)


def _count_pairs(known: Labels, found: Labels, order: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Count pairs of classes that are both in `order`, several times as fast as scikit-learn does."""
    sorter = np.argsort(order)
    ordered = order[sorter]
    places = [np.minimum(np.searchsorted(ordered, each), len(order) - 1) for each in (known, found)]
    both = (ordered[places[0]] == known) & (ordered[places[1]] == found)
    rows, columns = (sorter[place[both]] for place in places)
    counts = np.bincount(rows * len(order) + columns, minlength=len(order) ** 2)
    return counts.reshape(len(order), len(order)).astype(np.float64)


def _as_classes(name: str, values: npt.ArrayLike) -> Labels:
    """Return a label image as integers, or say why it is none."""
    array = np.asarray(values)
    if array.dtype == bool:
        return array.astype(np.int64) + 1
    if not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"The {name} must hold whole class numbers; got {array.dtype}. "
            "For probabilities take the likeliest class first (argmax + 1)."
        )
    return array.astype(np.int64)


def _per_class(
    score: Any, truth: npt.ArrayLike, prediction: npt.ArrayLike, label: int | None, average: Average
) -> float:
    """Apply a scikit-learn score to one class, or average it over the classes of the truth."""
    known, found = labelled(truth, prediction)
    classes = np.unique(known) if label is None else [label]
    return float(score(known, found, labels=classes, average=average, zero_division=0))
