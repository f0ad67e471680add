"""A section at one size of detail: levelled, of one channel, with its mask."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .information import Mask
from .intensity import Section
from .plane_map import PlaneMap
from .transform import FloatArray, Transform

FloatPlane = npt.NDArray[np.float32]

# In cells. The band keeps edges and texture and drops noise and shading; the contrast is levelled over a
# wider neighbourhood, so that a faint half of a section counts as much as the other.
_FINE, _COARSE, _AROUND = 1.5, 6.0, 12.0
# Contrast below this share of the section's own is not raised: it would be noise.
_LEAST_CONTRAST = 0.3
_CLIP = 2.5
_LEAST_CELLS = 64


@dataclass(frozen=True)
class Level:
    """One section, reduced.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, cols)
        Band-passed and divided by the contrast around; 0 where it does not count.
    mask : ndarray of bool, shape (rows, cols)
    cell : int
        Pixels along a side of what was averaged to one value.
    """

    image: FloatPlane
    mask: Mask
    cell: int

    @classmethod
    def of_section(cls, section: Section, cell: int) -> Level:
        """Reduce and level a section; its channels are averaged."""
        reduced = section.reduced(cell)
        mask = reduced.mask
        weight = mask.astype(np.float32)
        grey = reduced.channels.mean(axis=2)
        band = np.where(mask, mean_around(grey, weight, _FINE) - mean_around(grey, weight, _COARSE), 0)
        contrast = np.sqrt(mean_around(band * band, weight, _AROUND))
        floor = _LEAST_CONTRAST * np.sqrt((band[mask] ** 2).mean()) if mask.any() else 0.0
        known = np.maximum(contrast, max(float(floor), 1e-12))
        image = np.where(mask, np.clip(band / known, -_CLIP, _CLIP), 0)
        return cls(image.astype(np.float32), mask, cell)

    def in_cells(self, matrix: FloatArray) -> FloatArray:
        """Turn a matrix in pixels into one in cells."""
        return Transform(matrix).scaled(1 / self.cell).matrix

    def in_pixels(self, matrix: FloatArray) -> FloatArray:
        """Turn a matrix in cells into one in pixels."""
        return Transform(matrix).scaled(self.cell).matrix


def warped(
    image: FloatPlane, matrix: FloatArray, shape: tuple[int, int], border: int = cv2.BORDER_CONSTANT
) -> FloatPlane:
    """Pull an image (H, W) or (H, W, up to 4 channels) into a frame: ``out[p] = image[matrix @ p]``."""
    (a, b, y), (c, d, x) = matrix[:2]
    return np.asarray(
        cv2.warpAffine(
            image,
            np.array([[d, c, x], [b, a, y]]),
            (shape[1], shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
    )


def seen_through(moving: Level, plane_map: PlaneMap, shape: tuple[int, int]) -> tuple[FloatPlane, Mask]:
    """Pull a level into the fixed frame by a map in cells; also return what of it counts."""
    both = np.dstack([moving.image, moving.mask.astype(np.float32)])
    if isinstance(plane_map, Transform):
        seen = warped(both, plane_map.matrix, shape)
    else:
        seen = pulled(both, plane_map.raster(np.arange(shape[0]), np.arange(shape[1])))
    return np.ascontiguousarray(seen[..., 0]), seen[..., 1] > 0.5


def pulled(image: FloatPlane, places: npt.NDArray[np.floating]) -> FloatPlane:
    """Pull an image by a map of each position, (2, rows, cols): ``out[p] = image[places[:, p]]``."""
    y, x = places.astype(np.float32)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR))


def correlate(one: FloatPlane, other: FloatPlane, where: Mask) -> float:
    """Normalised correlation of two images where told; 0 where there is next to nothing."""
    if where.sum() < _LEAST_CELLS:
        return 0.0
    a, b = one[where], other[where]
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(float((a * a).sum()) * float((b * b).sum())))
    return float((a * b).sum()) / norm if norm > 0 else 0.0


def mean_around(image: FloatPlane, weight: FloatPlane, sigma: float) -> FloatPlane:
    """Gaussian mean over what counts (normalised convolution)."""

    def smooth(values: FloatPlane) -> FloatPlane:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))

    return np.asarray(smooth(np.asarray(image * weight, np.float32)) / np.maximum(smooth(weight), 1e-3))
