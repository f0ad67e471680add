"""Where a slide shows tissue rather than glass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

# Glass is bright and grey; a plane of which less varies than this is one thing throughout.
_LEAST_SPREAD = 0.02


def tissue_mask(
    pixels: npt.NDArray[Any], *, smallest: int = 64, closing: int = 2, threshold: float | None = None
) -> npt.NDArray[np.bool_]:
    """Find tissue by its colour: glass has none.

    The saturation of each pixel (HSV) is smoothed and cut at Otsu's threshold; gaps are closed, small
    pieces and holes taken away.

    Parameters
    ----------
    pixels : ndarray of uint8 or float in [0, 1], shape (H, W, 3)
        A coarse level is enough: 16 or 32 times coarser than full resolution.
    smallest : int
        Area in pixels of the smallest piece or hole that is kept.
    closing : int
        Radius in pixels by which gaps are closed.
    threshold : float, optional
        Saturation from 0 to 1 above which there is tissue, instead of Otsu's.

    Returns
    -------
    ndarray of bool, shape (H, W)
        All False where the picture is glass throughout.

    Raises
    ------
    InputError
        If the picture has no colours.

    References
    ----------
    Otsu N., A threshold selection method from gray-level histograms, IEEE Transactions on Systems, Man,
    and Cybernetics 9 (1979) 62-66.
    """
    from scipy import ndimage
    from skimage import color, filters, morphology

    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(f"Tissue is told by its colour; the shape {pixels.shape} is not (H, W, 3).")
    saturation = ndimage.gaussian_filter(color.rgb2hsv(pixels)[..., 1], 1)
    if threshold is None:
        if float(np.ptp(saturation)) < _LEAST_SPREAD:
            return np.zeros(saturation.shape, bool)
        threshold = float(filters.threshold_otsu(saturation))  # type: ignore[no-untyped-call]
    found = saturation > threshold
    if closing:
        # Beyond the edge it goes on as it is there.
        wide = np.pad(found, closing, mode="edge")
        disk = morphology.disk(closing)  # type: ignore[no-untyped-call]
        found = ndimage.binary_closing(wide, disk)[closing:-closing, closing:-closing]
    without_holes = ~_large_pieces(~found, smallest)
    return _large_pieces(without_holes, smallest)


def _large_pieces(mask: npt.NDArray[np.bool_], smallest: int) -> npt.NDArray[np.bool_]:
    from scipy import ndimage

    pieces, _ = ndimage.label(mask)
    large = np.bincount(pieces.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[pieces])
