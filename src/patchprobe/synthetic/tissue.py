"""A block of imaginary neuropil that can be cut anywhere: cells, membranes, mitochondria."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[np.float64]

# All lengths in pixels of the plane, or in sections along z.
_CELL = 27.0
_WANDER = 7.0
_WANDER_PERIOD = (14.0, 30.0)
_NEIGHBOURS = 7
_MEMBRANE = 1.25
_TRUTH_HALF_WIDTH = 1.7

_CYTOPLASM = 0.68
_DARK = 0.14
_MITOCHONDRION = 0.44


class WaveField:
    """A smooth random function of (y, x, z) with mean 0 and variance 1: a sum of plane waves.

    It needs no grid, so that it can be evaluated wherever a displaced section happens to lie.
    """

    def __init__(self, rng: np.random.Generator, wavelength: float, sections: float, waves: int = 24) -> None:
        angle = rng.uniform(0, 2 * np.pi, waves)
        frequency = 2 * np.pi / (wavelength * rng.uniform(0.7, 1.6, waves))
        self._along_y = frequency * np.sin(angle)
        self._along_x = frequency * np.cos(angle)
        self._along_z = 2 * np.pi / sections * rng.normal(0, 0.7, waves)
        self._phase = rng.uniform(0, 2 * np.pi, waves)

    def __call__(self, y: Array, x: Array, z: float) -> Array:
        """Evaluate at positions of equal shape."""
        total = np.zeros_like(y)
        for ky, kx, kz, phase in zip(self._along_y, self._along_x, self._along_z, self._phase, strict=True):
            total += np.cos(ky * y + kx * x + (kz * z + phase))
        scaled: Array = total * np.sqrt(2 / len(self._phase))
        return scaled


@dataclass(frozen=True)
class Cut:
    """What one section shows before the microscope adds noise.

    Parameters
    ----------
    image : ndarray of float64, shape (H, W)
        Brightness in the unit range.
    labels : ndarray of uint8, shape (H, W)
        1 inside a cell, 2 membrane.
    granularity : ndarray of float64, shape (H, W)
        How strong the cytoplasm's texture is.
    """

    image: Array
    labels: npt.NDArray[np.uint8]
    granularity: Array


class Tissue:
    """Neurites that run roughly across the sections, as a power diagram of slowly moving seeds.

    The plane is divided among the seeds by weighted distance; the borders are the membranes. Two smooth
    warps make the borders curved. Every seed wanders with z, so that neighbouring sections differ a
    little and distant ones much. The pattern repeats after `period` pixels along y and x, further than one
    section reaches: a drifting section never runs out of tissue.

    Parameters
    ----------
    rng : Generator
    period : float
        In pixels.
    """

    def __init__(self, rng: np.random.Generator, period: float) -> None:
        self.period = period
        self._warps = [
            (amplitude, WaveField(rng, wavelength, 14.0), WaveField(rng, wavelength, 14.0))
            for amplitude, wavelength in ((5.0, 75.0), (1.3, 22.0))
        ]
        self._thickness = WaveField(rng, 45.0, 4.0)
        self._stain = WaveField(rng, 160.0, 8.0)
        count = max(_NEIGHBOURS, round((period / _CELL) ** 2))
        self._seeds = _uneven_points(rng, count, period)
        self._weights = rng.uniform(0, 11.0, count) ** 2
        self._wander_phase = rng.uniform(0, 2 * np.pi, (count, 2))
        self._wander_rate = 2 * np.pi / rng.uniform(*_WANDER_PERIOD, (count, 2))
        self._shade = rng.normal(0, 0.035, count)
        self._granularity = rng.uniform(0.5, 1.6, count)
        self._mitochondria = _Mitochondria(rng, count)

    def cut(self, y: Array, x: Array, z: float) -> Cut:
        """Render the section at `z` with its pixels at positions `y`, `x`, both (H, W)."""
        warped_y, warped_x = y.copy(), x.copy()
        for amplitude, along_y, along_x in self._warps:
            warped_y += amplitude * along_y(y, x, z)
            warped_x += amplitude * along_x(y, x, z)
        points = np.stack([warped_y, warped_x], axis=-1)
        cell, distance, offset = self._nearest(points, z)

        thickness = self._thickness(y, x, z)
        # Where a membrane lies oblique to the section it looks broad and pale.
        oblique = np.clip(thickness - 0.9, 0, 1.2)
        half_width = _MEMBRANE * (1 + 0.12 * thickness + 1.1 * oblique)
        depth = (_CYTOPLASM - _DARK) * (1 - 0.35 * oblique)

        image = _CYTOPLASM + self._shade[cell] + 0.03 * self._stain(y, x, z)
        image = self._mitochondria.paint(image, cell, distance, offset, z)
        image -= depth * np.exp(-((distance / half_width) ** 2))
        labels = np.where(distance < _TRUTH_HALF_WIDTH * (1 + 0.5 * oblique), 2, 1).astype(np.uint8)
        return Cut(image, labels, self._granularity[cell])

    def _nearest(self, points: Array, z: float) -> tuple[npt.NDArray[np.intp], Array, Array]:
        """For each point: its cell, the distance to that cell's border, and the offset from its seed."""
        wander = _WANDER * np.sin(self._wander_rate * z + self._wander_phase)
        seeds = np.mod(self._seeds + wander, self.period)
        tree = cKDTree(seeds, boxsize=self.period)
        _, candidates = tree.query(np.mod(points, self.period), k=_NEIGHBOURS)
        offsets = self._shortest(points[..., None, :] - seeds[candidates])
        power = (offsets**2).sum(axis=-1) - self._weights[candidates]
        order = np.argsort(power, axis=-1)[..., :4]
        candidates = np.take_along_axis(candidates, order, axis=-1)
        power = np.take_along_axis(power, order, axis=-1)
        cell = candidates[..., 0]
        span = self._shortest(seeds[candidates[..., 1:]] - seeds[cell][..., None, :])
        to_border = (power[..., 1:] - power[..., :1]) / (2 * np.hypot(span[..., 0], span[..., 1]))
        offset = np.take_along_axis(offsets, order[..., :1, None], axis=-2)[..., 0, :]
        return cell, to_border.min(axis=-1), offset

    def _shortest(self, difference: Array) -> Array:
        """Wrap differences of positions to the nearest image of the repeating pattern."""
        return difference - self.period * np.rint(difference / self.period)


class _Mitochondria:
    """One ellipsoid in some of the cells, with a dark rim and stripes for its cristae."""

    _SHARE = 0.5
    _REPEAT = 24.0

    def __init__(self, rng: np.random.Generator, cells: int) -> None:
        present = rng.random(cells) < self._SHARE
        self._radii = np.stack([rng.uniform(10, 18, cells), rng.uniform(6, 9, cells)], axis=1)
        self._radii[~present] = 1e-3
        self._centre = rng.normal(0, 3, (cells, 2))
        self._angle = rng.uniform(0, np.pi, cells)
        self._z = rng.uniform(0, self._REPEAT, cells)
        self._reach = rng.uniform(4, 9, cells)

    def paint(
        self, image: Array, cell: npt.NDArray[np.intp], distance: Array, offset: Array, z: float
    ) -> Array:
        """Return `image` with the mitochondria that the section at `z` cuts."""
        away = (z - self._z + self._REPEAT / 2) % self._REPEAT - self._REPEAT / 2
        swell = np.sqrt(np.clip(1 - (away / self._reach) ** 2, 1e-6, None))
        centred = offset - self._centre[cell]
        cos, sin = np.cos(self._angle)[cell], np.sin(self._angle)[cell]
        along = cos * centred[..., 0] + sin * centred[..., 1]
        across = cos * centred[..., 1] - sin * centred[..., 0]
        long, short = self._radii[:, 0] * swell, self._radii[:, 1] * swell
        # In pixels, negative inside; the cell's own membrane keeps a gap to the organelle.
        rim = (np.hypot(along / long[cell], across / short[cell]) - 1) * short[cell]
        rim = np.maximum(rim, 3.5 - distance)
        inside = 1 / (1 + np.exp(np.clip(2.5 * rim, -50, 50)))
        body = _MITOCHONDRION + 0.07 * np.sin(2 * np.pi * along / 4.5 + 0.6 * np.sin(across / 2))
        body -= 0.2 * np.exp(-((rim + 0.8) ** 2))
        return image + inside * (body - image)


def _uneven_points(rng: np.random.Generator, count: int, period: float) -> Array:
    """Points that are dense in some places and sparse in others, but never on top of each other."""
    density = WaveField(rng, 120.0, 1.0)
    chosen: list[Array] = []
    closest = 0.42 * _CELL
    while len(chosen) < count:
        point = rng.uniform(0, period, 2)
        crowding = float(density(point[:1], point[1:], 0.0)[0])
        apart = closest * float(np.exp(0.35 * np.clip(crowding, -1.5, 1.5)))
        gap = np.array(chosen).reshape(-1, 2) - point
        gap -= period * np.rint(gap / period)
        if len(chosen) == 0 or np.hypot(gap[:, 0], gap[:, 1]).min() > apart:
            chosen.append(point)
    return np.array(chosen)
