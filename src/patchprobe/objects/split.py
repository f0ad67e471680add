"""Separating objects that touch, by watershed on the probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.morphology import h_maxima
from skimage.segmentation import relabel_sequential, watershed

from .mask import Mask, Probability, smoothed

Instances = npt.NDArray[np.int32]

# In parts of the diameter: how far the landscape is smoothed, and how deep the valley between two objects has
# to be. Of the landscapes tried on nuclei in two kinds of microscopy (probability, distance from the edge,
# their product; peaks by distance or by depth), this is the least sensitive to a wrong diameter.
_SMOOTH, _DEPTH = 0.1, 0.03
# Half the area of a disc, in squares of its diameter.
_HALF_A_DISC = np.pi / 8


def label_mask(mask: Mask, diagonal: bool) -> tuple[Instances, int]:
    """Give the connected parts of a mask (H, W) numbers from 1 in the order of the raster, and count them."""
    instances = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, neighbours(diagonal), output=instances)
    return instances, int(count)


def neighbours(diagonal: bool) -> npt.NDArray[np.bool_]:
    """Pixels (3, 3) that belong together with the one in the middle."""
    structure: npt.NDArray[np.bool_] = ndimage.generate_binary_structure(2, 2 if diagonal else 1)
    return structure


def split_touching(
    instances: Instances, count: int, probability: Probability, diameter: float, diagonal: bool = False
) -> tuple[Instances, int]:
    """Split connected parts that look like several objects of a certain width.

    Watershed on a landscape that is high in the middle of objects: the distance from their edge times the
    probability, smoothed. Each peak with a valley around it of a certain depth is an object; the border
    between two runs along the valley, where the probability is low or the part has a waist.

    Parameters
    ----------
    instances : ndarray of int32, shape (H, W)
        Connected parts, from 1 to `count`.
    count : int
    probability : ndarray of float32, shape (H, W)
    diameter : float
        Of a typical object, in pixels. Smoothing and depth are a tenth and a thirtieth of it.
    diagonal : bool
        As in `label_mask`.

    Returns
    -------
    instances : ndarray of int32, shape (H, W)
        From 1, without gaps; a part smaller than half of a typical object stays whole.
    count : int
    """
    if count == 0:
        return instances, 0
    mask = instances > 0
    landscape = _landscape(mask, probability, diameter)
    peaks = _peaks(instances, landscape, diameter)
    markers, n_peaks = label_mask(peaks, diagonal)
    is_bare = np.ones(count + 1, dtype=bool)
    is_bare[0] = False
    is_bare[instances[peaks]] = False
    # A part without a peak is a marker itself.
    markers = np.where(is_bare[instances], instances + n_peaks, markers)
    pieces = watershed(-landscape, markers, connectivity=neighbours(diagonal), mask=mask)  # type: ignore[no-untyped-call]
    numbered, _, _ = relabel_sequential(pieces)  # type: ignore[no-untyped-call]
    split = numbered.astype(np.int32)
    return split, int(split.max())


def _landscape(mask: Mask, probability: Probability, diameter: float) -> npt.NDArray[Any]:
    """Height (H, W) of each pixel, as if nothing outside of the plane belonged to an object."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return smoothed((distance * probability).astype(np.float32), _SMOOTH * diameter)


def _peaks(instances: Instances, landscape: npt.NDArray[Any], diameter: float) -> Mask:
    """Find the peaks (H, W) of each part with a deep enough valley around them.

    Part by part, for the time grows faster than the pixels.
    """
    sizes = np.bincount(instances.ravel())
    peaks = np.zeros(instances.shape, dtype=bool)
    for label, window in enumerate(ndimage.find_objects(instances), start=1):
        if sizes[label] < _HALF_A_DISC * diameter**2:
            continue
        inside = instances[window] == label
        heights = np.pad(np.where(inside, landscape[window], 0), 1)
        found = h_maxima(heights, _DEPTH * diameter)[1:-1, 1:-1] > 0  # type: ignore[no-untyped-call]
        peaks[window] |= found & inside
    return peaks
