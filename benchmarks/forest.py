"""The peer: scikit-image's trainable segmentation with the settings of its gallery.

Gallery example "Trainable segmentation using local features and random forests".
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from skimage.feature import multiscale_basic_features
from skimage.future import fit_segmenter, predict_segmenter
from sklearn.ensemble import RandomForestClassifier

features = partial(
    multiscale_basic_features, intensity=True, edges=False, texture=True, sigma_min=1, sigma_max=16
)


def fit_and_predict(
    seen: npt.NDArray[np.floating], strokes: npt.NDArray[np.uint8], others: list[npt.NDArray[np.floating]]
) -> list[npt.NDArray[np.uint8]]:
    """Fit on one plane's features (H, W, C) and strokes (H, W); predict other planes' labels (H, W)."""
    fitted = fit_segmenter(strokes, seen, _trees())
    return [predict_segmenter(each, fitted) for each in others]


def fit_and_rank(
    seen: npt.NDArray[np.floating], strokes: npt.NDArray[np.uint8], others: list[npt.NDArray[np.floating]]
) -> list[npt.NDArray[np.floating]]:
    """Give the probability (H, W) of the second class instead of labels."""
    fitted = fit_segmenter(strokes, seen, _trees())
    return [
        fitted.predict_proba(each.reshape(-1, each.shape[2]))[:, 1].reshape(each.shape[:2]) for each in others
    ]


def _trees() -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=50, n_jobs=-1, max_depth=10, max_samples=0.05, random_state=0)
