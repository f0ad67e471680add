"""From raw intensities to the unit range, once for a whole stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import InputError

# Percentiles rather than extremes: one hot pixel or one scanner mark must not set the scale of a stack.
_PERCENTILES = (0.5, 99.5)
_PIXELS_PER_PLANE = 1 << 16


@dataclass(frozen=True)
class Normalisation:
    """Linear map of intensities that takes `low` to 0 and `high` to 1.

    Parameters
    ----------
    low, high : float
        Intensities, in the units of the image. They are shared by all channels, so colours keep their hue.
    """

    low: float
    high: float

    def apply(self, plane: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Map `plane` to the unit range.

        Parameters
        ----------
        plane : array_like, shape (H, W) or (H, W, C)
            Any real dtype. NaN and infinity become 0, the value of the darkest tissue.

        Returns
        -------
        ndarray of float32, same shape
            About 0 to 1; values outside the percentiles are kept to half a range beyond, then clipped.
        """
        values = np.asarray(plane, dtype=np.float32)
        scale = self.high - self.low
        unit = (values - np.float32(self.low)) * np.float32(1 / scale if scale > 0 else 0)
        if np.issubdtype(np.asarray(plane).dtype, np.floating):
            np.nan_to_num(unit, copy=False, nan=0.0, posinf=1.5, neginf=-0.5)
        return np.clip(unit, -0.5, 1.5, out=unit)


def estimate_normalisation(planes: Iterable[npt.ArrayLike]) -> Normalisation:
    """Take the range of intensities from some planes of a stack.

    Parameters
    ----------
    planes : iterable of array_like, each (H, W) or (H, W, C)
        A sample of the stack's planes. Large planes are subsampled on a regular raster.

    Returns
    -------
    Normalisation
        The 0.5th and 99.5th percentile over all finite pixels given. A constant image gives an empty
        range, which maps everything to 0.

    Raises
    ------
    InputError
        If no pixel is finite.
    """
    samples = []
    for plane in planes:
        values = np.asarray(plane)
        if values.dtype == bool:
            values = values.astype(np.uint8)
        step = max(1, int(np.sqrt(values.shape[0] * values.shape[1] / _PIXELS_PER_PLANE)))
        sample = values[::step, ::step].ravel()
        samples.append(sample[np.isfinite(sample)])
    pixels = np.concatenate(samples) if samples else np.empty(0)
    if pixels.size == 0:
        raise InputError(
            "The image has no finite pixel (all NaN or infinite), so there is nothing to embed. "
            "Check that the right file, data set or channel was opened."
        )
    low, high = np.percentile(pixels, _PERCENTILES)
    if low == high:
        # Sparse bright objects on black (calcium, tracings) can fill less than the percentile.
        low, high = pixels.min(), pixels.max()
    return Normalisation(float(low), float(high))
