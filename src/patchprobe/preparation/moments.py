"""What each pixel of a movie does over time, summed frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Half of the eight neighbours (rows, columns): the others see the same pairs.
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))

# Products of two standard deviations that are rounding errors.
_CONSTANT = 1e-12

Plane = npt.NDArray[np.float64]


class Moments:
    """Sums over frames, of their differences to the first one: so they keep their digits.

    Parameters
    ----------
    shape : tuple of int
        Of a frame, (Y, X) or (Z, Y, X).
    with_neighbours : bool
        Whether `correlation` is wanted.
    """

    def __init__(self, shape: tuple[int, ...], with_neighbours: bool) -> None:
        self.count = 0
        self.first: Plane = np.zeros(shape)
        self.sum: Plane = np.zeros(shape)
        self.squares: Plane = np.zeros(shape)
        self.highest: Plane = np.full(shape, -np.inf)
        self.products = [np.zeros(_pair(self.sum, shift)[0].shape) for shift in _NEIGHBOURS]
        self._with_neighbours = with_neighbours

    def add(self, frame: npt.NDArray[Any]) -> None:
        """Take one more frame; what is not finite counts as 0."""
        values = np.nan_to_num(frame.astype(np.float64), posinf=0.0, neginf=0.0)
        if self.count == 0:
            self.first = values
        self.count += 1
        change = values - self.first
        self.sum += change
        self.squares += change * change
        np.maximum(self.highest, values, out=self.highest)
        if self._with_neighbours:
            for product, shift in zip(self.products, _NEIGHBOURS, strict=True):
                one, other = _pair(change, shift)
                product += one * other

    @property
    def mean(self) -> Plane:
        """Average of each pixel."""
        return self.first + self.sum / self.count

    @property
    def std(self) -> Plane:
        """Standard deviation of each pixel."""
        variance = self.squares / self.count - (self.sum / self.count) ** 2
        return np.asarray(np.sqrt(np.maximum(variance, 0)), dtype=np.float64)

    def correlation(self) -> Plane:
        """Mean of the correlation with the eight neighbours, −1 to 1; 0 where nothing changes."""
        total, neighbours = np.zeros_like(self.sum), np.zeros_like(self.sum)
        mean, std = self.sum / self.count, self.std
        for product, shift in zip(self.products, _NEIGHBOURS, strict=True):
            (one, other), (of_one, of_other) = _pair(mean, shift), _pair(std, shift)
            spread = of_one * of_other
            covariance = product / self.count - one * other
            pair = np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > _CONSTANT)
            for into in _pair(total, shift):
                into += pair
            for into in _pair(neighbours, shift):
                into += 1
        return np.clip(total / np.maximum(neighbours, 1), -1, 1)


def _pair(plane: Plane, shift: tuple[int, int]) -> tuple[Plane, Plane]:
    """View a plane (…, Y, X) twice, so that each pixel lies on its neighbour."""
    dy, dx = shift
    height, width = plane.shape[-2:]
    one = plane[..., : height - dy, max(0, -dx) : width - max(0, dx)]
    other = plane[..., dy:, max(0, dx) : width - max(0, -dx)]
    return one, other
