"""The peer, scikit-image's trainable segmentation, with the settings that `patchprobe evaluate` gives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skimage.future import fit_segmenter, predict_segmenter

from patchprobe.evaluation.methods import forest_features as features
from patchprobe.evaluation.methods import make_forest

__all__ = ["features", "fit_and_predict"]


def fit_and_predict(
    seen: npt.NDArray[np.floating], strokes: npt.NDArray[np.uint8], others: list[npt.NDArray[np.floating]]
) -> list[npt.NDArray[np.uint8]]:
    """Fit on one plane's features (H, W, C) and strokes (H, W); predict other planes' labels (H, W)."""
    fitted = fit_segmenter(strokes, seen, make_forest(np.count_nonzero(strokes)))
    return [predict_segmenter(each, fitted) for each in others]
