"""The objects of one plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .mask import Mask, Probability, fill_holes, mask_of_labels, mask_of_probabilities
from .settings import ObjectSettings
from .split import Instances, label_mask, split_touching


def find_objects(
    prediction: npt.NDArray[Any], settings: ObjectSettings, classes: Sequence[int] | None = None
) -> Instances:
    """Find the objects of a class on one plane.

    Parameters
    ----------
    prediction : ndarray, shape (H, W) of integers, (H, W, k) of float or (H, W) of float
        Class labels, or the probability of each class, or of this class alone.
    settings : ObjectSettings
        In pixels; see `ObjectSettings.in_pixels`.
    classes : sequence of int, optional
        Numbers of the classes of probabilities; 1, 2, … k if not given. Ignored for labels.

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 outside; objects from 1, without gaps, in the order of the raster unless they were split.

    Raises
    ------
    InputError
        If the class is not among `classes`.
    """
    instances, count = separate(*mask_of(prediction, settings, classes), settings)
    return drop_small(instances, count, settings.min_size)[0]


def mask_of(
    prediction: npt.NDArray[Any], settings: ObjectSettings, classes: Sequence[int] | None = None
) -> tuple[Mask, Probability]:
    """Find the pixels of the class in labels or probabilities; arguments as of `find_objects`."""
    if prediction.ndim == 2 and prediction.dtype.kind in "bui":
        return mask_of_labels(prediction, settings)
    if prediction.ndim == 2:
        return mask_of_probabilities(
            np.stack([1 - prediction, prediction], axis=2), (0, settings.number), settings
        )
    return mask_of_probabilities(
        prediction, range(1, prediction.shape[2] + 1) if classes is None else classes, settings
    )


def separate(mask: Mask, probability: Probability, settings: ObjectSettings) -> tuple[Instances, int]:
    """Fill holes, number the parts and split those that touch; nothing is too small yet."""
    filled = fill_holes(mask, settings.fill_holes)
    instances, count = label_mask(filled, settings.diagonal)
    if settings.split_diameter == 0:
        return instances, count
    # A filled hole has a low probability, but is no valley between two objects.
    raised = np.where(filled & ~mask, np.float32(1), probability)
    return split_touching(instances, count, raised, settings.split_diameter, settings.diagonal)


def drop_small(instances: Instances, count: int, least: float) -> tuple[Instances, int]:
    """Leave out objects of fewer than `least` pixels and close the gaps in the numbers."""
    if least <= 1 or count == 0:
        return instances, count
    kept = np.bincount(instances.ravel(), minlength=count + 1) >= least
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return numbers[instances], int(kept.sum())
