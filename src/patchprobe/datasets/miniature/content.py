"""What the miniatures show: neuropil, a head, active neurons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...synthetic import serial_sections

# Bright to dark as in a T1 image: grey levels of air, CSF, grey and white matter.
_LEVELS = np.array([8, 60, 130, 200], dtype=np.float32)


def neuropil(planes: int, size: int, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64]]:
    """EM sections and the identities of the cells in them, both (planes, size, size); 0 is membrane."""
    sections = serial_sections(
        planes, size, seed, drift=0, rotation=0, contrast=0.03, fold=None, missing=None
    )
    cells, _ = ndimage.label(sections.labels == 1)
    return sections.images, cells.astype(np.uint64)


def clefts(cells: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Mark places on membranes as clefts, from 1; the largest number of 64 bit stands for none."""
    rng = np.random.default_rng(seed)
    marked = np.full(cells.shape, np.iinfo(np.uint64).max)
    planes, rows, cols = np.nonzero(cells == 0)
    for number, at in enumerate(rng.integers(len(rows), size=4), start=1):
        near = np.hypot(rows - rows[at], cols - cols[at]) < 6
        here = near & (np.abs(planes - planes[at]) < 2)
        marked[planes[here], rows[here], cols[here]] = number
    return marked


def head(size: int, seed: int) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Draw a head of nested, folded shells: intensities, and tissues 1 CSF, 2 grey, 3 white; 0 outside.

    Both have the axes right, anterior, superior, and the shape (0.8, 1, 0.7) × size.
    """
    shape = (round(0.8 * size), size, round(0.7 * size))
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n, dtype=np.float32) for n in shape), indexing="ij")
    radius = np.sqrt((x / 0.85) ** 2 + (y / 0.9) ** 2 + (z / 0.85) ** 2)
    folds = 0.05 * np.cos(9 * np.arctan2(z, x)) * np.cos(7 * y)
    labels = np.zeros(shape, np.uint8)
    for tissue, limit in ((1, 0.98), (2, 0.85 + folds), (3, 0.66 + folds)):
        labels[radius < limit] = tissue
    ventricles = (np.abs(np.abs(x) - 0.13) < 0.08) & (np.abs(y) < 0.3) & (np.abs(z) < 0.15)
    labels[ventricles] = 1
    rng = np.random.default_rng(seed)
    clean = ndimage.gaussian_filter(_LEVELS[labels], 0.6)
    noisy = clean * (1 + 0.08 * x) + rng.normal(0, 5, shape)
    return np.clip(noisy, 0, 255).astype(np.int16), labels


def active_neurons(
    frames: int, size: int, seed: int
) -> tuple[npt.NDArray[np.uint16], list[npt.NDArray[np.int64]]]:
    """Draw a calcium movie (frames, size, size); give the rows and columns of each neuron too."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    radius = max(3.0, size / 24)
    movie = rng.normal(200, 12, (frames, size, size)) + 20 * np.cos(x / size * 5)
    regions = []
    for row in np.arange(0.15, 1, 0.25) * size:
        for col in np.arange(0.15, 1, 0.25) * size:
            at = np.array([row, col]) + rng.uniform(-radius, radius, 2)
            inside = np.hypot(y - at[0], x - at[1]) <= radius
            regions.append(np.argwhere(inside))
            movie[:, inside] += _transients(frames, rng)[:, None]
    return np.clip(movie, 0, 4095).astype(np.uint16), regions


def _transients(frames: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Give the brightness of one neuron over time: a base, and spikes that fade."""
    spikes = rng.random(frames) < 3 / frames
    spikes[rng.integers(frames)] = True
    fading = 600 * np.exp(-np.arange(frames) / 4)
    return 60 + np.convolve(spikes, fading)[:frames]
