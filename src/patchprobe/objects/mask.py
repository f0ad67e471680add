"""From the probability of a class, or from labels, to the pixels that its objects cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..errors import InputError
from .settings import ObjectSettings

Mask = npt.NDArray[np.bool_]
Probability = npt.NDArray[np.float32]

_HALF = 0.5


def mask_of_probabilities(
    probabilities: npt.ArrayLike, classes: Sequence[int], settings: ObjectSettings
) -> tuple[Mask, Probability]:
    """Find the pixels of a class in the probabilities of all classes.

    Parameters
    ----------
    probabilities : array_like of float, shape (H, W, k)
        In the order of `classes`; values that are not finite count as 0.
    classes : sequence of int
    settings : ObjectSettings
        In pixels.

    Returns
    -------
    mask : ndarray of bool, shape (H, W)
    probability : ndarray of float32, shape (H, W)
        Of the class, smoothed.

    Raises
    ------
    InputError
        If the class is not among `classes`.
    """
    values = np.nan_to_num(np.asarray(probabilities, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    if settings.number not in classes:
        raise InputError(
            f"There is no class {settings.number}; there are {', '.join(str(c) for c in classes)}. "
            "Choose one of these, or paint the class first."
        )
    index = list(classes).index(settings.number)
    if settings.threshold is not None:
        probability = smoothed(values[:, :, index], settings.smoothing)
        return probability > settings.threshold, probability
    if settings.smoothing:
        values = np.stack(
            [smoothed(values[:, :, i], settings.smoothing) for i in range(len(classes))], axis=2
        )
    return values.argmax(axis=2) == index, values[:, :, index]


def mask_of_labels(
    labels: npt.NDArray[np.integer[Any]], settings: ObjectSettings
) -> tuple[Mask, Probability]:
    """Find the pixels of a class in labels, (H, W): as a probability that is 1 inside and 0 outside.

    Returns
    -------
    mask : ndarray of bool, shape (H, W)
    probability : ndarray of float32, shape (H, W)
    """
    probability = smoothed((np.asarray(labels) == settings.number).astype(np.float32), settings.smoothing)
    return probability > (_HALF if settings.threshold is None else settings.threshold), probability


def smoothed(plane: Probability, sigma: float) -> Probability:
    """Smooth a plane by a Gaussian, as if its edge went on outside."""
    if sigma == 0:
        return plane
    smooth: Probability = ndimage.gaussian_filter(plane, sigma, mode="nearest")
    return smooth


def fill_holes(mask: Mask, largest: float) -> Mask:
    """Fill the holes of up to `largest` pixels: background that does not reach the edge of the plane.

    Holes are connected by their sides only, so that a closed diagonal line keeps the inside in.
    """
    if largest == 0 or mask.all():
        return mask
    holes, count = ndimage.label(~mask)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    is_filled = sizes <= largest
    is_filled[0] = False
    for edge in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        is_filled[edge] = False
    filled: Mask = mask | is_filled[holes]
    return filled
