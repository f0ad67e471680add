"""What a coloured section shows whatever it was stained with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .information import Mask, informative_pixels
from .intensity import Section
from .level import FloatPlane

# White is what so many percent of the pixels do not exceed, in each channel; black likewise from below.
_WHITE, _BLACK = 99.0, 1.0
# Light below this share of white is as good as none.
_LEAST_LIGHT = 1 / 255
# A picture whose median lies below this share of white is of things that shine on black.
_DARK = 0.25
# Optical density, or light as a share of white, summed over the channels, below which there is no tissue.
_GLASS = 0.15
# Tissue of this share of the usual amount counts half: so a pale stain counts nearly as much as a dark one.
_HALF = 0.5


def tissue_section(plane: npt.NDArray[Any]) -> Section:
    """Take a coloured plane as how much tissue there is, whatever its stain.

    In bright field that is the optical density (the law of Beer and Lambert), which adds up over stains; of
    fluorescence on black it is the light. It is brought to a scale from 0, nothing, to 1, on which the usual
    tissue of the section is two thirds: holes, vessels and the outline look alike in a dark and in a pale
    stain, and what a stain paints black weighs little more than what it leaves pale.

    Parameters
    ----------
    plane : ndarray, shape (H, W, 3 or 4)
        RGB of any real dtype; a fourth channel, alpha, is not looked at.

    Returns
    -------
    Section
        One channel. Empty glass counts, though it is all of one value: it shows where the tissue ends.
    """
    colours = np.asarray(plane[:, :, :3], np.float32)
    mask = informative_pixels(colours)
    finite: Mask = np.asarray(np.isfinite(colours).all(axis=2))
    if not mask.any():
        return Section(np.zeros((*mask.shape, 1), np.float32), mask)
    colours = np.where(finite[:, :, None], colours, 0)
    amount = _amount(colours, finite)
    is_tissue: Mask = amount > _GLASS
    usual = float(np.median(amount[is_tissue & mask])) if (is_tissue & mask).any() else 1.0
    tissue = (amount / (amount + _HALF * usual)).astype(np.float32)
    counts: Mask = mask | (finite & ~is_tissue)
    return Section(np.where(counts, tissue, np.float32(0))[:, :, None], counts)


def _amount(colours: FloatPlane, finite: Mask) -> FloatPlane:
    """Sum over the channels what they show of tissue, at each pixel."""
    white = np.maximum(np.percentile(colours[finite], _WHITE, axis=0), 1e-6)
    # A channel of fluorescence may be empty: one white for all, there.
    light = colours / white.max()
    if np.median(light[finite]) < _DARK:
        black = np.percentile(light[finite], _BLACK, axis=0)
        return np.asarray(np.clip(light - black, 0, 1).sum(axis=2))
    return np.asarray(-np.log(np.clip(colours / white, _LEAST_LIGHT, 1)).sum(axis=2))


def is_coloured(plane: npt.NDArray[Any]) -> bool:
    """Whether a plane (H, W) or (H, W, C) is a picture in colours: three channels, or four with alpha."""
    return plane.ndim == 3 and plane.shape[2] in (3, 4)
