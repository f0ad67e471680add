"""How well the judged pixels of a task were predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from sklearn.metrics import average_precision_score

from ..metrics import confusion_matrix, match_instances
from .methods import Predicted
from .task import Task

# Every fourth pixel ranks as all do, and sorting is most of the time.
_RANKED = 4
_SMALLEST_OBJECT = 20


@dataclass(frozen=True)
class TaskScore:
    """Agreement with the truth over all judged pixels.

    Parameters
    ----------
    dice : tuple of float
        Of each class, which is its F1.
    iou : tuple of float
        Of each class.
    accuracy : float
    average_precision : float or None
        Area under precision over recall of the second of two classes, whatever the threshold.
    object_f1 : float or None
        Of objects that overlap by half or more, where the task tells objects apart: connected pixels of
        class 2.
    """

    dice: tuple[float, ...]
    iou: tuple[float, ...]
    accuracy: float
    average_precision: float | None = None
    object_f1: float | None = None

    @property
    def f1(self) -> float:
        """Of the second of two classes, what one is after; of more, the mean over all."""
        return self.dice[1] if len(self.dice) == 2 else float(np.mean(self.dice))


def score(task: Task, predicted: Predicted) -> TaskScore:
    """Compare probabilities (H, W, classes) with the truth of the judged planes; the likeliest counts."""
    truth = np.concatenate([task.judged[plane].ravel() for plane in task.judged])
    probabilities = np.concatenate([predicted[plane].reshape(-1, len(task.classes)) for plane in task.judged])
    counted = truth > 0
    truth, probabilities = truth[counted], probabilities[counted]
    labels = np.asarray(task.classes)[probabilities.argmax(axis=1)]
    counts = confusion_matrix(truth, labels, classes=task.classes)
    right, true, found = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return TaskScore(
        dice=tuple(_ratios(2 * right, true + found)),
        iou=tuple(_ratios(right, true + found - right)),
        accuracy=float(right.sum() / counts.sum()),
        average_precision=_average_precision(truth == task.classes[1], probabilities[:, 1])
        if len(task.classes) == 2
        else None,
        object_f1=_object_f1(task, predicted) if task.objects else None,
    )


def mean_of(scores: Sequence[TaskScore], name: str) -> float | None:
    """Mean of one of the scores, or None where a task does not have it."""
    values = [getattr(each, name) for each in scores]
    return None if values[0] is None else float(np.mean(values))


def _ratios(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> list[float]:
    return [float(value) for value in part / np.maximum(whole, 1)]


def _average_precision(truth: npt.NDArray[np.bool_], ranking: npt.NDArray[np.float32]) -> float:
    return float(average_precision_score(truth[::_RANKED], ranking[::_RANKED]))


def _object_f1(task: Task, predicted: Predicted) -> float:
    matched = total = 0
    for plane, truth in task.objects.items():
        counted = task.judged[plane] > 0
        parts, _ = ndimage.label((predicted[plane].argmax(axis=2) == 1) & counted)
        small = np.bincount(parts.ravel()) < _SMALLEST_OBJECT
        parts[small[parts]] = 0
        found = match_instances(np.where(counted, truth, 0), parts)
        matched += 2 * found.matched
        total += 2 * found.matched + found.missed + found.wrong
    return matched / max(total, 1)
