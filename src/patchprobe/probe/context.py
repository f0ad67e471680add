"""What the first stage of an auto-context probe says around each pixel, as features for the second."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..backbones.kernels import TRUNCATE, derivative, symmetric_eigenvalues
from ..grid import PatchGrid

_SMOOTH_SCALES = (1.0, 2.0, 4.0, 8.0, 16.0)
_RIDGE_SCALES = (1.0, 2.0, 4.0, 8.0)
# How sure a first stage can be of a class: beyond, a logit only says how far from the strokes a pixel is.
_SUREST = 1.5
# How far a feature sees, in pixels.
REACH = TRUNCATE * int(_SMOOTH_SCALES[-1])
CHANNELS_PER_LOGIT = 1 + len(_SMOOTH_SCALES) + 2 * len(_RIDGE_SCALES)


def context_features(logits: npt.NDArray[np.float32]) -> PatchGrid:
    """Filter logits: smoothed at five scales, and as ridges and blobs at four.

    Parameters
    ----------
    logits : ndarray of float32, shape (H, W, k - 1)
        With that of the first class at 0. Taken relative to the mean of all classes.

    Returns
    -------
    PatchGrid
        Dense, 14 channels for each of the k - 1 logits, channel-first in memory.
    """
    height, width, others = logits.shape
    centred = logits - logits.sum(axis=2, keepdims=True) / np.float32(others + 1)
    np.clip(centred, -_SUREST, _SUREST, out=centred)
    channels = [c for i in range(others) for c in _filtered(np.ascontiguousarray(centred[:, :, i]))]
    return PatchGrid(np.moveaxis(np.stack(channels), 0, 2), 1, (0, 0), (height, width), "context")


def _filtered(image: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    smooth = [derivative(image, scale) for scale in _SMOOTH_SCALES]
    ridges = [
        part
        for s in _RIDGE_SCALES
        for part in symmetric_eigenvalues(
            derivative(image, s, 2, 0), derivative(image, s, 1, 1), derivative(image, s, 0, 2)
        )
    ]
    return [image, *smooth, *ridges]
