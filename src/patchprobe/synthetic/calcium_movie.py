"""A calcium movie: neurons that light up now and then, under the noise of few photons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

from ..errors import InputError
from ..io import Stack
from .registry import Size, check_request, get_modality
from .shapes import disc, random_point, scale_of

_COUNT = (12, 19)
_RADIUS = (0.025, 0.045)
_BASELINE, _RESTING = 0.12, 0.06
_PEAK = (0.25, 0.6)
# Transients of a neuron in each frame, and the frames in which one falls to 1/e.
_RATE, _DECAY = 0.04, 8.0
_FRAME_S = 0.1


def calcium_movie(n: int = 60, size: Size = 128, seed: int = 0, noise: float = 0.12) -> Stack:
    """Generate a movie of neurons whose brightness follows calcium transients.

    Neurons are discs that do not touch, barely brighter than the background at rest. Each has transients at
    random, on average one in 25 frames, that rise at once and decay with a time constant of 8 frames.
    Gaussian noise grows with the root of the brightness, as the noise of counted photons does.

    Parameters
    ----------
    n : int
        Frames.
    size : int or (int, int)
        Side in pixels, or (H, W).
    seed : int
        Not negative. Equal seeds give equal movies.
    noise : float
        Standard deviation of the noise where the brightness is 0.25; about 0.1 is a usual recording.

    Returns
    -------
    Stack
        Axes ``"tyx"``, float32; 0.1 s and 2 × 2 µm. `labels` is 1 background and 2 neuron, the same in every
        frame.

    Raises
    ------
    InputError
        If `n`, `size`, `seed` or `noise` is out of range.
    """
    shape = check_request(n, size, seed)
    if noise < 0:
        raise InputError(f"noise is {noise}; give a standard deviation from 0 on.")
    rng = np.random.default_rng([seed, 7])
    masks = _neurons(rng, shape)
    frames = np.full((n, *shape), _BASELINE, dtype=np.float32)
    for mask in masks:
        frames[:, mask] += (_RESTING + _trace(rng, n))[:, None].astype(np.float32)
    frames += (2 * noise * np.sqrt(frames) * rng.standard_normal(frames.shape)).astype(np.float32)
    labels = np.uint8(1) + np.any(masks, axis=0).astype(np.uint8)
    modality = get_modality("calcium")
    return Stack(
        np.clip(frames, 0, None),
        "tyx",
        voxel_size=(_FRAME_S, *modality.voxel_size[1:]),
        units=("s", *modality.units[1:]),
        name="Calcium movie (synthetic)",
        labels=np.broadcast_to(labels, frames.shape),
        source=f"patchprobe.synthetic.calcium_movie(n={n}, size={size}, seed={seed}, noise={noise})",
    )


def _neurons(rng: np.random.Generator, shape: tuple[int, int]) -> list[npt.NDArray[np.bool_]]:
    """Place discs with room between them; fewer where there is none left."""
    taken, masks = np.zeros(shape, bool), []
    for _ in range(int(rng.integers(*_COUNT))):
        radius = rng.uniform(*_RADIUS) * scale_of(shape)
        centre = random_point(rng, shape, margin=radius)
        if not (taken & disc(shape, centre, radius + 2)).any():
            masks.append(disc(shape, centre, radius))
            taken |= masks[-1]
    return masks


def _trace(rng: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
    """Brightness above rest in each frame."""
    spikes = (rng.random(n) < _RATE) * rng.uniform(*_PEAK, n)
    trace: npt.NDArray[np.float64] = signal.lfilter([1.0], [1.0, -np.exp(-1 / _DECAY)], spikes)
    return trace
