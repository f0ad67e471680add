"""Anatomical atlas: pastel layers with greenish regions on them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, ellipse, random_point, scale_of

_STRIPE = (0.06, 0.14)
_PASTEL = (0.65, 0.95)
_GREEN = (0.35, 0.75, 0.40)
_GREEN_SPREAD = 0.05
_COUNT = (2, 5)
_RADII = (0.08, 0.17)


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.5).

    Horizontal stripes, each 6–14 % of the shorter side high, fill the image with pastel colours (each
    channel drawn from 0.65–0.95). 2 to 4 ellipses with half-axes of 8–17 %, at any angle and position,
    are painted in shades of green and marked in the mask.
    """
    height, size = shape[0], scale_of(shape)
    image = np.empty((*shape, 3), dtype=np.float32)
    top = 0
    while top < height:
        bottom = top + max(1, round(rng.uniform(*_STRIPE) * size))
        image[top:bottom] = rng.uniform(*_PASTEL, 3)
        top = bottom

    mask = np.zeros(shape, dtype=np.uint8)
    for _ in range(rng.integers(*_COUNT)):
        radii = rng.uniform(*_RADII, 2) * size
        centre = random_point(rng, shape, margin=0.05 * size)
        region = ellipse(shape, centre, (radii[0], radii[1]), rng.uniform(0, np.pi))
        image[region] = np.add(_GREEN, rng.uniform(-_GREEN_SPREAD, _GREEN_SPREAD, 3))
        mask[region] = 1
    return image, mask
