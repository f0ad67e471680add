"""Structural MRI: a smooth radial gradient with a faint lesion near the centre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, ellipse, scale_of

_NOISE = 0.01
_CONTRAST = 0.15
_OFFSET = 0.08
_RADII = (0.09, 0.16)


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.2).

    The Euclidean distance from the image centre, normalised by its maximum and turned round (brain
    bright, surroundings dark), spans 0 to 0.8 in all channels, with scanner noise of σ 0.01. An ellipse
    with half-axes of 9–16 % of the shorter side, at any angle and with its centre within 8 % of the
    image's along each axis, raises the red channel alone, by 0.15. The mask marks the ellipse.
    """
    height, width = shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    y, x = np.ogrid[:height, :width]
    distance = np.hypot(y - middle[0], x - middle[1])
    gradient = 0.8 * (1 - distance / max(distance.max(), 1.0))
    image = np.repeat(gradient[..., None], 3, axis=2).astype(np.float32)
    image += rng.standard_normal(image.shape, dtype=np.float32) * np.float32(_NOISE)

    size = scale_of(shape)
    centre = middle + rng.uniform(-_OFFSET, _OFFSET, 2) * size
    radii = rng.uniform(*_RADII, 2) * size
    lesion = ellipse(shape, (centre[0], centre[1]), (radii[0], radii[1]), rng.uniform(0, np.pi))
    image[lesion, 0] += _CONTRAST
    return image, lesion.astype(np.uint8)
