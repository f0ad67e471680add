"""Sections as band-passed intensity: the plainest feature, and for neighbours the most exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .information import Mask, informative_pixels

# Differences of Gaussians, in cells: edges and texture, whole objects, and groups of objects. The coarse
# ones carry over gaps where the fine ones no longer agree.
_BANDS = ((1.0, 3.0), (2.0, 6.0), (4.0, 10.0))
# Dirt and folds are rare and extreme; beyond this many standard deviations they count no more.
_CLIP = 3.0


@dataclass(frozen=True)
class Section:
    """One plane, ready to be aligned.

    Parameters
    ----------
    channels : ndarray of float32, shape (H, W, channels)
        Intensities; grey for a greyscale or RGB plane. 0 where not informative.
    mask : ndarray of bool, shape (H, W)
        Informative pixels.
    """

    channels: npt.NDArray[np.float32]
    mask: Mask

    @classmethod
    def of_plane(cls, plane: npt.NDArray[Any], rgb: bool = False) -> Section:
        """Take a plane (H, W) or (H, W, C) of any real dtype."""
        mask = informative_pixels(plane)
        values = np.asarray(plane, dtype=np.float32)
        values = values[:, :, None] if values.ndim == 2 else values
        if rgb:
            values = values.mean(axis=2, keepdims=True)
        return cls(np.where(mask[:, :, None], values, np.float32(0)), mask)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to align by."""
        return not self.mask.any()

    def reduced(self, cell: int) -> Section:
        """Average squares of `cell` × `cell` pixels, over their informative pixels only."""
        if cell == 1:
            return self
        height, width = (max(1, n // cell) for n in self.mask.shape)
        size = (width, height)
        crop = (slice(0, height * cell), slice(0, width * cell))
        share = cv2.resize(self.mask[crop].astype(np.float32), size, interpolation=cv2.INTER_AREA)
        sums = [
            cv2.resize(np.ascontiguousarray(self.channels[(*crop, c)]), size, interpolation=cv2.INTER_AREA)
            for c in range(self.channels.shape[2])
        ]
        mask = share > 0.5
        means = np.stack(sums, axis=2) / np.maximum(share, 0.5)[:, :, None]
        return Section(np.where(mask[:, :, None], means, np.float32(0)), mask)

    def crop(self, rows: slice, cols: slice) -> Section:
        """Cut out a part."""
        return Section(self.channels[rows, cols], self.mask[rows, cols])

    def bands(self) -> npt.NDArray[np.float32]:
        """Band-pass each channel three times.

        Returns
        -------
        ndarray of float32, shape (H, W, 3 · channels)
            Each in units of its standard deviation over the informative pixels, clipped to ±3; 0 elsewhere.
        """
        blurred = {sigma: self._blurred(sigma) for sigma in {s for band in _BANDS for s in band}}
        differences = np.concatenate([blurred[fine] - blurred[coarse] for fine, coarse in _BANDS], axis=2)
        spread = differences[self.mask].std(axis=0)
        # What a constant channel leaves is rounding.
        floor = 1e-5 * np.abs(self.channels[self.mask]).max(initial=0)
        unit = np.where(spread > floor, differences / np.where(spread > floor, spread, 1), 0)
        return np.where(self.mask[:, :, None], np.clip(unit, -_CLIP, _CLIP), 0).astype(np.float32)

    def _blurred(self, sigma: float) -> npt.NDArray[np.float32]:
        """Gaussian mean over the informative pixels around each pixel (normalised convolution)."""

        def smooth(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))

        weight = np.maximum(smooth(self.mask.astype(np.float32)), 1e-3)
        channels = np.moveaxis(self.channels, 2, 0)
        return np.stack([smooth(np.ascontiguousarray(c)) / weight for c in channels], axis=2)
