"""How well single objects are found: nuclei, cells, organelles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from skimage.metrics import contingency_table

from ..errors import InputError

IOU_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))


@dataclass(frozen=True)
class InstanceMatch:
    """Objects of the truth and of the prediction, matched one to one.

    Parameters
    ----------
    threshold : float
        Smallest intersection over union of a match.
    matched, missed, wrong : int
        Objects of both that match, of the truth that match none, and of the prediction that match none.
    mean_iou : float
        Mean intersection over union of the matches; 0 without any.
    """

    threshold: float
    matched: int
    missed: int
    wrong: int
    mean_iou: float

    @property
    def precision(self) -> float:
        """Share of the predicted objects that match; 0 without any."""
        return self.matched / max(self.matched + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of the true objects that are matched; 0 without any."""
        return self.matched / max(self.matched + self.missed, 1)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN)."""
        return 2 * self.matched / max(2 * self.matched + self.missed + self.wrong, 1)

    @property
    def average_precision(self) -> float:
        """TP / (TP + FP + FN); 1 where there is nothing to find and nothing was found."""
        total = self.matched + self.missed + self.wrong
        return self.matched / total if total else 1.0


def match_instances(truth: npt.ArrayLike, prediction: npt.ArrayLike, threshold: float = 0.5) -> InstanceMatch:
    """Match objects one to one so that as many as possible overlap by at least the threshold.

    Among the matchings with most pairs that of the largest summed overlap is taken, by the Hungarian method,
    so that the result does not depend on the order of the objects.

    Parameters
    ----------
    truth, prediction : array_like of int, equal shape
        0 background, else the object: an image or a stack.
    threshold : float
        Smallest intersection over union of a match, above 0 and at most 1.

    Returns
    -------
    InstanceMatch

    Raises
    ------
    InputError
        If shapes differ, values are no whole numbers from 0 on, or the threshold is out of range.
    """
    return _match(_overlaps(truth, prediction), threshold)


def average_precision(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, thresholds: Sequence[float] = IOU_THRESHOLDS
) -> npt.NDArray[np.float64]:
    """TP / (TP + FP + FN) of objects at each threshold of intersection over union.

    As defined for the Data Science Bowl 2018 (Caicedo et al., Nature Methods 16:1247, 2019) and used for
    StarDist (Schmidt et al., MICCAI 2018). It is not the area under a curve of precision and recall.

    Parameters
    ----------
    truth, prediction : array_like of int, equal shape
        0 background, else the object.
    thresholds : sequence of float
        0.5, 0.55, … 0.95 if not given.

    Returns
    -------
    ndarray of float64, shape (thresholds,)

    Raises
    ------
    InputError
        As for `match_instances`.
    """
    overlaps = _overlaps(truth, prediction)
    return np.array([_match(overlaps, threshold).average_precision for threshold in thresholds])


def mean_average_precision(
    truth: npt.ArrayLike, prediction: npt.ArrayLike, thresholds: Sequence[float] = IOU_THRESHOLDS
) -> float:
    """Mean of `average_precision` over the thresholds."""
    return float(average_precision(truth, prediction, thresholds).mean())


def _overlaps(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Intersection over union of each true object (rows) with each predicted one (columns)."""
    known, found = _numbered("truth", truth), _numbered("prediction", prediction)
    if known.shape != found.shape:
        raise InputError(
            f"The truth has shape {known.shape}, the prediction {found.shape}. "
            "Compare the same pixels: plane with plane or stack with stack."
        )
    if known.size == 0:
        raise InputError("The images are empty, so there is nothing to compare.")
    table = contingency_table(known, found, sparse_type="array").toarray()  # type: ignore[no-untyped-call]
    sizes = table.sum(axis=1)[1:, None], table.sum(axis=0)[None, 1:]
    common = table[1:, 1:]
    return np.asarray(common / (sizes[0] + sizes[1] - common))


def _match(overlaps: npt.NDArray[np.float64], threshold: float) -> InstanceMatch:
    if not 0 < threshold <= 1:
        raise InputError(
            f"The threshold is {threshold}; give an intersection over union above 0 and up to 1."
        )
    allowed = overlaps >= threshold
    # A pair that is allowed outweighs any gain of overlap elsewhere.
    rows, columns = linear_sum_assignment(allowed * (1 + overlaps / (2 * max(overlaps.shape[0], 1))), True)
    kept = allowed[rows, columns]
    matched = int(kept.sum())
    mean = float(overlaps[rows, columns][kept].mean()) if matched else 0.0
    return InstanceMatch(threshold, matched, overlaps.shape[0] - matched, overlaps.shape[1] - matched, mean)


def _numbered(name: str, labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the objects numbered from 1 on, without gaps."""
    array = np.asarray(labels)
    if array.dtype == bool or not np.issubdtype(array.dtype, np.integer) or (array.size and array.min() < 0):
        raise InputError(
            f"The {name} must hold the number of the object at each pixel, 0 for none; got {array.dtype}. "
            "Number the objects of a mask first (find_objects_in_stack, or scipy.ndimage.label)."
        )
    values, inverse = np.unique(array, return_inverse=True)
    numbers: npt.NDArray[Any] = np.arange(len(values)) + (len(values) > 0 and values[0] != 0)
    return np.asarray(numbers[inverse].reshape(array.shape), dtype=np.int64)
