"""Where a slide shows tissue rather than glass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

# Glass is bright and has next to no colour. Tissue, however pale, has more of it by this much (8 of 255).
_BRIGHT = 0.8
_MARGIN = 8 / 255
# Where less than this share of a picture is bright, it shows no glass to compare with.
_LEAST_GLASS = 0.02
_GLASS_PERCENT = 10


def tissue_mask(
    pixels: npt.NDArray[Any], *, smallest: int = 64, closing: int = 2, threshold: float | None = None
) -> npt.NDArray[np.bool_]:
    """Find tissue by its colour: glass has none.

    The saturation of each pixel (HSV) is smoothed; tissue has more of it than the least coloured of the
    bright pixels. Gaps are closed, small pieces and holes taken away.

    Parameters
    ----------
    pixels : ndarray of uint8 or float in [0, 1], shape (H, W, 3)
        A coarse level is enough: 16 or 32 times coarser than full resolution.
    smallest : int
        Area in pixels of the smallest piece or hole that is kept.
    closing : int
        Radius in pixels by which gaps are closed.
    threshold : float, optional
        Saturation from 0 to 1 above which there is tissue, instead of one by the glass of the picture.

    Returns
    -------
    ndarray of bool, shape (H, W)
        All False where the picture is glass throughout.

    Raises
    ------
    InputError
        If the picture has no colours.
    """
    from scipy import ndimage
    from skimage import color, morphology

    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(f"Tissue is told by its colour; the shape {pixels.shape} is not (H, W, 3).")
    hsv = color.rgb2hsv(pixels)
    saturation = ndimage.gaussian_filter(hsv[..., 1], 1)
    if threshold is None:
        threshold = _glass(saturation, hsv[..., 2]) + _MARGIN
    found = saturation > threshold
    if closing:
        # Beyond the edge it goes on as it is there.
        wide = np.pad(found, closing, mode="edge")
        disk = morphology.disk(closing)  # type: ignore[no-untyped-call]
        found = ndimage.binary_closing(wide, disk)[closing:-closing, closing:-closing]
    without_holes = ~_large_pieces(~found, smallest)
    return _large_pieces(without_holes, smallest)


def _glass(saturation: npt.NDArray[Any], value: npt.NDArray[Any]) -> float:
    """Return the saturation of glass, which dirt and the light of the microscope give a tint."""
    bright = saturation[value > _BRIGHT]
    return float(np.percentile(bright, _GLASS_PERCENT)) if bright.size > _LEAST_GLASS * value.size else 0.0


def _large_pieces(mask: npt.NDArray[np.bool_], smallest: int) -> npt.NDArray[np.bool_]:
    from scipy import ndimage

    pieces, _ = ndimage.label(mask)
    large = np.bincount(pieces.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[pieces])
