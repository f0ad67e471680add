"""Connectomics: long bright filaments that wander over a dark background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .shapes import Shape, noise_field, random_point, scale_of

_BACKGROUND = 0.05
_NOISE = 0.015
_CONTRAST = 0.9
_COUNT = (4, 7)
_LENGTH = (0.9, 1.3)
_TURN = 0.05
_ARM = 0.016


def make(rng: np.random.Generator, shape: Shape) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one image and its mask (report A, §3.2.4).

    4 to 6 filaments start at random points in random directions and take steps of one pixel, the
    direction turning by a Gaussian angle (σ 0.05 rad) at each step, over 90–130 % of the shorter side
    or until they leave the image. Each step marks a cross, whose arms are 1.6 % of the
    shorter side long, but at least one pixel. What filaments touched is raised by
    0.9, once, above a dark noise background (mean 0.05, σ 0.015), and marked in the mask.
    """
    mask = np.zeros(shape, dtype=np.uint8)
    for _ in range(rng.integers(*_COUNT)):
        _draw_filament(rng, mask)
    image = np.repeat(noise_field(rng, shape, _BACKGROUND, _NOISE)[..., :1], 3, axis=2)
    image += _CONTRAST * mask[..., None]
    return image, mask


def _draw_filament(rng: np.random.Generator, mask: npt.NDArray[np.uint8]) -> None:
    """Mark one random walk in `mask`, a cross at each step."""
    shape = (mask.shape[0], mask.shape[1])
    start = random_point(rng, shape)
    steps = max(1, int(rng.uniform(*_LENGTH) * scale_of(shape)))
    direction = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, _TURN, steps))
    moves = np.stack([np.sin(direction), np.cos(direction)], axis=1)
    path = np.rint(start + np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])).astype(int)
    inside = np.all((path >= 0) & (path < shape), axis=1)
    if not inside.all():
        path = path[: int(np.argmin(inside))]
    arm = max(1, round(_ARM * scale_of(shape)))
    along = np.arange(-arm, arm + 1)
    cross = np.concatenate([np.outer(along, (1, 0)), np.outer(along, (0, 1))])
    touched = (path[:, None] + cross).reshape(-1, 2)
    touched = touched[np.all((touched >= 0) & (touched < shape), axis=1)]
    mask[touched[:, 0], touched[:, 1]] = 1
