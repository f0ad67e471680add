"""How well two partitions into regions agree, whatever the numbers of the regions: neurites, cells, areas.

Regions are compared as sets of pixels. Pixels that are 0 in the truth do not count, as in the challenges that
these measures come from; there they are borders, or were not annotated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage import metrics as sk
from sklearn.metrics import adjusted_rand_score

from .pixels import Labels, labelled


@dataclass(frozen=True)
class VariationOfInformation:
    """Conditional entropies of two partitions, in bits.

    Parameters
    ----------
    split : float
        H(prediction | truth): what is split too often (over-segmentation).
    merge : float
        H(truth | prediction): what is merged wrongly (under-segmentation).
    """

    split: float
    merge: float

    @property
    def total(self) -> float:
        """The variation of information; 0 for equal partitions."""
        return self.split + self.merge


def adjusted_rand_index(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    """Agreement on which pairs of pixels belong together, adjusted for chance.

    (RI − E[RI]) / (max RI − E[RI]), where RI is the share of pairs of pixels on which the two partitions
    agree (together in both or apart in both), and E its expectation for random partitions with as many pixels
    in each region. Hubert and Arabie, Journal of Classification 2:193 (1985), equation 5.

    Parameters
    ----------
    truth, prediction : array_like of int, equal shape
        Region of each pixel; 0 in the truth does not count.

    Returns
    -------
    float
        1 for equal partitions, about 0 for random ones; it can be negative.

    Raises
    ------
    InputError
        If shapes differ, values are no whole numbers, or nothing is labelled.
    """
    return float(adjusted_rand_score(*labelled(truth, prediction)))


def adapted_rand_error(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    """One minus the F-score of pairs of pixels that belong together, as SNEMI3D and CREMI score neurites.

    With n_ij pixels in region i of the truth and j of the prediction: precision is the share of the pairs
    joined by the prediction that the truth joins, recall the share of those joined by the truth that the
    prediction joins; the error is 1 − 2 Σ n_ij (n_ij − 1) / (Σ a_i (a_i − 1) + Σ b_j (b_j − 1)), with the
    sizes a_i and b_j. A pixel that the prediction leaves open (0) is a region of its own. Arganda-Carreras et
    al., Frontiers in Neuroanatomy 9:142 (2015).

    Parameters
    ----------
    truth, prediction : array_like of int, equal shape
        Region of each pixel; 0 in the truth does not count.

    Returns
    -------
    float
        0 for equal partitions, 1 where no pair is joined rightly.

    Raises
    ------
    InputError
        If shapes differ, values are no whole numbers, or nothing is labelled.
    """
    known, found = _compact(truth, prediction)
    open_pixels = found == 0
    found[open_pixels] = found.max() + 1 + np.arange(np.count_nonzero(open_pixels))
    alone = [len(np.unique(regions)) == len(regions) for regions in (known, found)]
    if any(alone):
        # One of the two joins no pair: they agree only if neither does.
        return 0.0 if all(alone) else 1.0
    return float(sk.adapted_rand_error(known, found)[0])  # type: ignore[no-untyped-call]


def variation_of_information(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> VariationOfInformation:
    """How much information the two partitions do not share, as CREMI scores neurites.

    H(prediction | truth) + H(truth | prediction) with logarithms to base 2, over the pixels that are labelled
    in the truth; 0 in the prediction is a region like others. Meilă, Journal of Multivariate Analysis 98:873
    (2007); the parts as in Nunez-Iglesias et al., PLoS ONE 8:e71715 (2013).

    Parameters
    ----------
    truth, prediction : array_like of int, equal shape
        Region of each pixel; 0 in the truth does not count.

    Returns
    -------
    VariationOfInformation
        `split`, `merge` and their `total`, in bits.

    Raises
    ------
    InputError
        If shapes differ, values are no whole numbers, or nothing is labelled.
    """
    compact = _compact(truth, prediction)
    split, merge = sk.variation_of_information(*compact)  # type: ignore[no-untyped-call]
    # Rounding can leave −0.
    return VariationOfInformation(abs(float(split)), abs(float(merge)))


def _compact(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> tuple[Labels, Labels]:
    """Return both with regions numbered from 1 on: a table is as large as the largest number. 0 stays 0."""
    known, found = labelled(truth, prediction)
    return _numbered(known), _numbered(found)


def _numbered(labels: Labels) -> npt.NDArray[np.int64]:
    values, inverse = np.unique(labels, return_inverse=True)
    numbers: npt.NDArray[Any] = np.where(values == 0, 0, np.arange(1, len(values) + 1))
    return np.asarray(numbers[inverse], dtype=np.int64)
