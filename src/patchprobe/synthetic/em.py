"""Electron microscopy: bright circles on a noisy background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, disc, noise_field, random_point, scale_of

_BACKGROUND = 0.06
_NOISE = 0.02
_CONTRAST = 0.9
_COUNT = (3, 6)
_RADIUS = (0.12, 0.16)


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.1).

    A Gaussian noise field (mean 0.06, σ 0.02, equal in all channels, as detectors are grey) is the base;
    3 to 5 circles of radius 12–16 % of the shorter side, at random positions, raise the intensity by 0.9
    on all channels, once where they overlap. The mask marks the circles.
    """
    image = np.repeat(noise_field(rng, shape, _BACKGROUND, _NOISE)[..., :1], 3, axis=2)
    mask = np.zeros(shape, dtype=np.uint8)
    for _ in range(rng.integers(*_COUNT)):
        radius = rng.uniform(*_RADIUS) * scale_of(shape)
        mask[disc(shape, random_point(rng, shape), radius)] = 1
    image += _CONTRAST * mask[..., None]
    return image, mask
