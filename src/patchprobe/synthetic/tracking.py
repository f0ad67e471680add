"""Tracking: circles that move from frame to frame and keep their identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .shapes import Shape, disc, noise_field, random_point, scale_of

_BACKGROUND = 0.15
_NOISE = 0.03
_BRIGHTNESS = (0.35, 0.65)
_COUNT = (5, 9)
_RADIUS = (0.05, 0.09)
_SPEED = (0.01, 0.025)
_TURN = 0.15


def make_movie(
    rng: np.random.Generator, frames: Sequence[np.random.Generator], shape: Shape
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint16]]:
    """Draw the frames of one movie and the identities in them (report B, §3.4: moving circular objects).

    5 to 8 circles of radius 5–9 % of the shorter side, each with its own brightness above a noise
    background (mean 0.15, σ 0.03), move by 1–2.5 % of the shorter side a frame in slowly turning
    directions. They bounce off the border and push each other apart; where two still overlap, the lower
    identity is in front. The truth holds identities 1, 2, …, which belong to the same circle
    in every frame.

    Parameters
    ----------
    rng : Generator
        Draws what holds for the whole movie.
    frames : sequence of Generator
        One for each frame, so that a longer movie begins as a shorter one does.
    shape : tuple of int
        (H, W) in pixels.

    Returns
    -------
    images : ndarray of float32, shape (n, H, W, 3)
    identities : ndarray of uint16, shape (n, H, W)
    """
    count = int(rng.integers(*_COUNT))
    radii = rng.uniform(*_RADIUS, count) * scale_of(shape)
    brightness = rng.uniform(*_BRIGHTNESS, count).astype(np.float32)
    images = np.empty((len(frames), *shape, 3), dtype=np.float32)
    identities = np.zeros((len(frames), *shape), dtype=np.uint16)
    for i, (frame_rng, positions) in enumerate(zip(frames, _paths(rng, frames, radii, shape), strict=True)):
        for identity in range(count, 0, -1):
            y, x = positions[identity - 1]
            identities[i][disc(shape, (y, x), radii[identity - 1])] = identity
        glow = np.concatenate([[np.float32(0)], brightness])[identities[i]]
        images[i] = noise_field(frame_rng, shape, _BACKGROUND, _NOISE)[..., :1] + glow[..., None]
    return images, identities


def _paths(
    rng: np.random.Generator,
    frames: Sequence[np.random.Generator],
    radii: npt.NDArray[np.float64],
    shape: Shape,
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the centres (k, 2) of the circles in each frame."""
    positions = np.array([random_point(rng, shape, radius) for radius in radii])
    speed = rng.uniform(*_SPEED, len(radii)) * scale_of(shape)
    heading = rng.uniform(0, 2 * np.pi, len(radii))
    for frame_rng in frames:
        positions = _keep_inside(_push_apart(positions, radii), radii, shape)
        yield positions
        heading = heading + frame_rng.normal(0, _TURN, len(radii))
        moved = positions + speed[:, None] * np.stack([np.sin(heading), np.cos(heading)], axis=1)
        inside = _keep_inside(moved, radii, shape)
        flipped_y, flipped_x = (inside != moved).T
        heading = np.where(flipped_y, -heading, heading)
        heading = np.where(flipped_x, np.pi - heading, heading)
        positions = inside


def _push_apart(
    positions: npt.NDArray[np.float64], radii: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Move overlapping circles away from each other, each by half of the overlap, a few times over."""
    for _ in range(10):
        offset = positions[:, None] - positions[None]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(radii[:, None] + radii[None] - distance, 0)
        push = (0.5 * overlap / np.maximum(distance, 1e-6))[..., None] * offset
        positions = positions + push.sum(axis=1)
    return positions


def _keep_inside(
    positions: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], shape: Shape
) -> npt.NDArray[np.float64]:
    """Clip centres so that whole circles stay in the image, where the image is large enough for them."""
    low = np.minimum(radii[:, None], (np.array(shape) - 1) / 2)
    clipped: npt.NDArray[np.float64] = np.clip(positions, low, np.array(shape) - 1 - low)
    return clipped
