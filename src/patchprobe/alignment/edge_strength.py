"""A section as the strength of its edges, which does not know dark from bright."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .intensity import Section
from .level import FloatPlane, mean_around

# Edges are looked for on at most so many cells along the longer side, smoothed by so many cells.
_MOST_CELLS = 1024
_SMOOTH = 1.5


def edge_section(section: Section) -> Section:
    """Take the slope of a section, smoothed a little, in place of its intensity.

    Two contrasts of the same tissue, as of MRI, or bright-field beside fluorescence, have their edges at the
    same places, whichever side is the brighter.

    Parameters
    ----------
    section : Section

    Returns
    -------
    Section
        One channel, of the same size and mask.
    """
    rows, cols = section.mask.shape
    reduced = section.reduced(max(1, math.ceil(max(rows, cols) / _MOST_CELLS)))
    grey = np.ascontiguousarray(reduced.channels.mean(axis=2))
    down, across = np.gradient(mean_around(grey, reduced.mask.astype(np.float32), _SMOOTH))
    # The weak edges count too: strong ones are often those of one contrast only.
    strength = np.sqrt(np.hypot(down, across))
    slope = _enlarged(strength.astype(np.float32), (rows, cols))
    return Section(np.where(section.mask, slope, np.float32(0))[:, :, None], section.mask)


def _enlarged(image: FloatPlane, shape: tuple[int, int]) -> FloatPlane:
    if image.shape == shape:
        return image
    return np.asarray(cv2.resize(image, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))
