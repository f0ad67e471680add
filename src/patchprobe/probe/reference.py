"""What is usual in the planes that were painted: moments of their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Relative to the mean: single precision rounds at about a tenth of it.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Reference:
    """Mean and variance of each channel over points all over a plane, painted or not.

    Parameters
    ----------
    count : int
        Points.
    mean, variance : ndarray of float64, shape (channels,)
    """

    count: int
    mean: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]

    @classmethod
    def of(cls, features: npt.NDArray[np.floating]) -> Reference:
        """Take the moments of features (n, channels)."""
        return cls(len(features), features.mean(axis=0, dtype=np.float64), features.var(axis=0, dtype=float))

    def beside(self, other: Reference) -> Reference:
        """Moments of the channels of both, at the same points."""
        return Reference(
            self.count,
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.variance, other.variance]),
        )

    @property
    def is_constant(self) -> bool:
        """Whether no channel varies, but for rounding."""
        return bool((self.variance <= (_ROUNDING * np.maximum(np.abs(self.mean), 1)) ** 2).all())


def pool(references: Sequence[Reference]) -> Reference:
    """Moments of all points together, by the law of total variance."""
    counts = np.array([part.count for part in references], dtype=np.float64)
    means = np.array([part.mean for part in references])
    mean = np.average(means, axis=0, weights=counts)
    within = np.array([part.variance for part in references])
    variance = np.average(within + (means - mean) ** 2, axis=0, weights=counts)
    return Reference(int(counts.sum()), mean, variance)
