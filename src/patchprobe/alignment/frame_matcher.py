"""Frames of a movie against one template: every shift at once, in the Fourier domain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import maximum_filter

from .level import FloatPlane
from .score import parabola_peak

Spectrum = npt.NDArray[np.complex64]

# In cells. The fine end drops what is more noise than image; the coarse one, a share of the shorter side,
# drops light that does not move with the specimen.
_FINE, _COARSE_SHARE, _LEAST_COARSE = 0.7, 1 / 16, 6.0
# Beyond so many standard deviations a value counts no more.
_CLIP = 2.5
# The rim fades over this share of each side, so that the edge of the field, which never moves, is not seen.
_RIM = 0.06
# The correlation is drawn this finely around its highest cell.
_STEP = 0.1
_STILL, _MOST_STEPS = 0.02, 6
# A rival lies beyond where the template still resembles itself by half, and at least so many cells away.
_ALIKE, _LEAST_APART = 0.5, 3


@dataclass(frozen=True)
class Match:
    """Where a frame lies against a template.

    Parameters
    ----------
    shift : tuple of float
        (dy, dx) in cells, template to frame.
    score : float
        Correlation of the two, band-passed, −1 to 1. Of a noisy frame it is small even where it fits.
    distinctness : float
        How many times higher than at the best other shift the correlation stands; 1 is a tie.
    odds : float
        Natural logarithm of how much likelier this shift is than the best other one.
    at_rim : bool
        Whether it lies at the end of what was looked at.
    """

    shift: tuple[float, float]
    score: float
    distinctness: float
    odds: float
    at_rim: bool


class FrameFilter:
    """How all frames of one movie are made comparable.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols) of the frames, in cells.
    reach : tuple of int
        Largest shift along y and x, in cells.
    """

    def __init__(self, shape: tuple[int, int], reach: tuple[int, int]) -> None:
        self.shape = shape
        self.reach = reach
        # Room for the largest shift, so that what wraps around is never read.
        self.padded = tuple(
            fft.next_fast_len(n + most + 1, real=True) for n, most in zip(shape, reach, strict=True)
        )
        self._coarse = max(_LEAST_COARSE, min(shape) * _COARSE_SHARE)
        cols = self.padded[1] // 2 + 1
        # All but the first, and the last of an even number, stand for two frequencies of the whole plane.
        self.weight = np.full(cols, 2, np.float32)
        self.weight[0] = 1
        if self.padded[1] % 2 == 0:
            self.weight[-1] = 1

    def window(self, shift: tuple[float, float] = (0.0, 0.0)) -> FloatPlane:
        """Fade the rim of a frame, and the rim of another one that lies by a shift from it.

        So both show the same in the same light. Were each faded at its own rim, their likeness would grow
        with the overlap, which draws shifts towards 0.
        """
        down, across = (
            _faded(np.arange(n), n) * _faded(np.arange(n) + s, n)
            for n, s in zip(self.shape, shift, strict=True)
        )
        return np.outer(down, across).astype(np.float32)

    def banded(self, frame: FloatPlane) -> FloatPlane:
        """Band-pass a frame (rows, cols) without NaN, and clip what stands out.

        A cell that lights up for a moment must not decide where the frame lies.
        """
        # The coarse mean on fewer cells, where it is as smooth.
        step = max(1, int(self._coarse / 4))
        few = cv2.resize(
            frame, tuple(max(1, n // step) for n in frame.shape[::-1]), interpolation=cv2.INTER_AREA
        )
        few = cv2.GaussianBlur(few, (0, 0), self._coarse / step, borderType=cv2.BORDER_REFLECT)
        shade = cv2.resize(few, frame.shape[::-1], interpolation=cv2.INTER_LINEAR)
        band = cv2.GaussianBlur(frame, (0, 0), _FINE, borderType=cv2.BORDER_REFLECT) - shade
        most = _CLIP * float(band.std())
        return np.asarray(np.clip(band, -most, most))

    def spectrum(self, band: FloatPlane, window: FloatPlane) -> Spectrum:
        """Fourier transform of a band-passed frame under a window."""
        return np.asarray(fft.rfft2(band * window, self.padded), np.complex64)

    def norm(self, spectrum: Spectrum) -> float:
        """Root of the sum of squares of the band-passed frame."""
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0) @ self.weight
        return float(np.sqrt(power / math.prod(self.padded)))


class Template:
    """What frames are compared with.

    Parameters
    ----------
    frame_filter : FrameFilter
    image : ndarray of float32, shape (rows, cols)
    """

    def __init__(self, frame_filter: FrameFilter, image: FloatPlane) -> None:
        self.filter = frame_filter
        self.image = image
        self._band = frame_filter.banded(image)
        self._spectrum = frame_filter.spectrum(self._band, frame_filter.window())
        self._norm = frame_filter.norm(self._spectrum)

    @cached_property
    def apart(self) -> int:
        """Cells beyond which the template no longer resembles itself."""
        own = self._surface(self._spectrum * self._spectrum.conj(), max(self._norm**2, 1e-30))
        rows, cols = (n // 2 for n in own.shape)
        away = np.hypot(*np.ogrid[-rows : rows + 1, -cols : cols + 1])
        # Alike as far as the nearest cell that is not: other places that look the same do not count.
        unlike = away[own < _ALIKE]
        return max(_LEAST_APART, math.ceil(float(unlike.min()))) if unlike.size else _LEAST_APART

    def match(self, frame: FloatPlane) -> Match:
        """Find the shift of a frame by the correlation of its whole with the template.

        In noise that is the same all over, the shift of the highest correlation with a clean template is the
        likeliest one.
        """
        band = self.filter.banded(frame)
        spectrum = self.filter.spectrum(band, self.filter.window())
        norm = self.filter.norm(spectrum) * self._norm
        if norm <= 0:
            return Match((0.0, 0.0), 0.0, 0.0, 0.0, False)
        product = spectrum * self._spectrum.conj()
        surface = self._surface(product, norm)
        row, col = (int(i) for i in np.unravel_index(int(np.argmax(surface)), surface.shape))
        whole = (row - self.filter.reach[0], col - self.filter.reach[1])
        shift, score = self._settled(band, *self._refined(product, norm, whole))
        at_rim = any(abs(s) >= most > 0 for s, most in zip(whole, self.filter.reach, strict=True))
        return Match(shift, score, *self._certainty(surface, (row, col)), at_rim)

    def _settled(
        self, band: FloatPlane, shift: tuple[float, float], score: float
    ) -> tuple[tuple[float, float], float]:
        """Compare only what both show at a shift, which tells a better one, until it no longer moves."""
        for _ in range(_MOST_STEPS):
            before = shift
            seen = self.filter.spectrum(band, self.filter.window((-shift[0], -shift[1])))
            own = self.filter.spectrum(self._band, self.filter.window(shift))
            norm = max(self.filter.norm(seen) * self.filter.norm(own), 1e-30)
            shift, score = self._refined(seen * own.conj(), norm, shift)
            if math.dist(before, shift) < _STILL:
                break
        return shift, score

    def _surface(self, product: Spectrum, norm: float) -> FloatPlane:
        """Correlation at each whole shift within reach, (0, 0) in the middle."""
        full = fft.irfft2(product, self.filter.padded)
        rows, cols = (np.arange(-most, most + 1) for most in self.filter.reach)
        return np.asarray(full[rows[:, None], cols[None, :]] / norm, np.float32)

    def _refined(
        self, product: Spectrum, norm: float, near: tuple[float, float]
    ) -> tuple[tuple[float, float], float]:
        """Draw the correlation finely around a shift by the Fourier sum itself, and take its top.

        Guizar-Sicairos et al., Optics Letters 33, 2008: two products of small matrices.
        """
        around = np.arange(-10, 11) * _STEP
        rows, cols = self.filter.padded
        down = np.exp(2j * np.pi * np.outer(near[0] + around, fft.fftfreq(rows)))
        across = np.exp(2j * np.pi * np.outer(fft.rfftfreq(cols), near[1] + around))
        across *= self.filter.weight[:, None]
        fine = (down.astype(np.complex64) @ product @ across.astype(np.complex64)).real
        row, col = (int(i) for i in np.unravel_index(int(np.argmax(fine)), fine.shape))
        dy = around[row] + _STEP * parabola_peak(fine[max(row - 1, 0) : row + 2, col])
        dx = around[col] + _STEP * parabola_peak(fine[row, max(col - 1, 0) : col + 2])
        score = float(fine[row, col]) / (rows * cols * norm)
        return (float(near[0] + dy), float(near[1] + dx)), score

    def _certainty(self, surface: FloatPlane, peak: tuple[int, int]) -> tuple[float, float]:
        """Distinctness and odds of the highest cell against the best one elsewhere."""
        high = float(surface[peak])
        elsewhere = surface == maximum_filter(surface, size=3)
        rows, cols = (np.arange(n) - at for n, at in zip(surface.shape, peak, strict=True))
        elsewhere &= np.hypot(rows[:, None], cols[None, :]) > self.apart
        if not elsewhere.any():
            return math.inf, math.inf
        mean, spread = float(surface.mean()), max(float(surface.std()), 1e-9)
        rival = float(surface[elsewhere].max())
        distinct = (high - mean) / (rival - mean) if rival > mean else math.inf
        # The spread over all shifts tells by how much the correlation changes by chance. In white noise the
        # difference of two log-likelihoods is the slope of the template times the difference of correlations.
        return distinct, high * (high - rival) / (spread**2 * max(1 - high**2, 1e-3))


def frame_of(plane: npt.NDArray[Any], cell: int) -> FloatPlane | None:
    """Make a plane (H, W) or (H, W, C) of any dtype a grey frame of cells; None where nothing is on it.

    What is not finite takes the mean of the rest.
    """
    grey = np.asarray(plane, np.float32)
    grey = grey if grey.ndim == 2 else grey.mean(axis=2)
    finite = np.isfinite(grey)
    if not finite.any() or np.ptp(grey[finite]) == 0:
        return None
    if not finite.all():
        grey = np.where(finite, grey, grey[finite].mean())
    if cell > 1:
        rows, cols = (max(1, n // cell) for n in grey.shape)
        part = np.ascontiguousarray(grey[: rows * cell, : cols * cell])
        grey = np.asarray(cv2.resize(part, (cols, rows), interpolation=cv2.INTER_AREA))
    return grey


def _faded(positions: npt.NDArray[np.floating | np.integer], n: int) -> npt.NDArray[np.float64]:
    """Rise from both ends of 0 to n − 1 over a few positions, and be 1 between."""
    width = max(2.0, _RIM * n)
    from_end = np.minimum(positions, n - 1 - positions) + 0.5
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(from_end / width, 0, 1)))
