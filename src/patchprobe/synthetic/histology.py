"""Histology: dark nuclei on a mottled pink background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, disc, noise_field, random_point, scale_of

_EOSIN = (0.92, 0.72, 0.82)
_HAEMATOXYLIN = (0.36, 0.22, 0.50)
_NOISE = 0.03
_COUNT = (22, 31)
_RADIUS = (0.028, 0.045)


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.3).

    Every pixel of the background is drawn from a Gaussian (σ 0.03) around a pink base colour, which
    makes the mottle. 22 to 30 dark purple discs of radius 2.8–4.5 % of the shorter side are scattered
    evenly, with the same mottle. The mask marks these nuclei.
    """
    image = noise_field(rng, shape, _EOSIN, _NOISE)
    mask = np.zeros(shape, dtype=np.uint8)
    for _ in range(rng.integers(*_COUNT)):
        radius = rng.uniform(*_RADIUS) * scale_of(shape)
        mask[disc(shape, random_point(rng, shape), radius)] = 1
    image += mask[..., None] * np.subtract(_HAEMATOXYLIN, _EOSIN).astype(np.float32)
    return image, mask
