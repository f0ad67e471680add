"""Which pixels of a section can be aligned by."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_WINDOW = 9
# Below this share the constant area is the background of sparse objects (tracings, labelled cells), whose
# very emptiness tells where they are; above it, it is a fill.
LEAST_SHARE = 0.25


def informative_pixels(plane: npt.NDArray[Any]) -> Mask:
    """Tell image from fill.

    Not finite pixels are left out, and so are areas of one value of at least 9 × 9 px: the border that an
    earlier warp filled, the missing part of a section, the part that was shifted out and zeroed. Where
    less than a quarter of the plane would remain, areas of one value are kept.

    Parameters
    ----------
    plane : ndarray, shape (H, W) or (H, W, C)

    Returns
    -------
    ndarray of bool, shape (H, W)
        Nothing is true where the whole plane has one value or is not finite.
    """
    channels = plane[:, :, None] if plane.ndim == 2 else plane
    finite = np.isfinite(channels).all(axis=2)
    values = np.where(finite[:, :, None], channels, 0).astype(np.float32)
    if not finite.any() or np.ptp(values[finite], axis=0).max() == 0:
        return np.zeros(finite.shape, dtype=bool)
    changing = finite & ~_constant_areas(values)
    return np.asarray(changing if changing.mean() >= LEAST_SHARE else finite)


def _constant_areas(values: npt.NDArray[np.float32]) -> Mask:
    """Pixels that lie in some window of one value."""
    side = min(_WINDOW, min(values.shape[:2]) // 2)
    window = np.ones((max(side, 2), max(side, 2)), dtype=np.uint8)
    constant = np.ones(values.shape[:2], dtype=bool)
    for channel in np.moveaxis(values, 2, 0):
        lowest, highest = cv2.erode(channel, window), cv2.dilate(channel, window)
        constant &= lowest == highest
    # Opening: each window's centre gives back the whole window.
    return np.asarray(cv2.dilate(constant.astype(np.uint8), window[::-1, ::-1]) > 0)
