"""How far landmarks are apart after registration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import InputError


@dataclass(frozen=True)
class LandmarkError:
    """Distances of corresponding landmarks.

    Parameters
    ----------
    distances : ndarray of float64, shape (n,)
        In the units of the landmarks, or of the voxel size.
    diagonal : float or None
        Diagonal of the image in the same units, if its shape was given.
    """

    distances: npt.NDArray[np.float64]
    diagonal: float | None = None

    @property
    def mean(self) -> float:
        """Mean distance: the target registration error."""
        return float(self.distances.mean())

    @property
    def median(self) -> float:
        """Median distance, which single wrong landmarks do not change."""
        return float(np.median(self.distances))

    @property
    def largest(self) -> float:
        """Largest distance."""
        return float(self.distances.max())

    @property
    def relative(self) -> npt.NDArray[np.float64] | None:
        """Distances in parts of the image's diagonal (rTRE of the ANHIR challenge), or None."""
        return None if self.diagonal is None else self.distances / self.diagonal


def target_registration_error(
    truth: npt.ArrayLike,
    moved: npt.ArrayLike,
    voxel_size: Sequence[float] | None = None,
    image_shape: Sequence[int] | None = None,
) -> LandmarkError:
    """Distance of each landmark from where it belongs, after registration.

    TRE_i = |moved_i − truth_i|, for landmarks that were not used to find the registration. Fitzpatrick and
    West, IEEE Transactions on Medical Imaging 20:917 (2001); in parts of the image's diagonal as Borovec et
    al., IEEE Transactions on Medical Imaging 39:3042 (2020, ANHIR).

    Parameters
    ----------
    truth, moved : array_like of float, shape (n, dimensions)
        Landmarks in the fixed image, and those of the moving image as the registration brings them there.
    voxel_size : sequence of float, optional
        Along each axis, to have the distances in physical units.
    image_shape : sequence of int, optional
        Of the fixed image, along each axis.

    Returns
    -------
    LandmarkError

    Raises
    ------
    InputError
        If there are no landmarks, their numbers differ, or some are not finite.
    """
    fixed, other = (np.asarray(points, dtype=np.float64) for points in (truth, moved))
    if fixed.shape != other.shape or fixed.ndim != 2 or fixed.size == 0:
        raise InputError(
            f"Landmarks must be two tables of one shape, a row for each; got {fixed.shape} and {other.shape}."
        )
    if not (np.isfinite(fixed).all() and np.isfinite(other).all()):
        raise InputError("Some landmarks are not finite numbers. Leave out those that have no partner.")
    size = np.ones(fixed.shape[1]) if voxel_size is None else np.asarray(voxel_size, dtype=np.float64)
    for name, given in (("voxel_size", size), ("image_shape", image_shape)):
        if given is not None and len(given) != fixed.shape[1]:
            raise InputError(f"{name} has {len(given)} entries for {fixed.shape[1]} axes. Give one for each.")
    distances = np.linalg.norm((other - fixed) * size, axis=1)
    diagonal = None if image_shape is None else math.hypot(*(np.asarray(image_shape) * size))
    return LandmarkError(distances, diagonal)
