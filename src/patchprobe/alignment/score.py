"""The similarity of two grids for every shift at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import maximum_filter

from ..errors import InputError

FloatGrid = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Channels are transformed in groups, so that the memory does not grow with their number.
_CHANNELS_AT_ONCE = 16
# A rival is a local peak at least this many cells away along one axis.
_RIVAL_DISTANCE = 2
# Rounding of the FFT in float32.
_EQUAL = 1e-4


@dataclass(frozen=True)
class ShiftScores:
    """Similarity of two grids at every shift that leaves enough overlap.

    Parameters
    ----------
    correlation : ndarray of float32, shape (2·reach_y + 1, 2·reach_x + 1)
        Pearson correlation over the overlap, −1 to 1, at each shift; NaN where the overlap is too small.
        The shift (0, 0) is in the middle.
    overlap : ndarray of float32, same shape
        Cells that are compared at each shift, as a share of the most at any shift; 0 to 1.
    """

    correlation: FloatGrid
    overlap: FloatGrid

    @property
    def reach(self) -> tuple[int, int]:
        """The largest shift along y and x, in cells."""
        height, width = self.correlation.shape
        return height // 2, width // 2

    @property
    def evidence(self) -> FloatGrid:
        """Correlation × √overlap; NaN becomes −1.

        Chance correlation falls with the root of the cells compared, so that this, and not the
        correlation, is what is comparable between a small and a large overlap.
        """
        return np.nan_to_num(self.correlation * np.sqrt(self.overlap), nan=-1.0)

    def peak(self) -> tuple[int, int]:
        """Shift (dy, dx) of the most evidence, in whole cells."""
        row, col = np.unravel_index(int(np.argmax(self.evidence)), self.correlation.shape)
        return int(row) - self.reach[0], int(col) - self.reach[1]

    def at(self, shift: tuple[int, int]) -> float:
        """Correlation at a shift (dy, dx) in whole cells; 0 where it was not looked at."""
        inside = all(abs(s) <= reach for s, reach in zip(shift, self.reach, strict=True))
        value = self.correlation[self._index(shift)] if inside else np.nan
        return 0.0 if np.isnan(value) else float(value)

    def height(self, shift: tuple[float, float]) -> float:
        """Evidence within a cell of `shift`, in standard deviations above the mean of all shifts."""
        looked_at = self.evidence[~np.isnan(self.correlation)]
        row, col = self._index((round(shift[0]), round(shift[1])))
        around = self.evidence[max(row - 1, 0) : max(row + 2, 0), max(col - 1, 0) : max(col + 2, 0)]
        if around.size == 0 or looked_at.std() == 0:
            return 0.0
        return float((around.max() - looked_at.mean()) / looked_at.std())

    def refined(self, shift: tuple[int, int]) -> tuple[float, float]:
        """Peak near `shift` to a fraction of a cell, by a parabola through three values along each axis.

        Where the correlation is 1 the cells are equal one by one, and the shift is whole.
        """
        if self.at(shift) > 1 - _EQUAL:
            return float(shift[0]), float(shift[1])
        row, col = self._index(shift)
        dy = parabola_peak(self.correlation[max(row - 1, 0) : row + 2, col])
        dx = parabola_peak(self.correlation[row, max(col - 1, 0) : col + 2])
        return shift[0] + dy, shift[1] + dx

    def distinctness(self, shift: tuple[int, int]) -> float:
        """How far the peak stands out of all other local peaks.

        Returns
        -------
        float
            Its evidence above the mean of all shifts, in units of that of its highest rival: 1 means that
            another shift is as good, 2 that the peak stands twice as high. Infinite without a rival.
        """
        evidence = self.evidence
        known = ~np.isnan(self.correlation)
        if not all(abs(s) <= reach for s, reach in zip(shift, self.reach, strict=True)):
            return 0.0
        local = known & (evidence == maximum_filter(evidence, size=2 * _RIVAL_DISTANCE + 1))
        row, col = self._index(shift)
        near = np.ix_(
            *(
                np.arange(max(i - _RIVAL_DISTANCE, 0), min(i + _RIVAL_DISTANCE + 1, n))
                for i, n in zip((row, col), evidence.shape, strict=True)
            )
        )
        local[near] = False
        if not local.any():
            return float("inf")
        mean = float(evidence[known].mean())
        rival = float(evidence[local].max()) - mean
        return (float(evidence[near].max()) - mean) / rival if rival > 0 else float("inf")

    def _index(self, shift: tuple[int, int]) -> tuple[int, int]:
        return shift[0] + self.reach[0], shift[1] + self.reach[1]


def shift_scores(
    fixed: npt.NDArray[np.floating],
    moving: npt.NDArray[np.floating],
    fixed_mask: Mask,
    moving_mask: Mask,
    max_shift: tuple[int, int] | None = None,
    min_overlap: float = 0.25,
) -> ShiftScores:
    """Correlate two grids over their overlap for every shift at once, by FFT.

    The masked normalised correlation of Padfield (IEEE Trans. Image Process. 21, 2012, eq. 25), with the
    sums over cells extended over channels. Each channel's mean over the overlap is removed, so that
    neither brightness nor a common direction of all features counts as similarity.

    Parameters
    ----------
    fixed, moving : ndarray, shape (rows, cols, channels)
        Any two numbers of rows and columns; equal channels. Weigh the channels before.
    fixed_mask, moving_mask : ndarray of bool, shape (rows, cols)
        Cells that count.
    max_shift : tuple of int, optional
        Largest shift to look at along y and x, in cells.
    min_overlap : float
        Smallest overlap to look at, as a share of the largest at any shift; 0 to 1.

    Returns
    -------
    ShiftScores
        At shift (dy, dx), cell (r, c) of `fixed` is compared with cell (r + dy, c + dx) of `moving`.
        Time O(channels · N log N).

    Raises
    ------
    InputError
        If channels differ or a mask leaves nothing.
    """
    if fixed.shape[2] != moving.shape[2]:
        raise InputError(
            f"The two sections have {fixed.shape[2]} and {moving.shape[2]} feature channels. "
            "Embed both with the same backbone."
        )
    if not fixed_mask.any() or not moving_mask.any():
        raise InputError("One of the sections is blank: no cell of it carries information to align by.")
    correlator = _Correlator(fixed.shape[:2], moving.shape[:2], max_shift)
    covered = np.maximum(np.rint(correlator(fixed_mask, moving_mask)), 0)
    product, fixed_power, moving_power = _overlap_moments(
        correlator, fixed, moving, fixed_mask, moving_mask, np.maximum(covered, 1)
    )
    norm = np.sqrt(np.maximum(fixed_power, 0) * np.maximum(moving_power, 0))
    # A flat overlap has no correlation; rounding of the FFT must not give it one.
    flat = norm < 1e-5 * np.nanmax(norm, initial=1e-30)
    enough = (covered >= max(min_overlap * covered.max(), 2)) & ~flat
    correlation = np.full(covered.shape, np.nan, dtype=np.float32)
    correlation[enough] = np.clip(product[enough] / norm[enough], -1, 1)
    return ShiftScores(correlation, (covered / max(covered.max(), 1)).astype(np.float32))


def _overlap_moments(
    correlator: _Correlator,
    fixed: npt.NDArray[np.floating],
    moving: npt.NDArray[np.floating],
    fixed_mask: Mask,
    moving_mask: Mask,
    covered: npt.NDArray[Any],
) -> tuple[FloatGrid, FloatGrid, FloatGrid]:
    """Covariance and the two variances over the overlap at each shift, summed over cells and channels."""
    # Centred beforehand only for the sake of precision: the result does not depend on it.
    a = _channel_first(fixed, fixed_mask)
    b = _channel_first(moving, moving_mask)
    seen_a, seen_b = correlator.forward(fixed_mask), correlator.forward(moving_mask)
    product: Any = 0
    sums_ab: Any = 0
    sums_aa: Any = 0
    sums_bb: Any = 0
    for start in range(0, len(a), _CHANNELS_AT_ONCE):
        part = slice(start, start + _CHANNELS_AT_ONCE)
        fa, fb = correlator.forward(a[part]), correlator.forward(b[part])
        product = product + (fa.conj() * fb).sum(axis=0)
        mean_a = correlator.backward(fa.conj() * seen_b)
        mean_b = correlator.backward(seen_a.conj() * fb)
        sums_ab = sums_ab + (mean_a * mean_b).sum(axis=0)
        sums_aa = sums_aa + (mean_a * mean_a).sum(axis=0)
        sums_bb = sums_bb + (mean_b * mean_b).sum(axis=0)
    power_a = correlator.backward(correlator.forward((a * a).sum(axis=0)).conj() * seen_b)
    power_b = correlator.backward(seen_a.conj() * correlator.forward((b * b).sum(axis=0)))
    return (
        correlator.backward(product) - sums_ab / covered,
        power_a - sums_aa / covered,
        power_b - sums_bb / covered,
    )


class _Correlator:
    """Cross-correlation by real FFT, cropped to the shifts of interest with (0, 0) in the middle."""

    def __init__(
        self, fixed: tuple[int, ...], moving: tuple[int, ...], max_shift: tuple[int, int] | None
    ) -> None:
        limit = [max(f, m) - 1 for f, m in zip(fixed, moving, strict=True)]
        self.reach = (
            limit if max_shift is None else [min(s, m) for s, m in zip(max_shift, limit, strict=True)]
        )
        # Room for the largest shift looked at, so that what wraps around is never read.
        self.shape = [
            fft.next_fast_len(max(f, m) + reach + 1, real=True)
            for f, m, reach in zip(fixed, moving, self.reach, strict=True)
        ]

    def forward(self, grid: npt.NDArray[Any]) -> npt.NDArray[np.complex64]:
        return np.asarray(fft.rfft2(grid.astype(np.float32, copy=False), self.shape, workers=-1))

    def backward(self, spectrum: npt.NDArray[np.complexfloating]) -> FloatGrid:
        full = np.asarray(fft.irfft2(spectrum, self.shape, workers=-1))
        rows, cols = (np.arange(-reach, reach + 1) for reach in self.reach)
        return np.asarray(full[..., rows[:, None], cols[None, :]])

    def __call__(self, fixed: npt.NDArray[Any], moving: npt.NDArray[Any]) -> FloatGrid:
        return self.backward(self.forward(fixed).conj() * self.forward(moving))


def _channel_first(grid: npt.NDArray[np.floating], mask: Mask) -> FloatGrid:
    """Channels first, each centred over the mask, 0 outside."""
    values = np.ascontiguousarray(np.moveaxis(grid, 2, 0), dtype=np.float32)
    centred = values - values[:, mask].mean(axis=1)[:, None, None]
    return np.where(mask, centred, np.float32(0))


def parabola_peak(values: FloatGrid) -> float:
    """Position of the top of the parabola through three values, −0.5 to 0.5 from the middle one."""
    if len(values) < 3 or np.isnan(values).any():
        return 0.0
    before, middle, after = (float(v) for v in values)
    curvature = before - 2 * middle + after
    if curvature >= 0:
        return 0.0
    return float(np.clip((before - after) / (2 * curvature), -0.5, 0.5))
