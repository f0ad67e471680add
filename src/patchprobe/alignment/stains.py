"""What a coloured section shows whatever it was stained with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .information import Mask, informative_pixels
from .intensity import Section

# White is what so many percent of the pixels do not exceed, in each channel.
_WHITE = 99.0
# Light below this share of white is as good as none.
_LEAST_LIGHT = 1 / 255
# Optical density, summed over the channels, below which there is glass and no tissue.
_GLASS = 0.15
# Tissue of this share of the usual density counts half: so a pale stain counts nearly as much as a dark one.
_HALF = 0.5


def tissue_section(plane: npt.NDArray[Any]) -> Section:
    """Take a coloured plane as how much tissue there is, whatever its stain.

    Optical density (the law of Beer and Lambert) adds up over stains. It is brought to a scale from 0, glass,
    to 1, on which the usual tissue of the section is two thirds: holes, vessels and the outline look alike in
    a dark and in a pale stain, and what a stain paints black weighs little more than what it leaves pale.

    Parameters
    ----------
    plane : ndarray, shape (H, W, 3 or 4)
        RGB of any real dtype; a fourth channel, alpha, is not looked at.

    Returns
    -------
    Section
        One channel. White glass counts, though it is all of one value: it shows where the tissue ends.
    """
    colours = np.asarray(plane[:, :, :3], np.float32)
    mask = informative_pixels(colours)
    finite: Mask = np.asarray(np.isfinite(colours).all(axis=2))
    if not mask.any():
        return Section(np.zeros((*mask.shape, 1), np.float32), mask)
    colours = np.where(finite[:, :, None], colours, 0)
    white = np.maximum(np.percentile(colours[finite], _WHITE, axis=0), 1e-6)
    density = -np.log(np.clip(colours / white, _LEAST_LIGHT, 1)).sum(axis=2)
    is_tissue: Mask = density > _GLASS
    usual = float(np.median(density[is_tissue & mask])) if (is_tissue & mask).any() else 1.0
    tissue = (density / (density + _HALF * usual)).astype(np.float32)
    counts: Mask = mask | (finite & ~is_tissue)
    return Section(np.where(counts, tissue, np.float32(0))[:, :, None], counts)


def is_coloured(plane: npt.NDArray[Any]) -> bool:
    """Whether a plane (H, W) or (H, W, C) is a picture in colours: three channels, or four with alpha."""
    return plane.ndim == 3 and plane.shape[2] in (3, 4)
