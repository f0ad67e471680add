"""Folds, tears and dirt: areas so dark or bright that they are no tissue."""

from __future__ import annotations

import cv2
import numpy as np

from .intensity import Section

# In pixels: what is narrower is structure.
_WIDTH = 4.0
# Of the smoothed section from the median, in robust standard deviations of the pixels. Smoothed tissue
# varies by about half of one.
_EXTREME = 2.0
# More than this share of a section is not the exception but how it looks.
_MOST = 0.2


def without_folds(section: Section) -> Section:
    """Leave out areas whose smoothed intensity is far from that of the rest of the section.

    Parameters
    ----------
    section : Section

    Returns
    -------
    Section
        The same where nothing, or more than a fifth, is so far off.
    """
    mask = section.mask
    if not mask.any():
        return section
    weight = mask.astype(np.float32)
    grey = np.ascontiguousarray(section.channels.mean(axis=2))
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _WIDTH), 1e-3)
    smooth = cv2.GaussianBlur(grey * weight, (0, 0), _WIDTH) / share
    middle = np.median(grey[mask])
    # 1.4826 makes the median deviation that of a normal distribution.
    spread = 1.4826 * np.median(np.abs(grey[mask] - middle))
    extreme = mask & (np.abs(smooth - middle) > _EXTREME * spread)
    if spread == 0 or not extreme.any() or extreme.sum() > _MOST * mask.sum():
        return section
    wide = cv2.dilate(extreme.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    kept = mask & ~wide
    return Section(np.where(kept[:, :, None], section.channels, np.float32(0)), kept)
