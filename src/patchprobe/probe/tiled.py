"""Classifiers that are no linear map: features are brought to pixels tile by tile."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..tiles import Window, shared, tiles_meeting
from .base import Probe

# Side of a tile in pixels. Features of a network and the filters take 120 MB on it.
TILE = 256


class TiledProbe(Probe):
    """Predicts tile by tile of a fixed raster, so that memory is bounded and a window equals the whole.

    Subclasses give `_tile_logits`. Products of matrices round differently for other sizes; since a tile is
    always computed as one, its numbers do not depend on what else was asked for.
    """

    tile_side = TILE

    def predict_logits(self, embedding: Embedding, window: Window | None = None) -> npt.NDArray[np.float32]:
        """See `Head.predict_logits`."""
        self._check(embedding)
        height, width = embedding.image_shape
        wanted = window or (slice(0, height), slice(0, width))
        rows, cols = (part.stop - part.start for part in wanted)
        out = np.empty((rows, cols, len(self.classes_) - 1), dtype=np.float32)
        for tile in tiles_meeting(wanted, embedding.image_shape, self.tile_side):
            within, at = shared(tile, wanted)
            out[at] = self._tile_logits(embedding, tile)[within]
        return out

    @abstractmethod
    def _tile_logits(self, embedding: Embedding, tile: Window) -> npt.NDArray[np.float32]:
        """Logits (h, w, k - 1) of one tile."""
