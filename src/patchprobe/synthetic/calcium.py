"""Calcium imaging: small bright neurons on a low baseline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, disc, noise_field, random_point, scale_of

_BASELINE = 0.05
_NOISE = 0.02
_CONTRAST = (0.8, 0.9)
_COUNT = (30, 41)
_RADIUS = (0.01, 0.025)


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.6).

    A low noise background (mean 0.05, σ 0.02) with 30 to 40 circular blobs at random positions, of
    radius 1–2.5 % of the shorter side but at least 1.5 pixels. Each raises all channels alike, by 0.8–0.9;
    where two overlap the brighter holds. The mask marks the blobs.
    """
    image = np.repeat(noise_field(rng, shape, _BASELINE, _NOISE)[..., :1], 3, axis=2)
    activity = np.zeros(shape, dtype=np.float32)
    for _ in range(rng.integers(*_COUNT)):
        radius = rng.uniform(*_RADIUS) * scale_of(shape)
        blob = disc(shape, random_point(rng, shape), radius)
        activity[blob] = np.maximum(activity[blob], rng.uniform(*_CONTRAST))
    image += activity[..., None]
    return image, (activity > 0).astype(np.uint8)
