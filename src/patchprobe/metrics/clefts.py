"""Synaptic clefts as the CREMI challenge scores them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from ..errors import InputError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CleftScore:
    """Voxels and distances of predicted and true clefts.

    Parameters
    ----------
    true_positives, false_positives : int
        Predicted voxels no farther than the threshold from a true one, and farther.
    false_negatives : int
        True voxels farther than the threshold from a predicted one.
    mean_distance_to_truth : float
        Mean distance of predicted voxels from the nearest true one, without threshold, in the units of the
        voxel size. 0 without predicted voxels, infinite where nothing is true.
    mean_distance_to_prediction : float
        Mean distance of true voxels from the nearest predicted one, likewise.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    mean_distance_to_truth: float
    mean_distance_to_prediction: float

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 1 where there is nothing to find and nothing was found."""
        total = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / total if total else 1.0

    @property
    def cremi_score(self) -> float:
        """Mean of the two mean distances: the order of CREMI's leaderboard, smallest first."""
        return (self.mean_distance_to_truth + self.mean_distance_to_prediction) / 2


def cleft_score(
    truth: npt.ArrayLike,
    prediction: npt.ArrayLike,
    voxel_size: Sequence[float] = (40.0, 4.0, 4.0),
    threshold: float = 200.0,
) -> CleftScore:
    """Compare predicted synaptic clefts with the true ones, within a distance.

    A predicted voxel farther than `threshold` from any true one is a false positive, a true voxel farther
    than that from any predicted one a false negative; the other predicted voxels are true positives. Numbers
    of clefts play no part. CREMI challenge (https://cremi.org/metrics, "Synaptic Cleft Detection"), whose
    threshold is 200 nm.

    Parameters
    ----------
    truth, prediction : array_like of int or bool, equal shape
        Clefts where not 0. CREMI's files mark the background by the largest 64-bit number: compare with it
        first.
    voxel_size : sequence of float
        Along each axis; CREMI's 40 × 4 × 4 nm if not given.
    threshold : float
        In the units of `voxel_size`, not negative.

    Returns
    -------
    CleftScore

    Raises
    ------
    InputError
        If shapes differ, there is not one voxel size for each axis, or a number is out of range.
    """
    known, found = np.asarray(truth) != 0, np.asarray(prediction) != 0
    if known.shape != found.shape or known.ndim != len(voxel_size):
        raise InputError(
            f"The truth has shape {known.shape}, the prediction {found.shape}, and {len(voxel_size)} voxel "
            "sizes were given. Give two volumes of one shape, and a voxel size for each axis."
        )
    if threshold < 0 or not all(size > 0 for size in voxel_size):
        raise InputError(f"Voxel size {tuple(voxel_size)} and threshold {threshold} must be positive.")
    to_truth, to_prediction = _distances(found, known, voxel_size), _distances(known, found, voxel_size)
    false_positives = int(np.count_nonzero(to_truth > threshold))
    return CleftScore(
        true_positives=len(to_truth) - false_positives,
        false_positives=false_positives,
        false_negatives=int(np.count_nonzero(to_prediction > threshold)),
        mean_distance_to_truth=float(to_truth.mean()) if len(to_truth) else 0.0,
        mean_distance_to_prediction=float(to_prediction.mean()) if len(to_prediction) else 0.0,
    )


def _distances(of: Mask, to: Mask, voxel_size: Sequence[float]) -> npt.NDArray[np.float64]:
    """Distance (n,) of each voxel of one mask from the nearest of another."""
    if not to.any():
        return np.full(np.count_nonzero(of), math.inf)
    return np.asarray(distance_transform_edt(~to, sampling=voxel_size)[of])
