"""From a mask in pixels to one label for each patch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import InputError


def patch_labels(mask: npt.ArrayLike, patch_size: int = 16) -> npt.NDArray[np.generic]:
    """Label each patch with the maximum of the mask in it (report A, §3.2).

    A patch with a single foreground pixel is foreground. With several classes the one with the highest
    number wins, so number them from the commonest to the rarest; unlabelled (0) loses to any.

    Parameters
    ----------
    mask : array_like of bool or int, shape (H, W)
        0 background or unlabelled, 1, 2, … classes.
    patch_size : int
        Side of a patch, in pixels.

    Returns
    -------
    ndarray, shape (H // patch_size, W // patch_size)
        dtype of the mask, uint8 for bool. A border of less than a patch at the bottom and right is left
        out, as the placeholder backbones leave it out.

    Raises
    ------
    InputError
        If the mask is not two-dimensional, not of whole numbers, or smaller than a patch.
    """
    array = np.asarray(mask)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"A mask must be (H, W) and hold whole numbers; got shape {array.shape}, {array.dtype}. "
            "Give one plane at a time, thresholded if it holds probabilities."
        )
    if patch_size < 1:
        raise InputError(f"patch_size is {patch_size}; give a whole number of pixels, at least 1.")
    rows, cols = array.shape[0] // patch_size, array.shape[1] // patch_size
    if rows == 0 or cols == 0:
        raise InputError(
            f"The mask is {array.shape[0]} × {array.shape[1]} px, smaller than one patch of "
            f"{patch_size} × {patch_size} px. Use a larger mask or a smaller patch_size."
        )
    whole = array[: rows * patch_size, : cols * patch_size]
    pooled: npt.NDArray[np.generic] = whole.reshape(rows, patch_size, cols, patch_size).max(axis=(1, 3))
    return pooled
