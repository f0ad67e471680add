"""The built-in backbone: a dense multi-scale filter bank, no download."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..grid import PatchGrid
from .base import Backbone, BackboneSpec

_SIGMAS = (1.0, 2.0, 4.0, 8.0)


class FilterBank(Backbone):
    """Gaussian at several scales (first cut)."""

    spec = BackboneSpec(
        name="filters",
        summary="edges, lines, blobs and texture at several scales; no download",
        patch_size=1,
        channels=len(_SIGMAS) * 2,
        licence="BSD-3-Clause",
    )

    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """See `Backbone.grids`."""
        grey = plane if plane.ndim == 2 else plane.mean(axis=2)
        channels = []
        for sigma in _SIGMAS:
            smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
            channels += [smooth, cv2.Laplacian(smooth, cv2.CV_32F)]
        features = np.moveaxis(np.stack(channels).astype(np.float16), 0, 2)
        return (PatchGrid(features, 1, (0, 0), (plane.shape[0], plane.shape[1]), "filters"),)
