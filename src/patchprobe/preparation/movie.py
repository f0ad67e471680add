"""Calcium movies: frames of equal brightness, and less noise."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .planewise import map_planes


def normalise_frames(stack: Stack, method: Literal["median", "zscore"] = "median") -> Stack:
    """Take out what changes the brightness of whole frames: a flickering lamp, bleaching.

    Parameters
    ----------
    stack : Stack
    method : {"median", "zscore"}
        ``"median"``: each frame is divided by its median, so that 1 is the usual brightness. ``"zscore"``:
        each frame gets mean 0 and standard deviation 1.

    Returns
    -------
    Stack
        Lazy, float32. Frames of one value throughout become 0 (``"zscore"``) or stay as they are.
    """
    if method not in ("median", "zscore"):
        raise InputError(f"method {method!r} is not known. Use 'median' or 'zscore'.")

    def level(frame: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        values = frame.astype(np.float32)
        if method == "median":
            middle = float(np.median(values))
            return values / middle if middle > 0 else values
        spread = float(values.std())
        return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))

    note = f"Each frame was normalised by its {'median' if method == 'median' else 'mean and spread'}."
    return map_planes(stack, level, np.float32, note)


def denoise_movie(stack: Stack, frames: int = 3, sigma: float = 0.0) -> Stack:
    """Take the median of neighbouring frames, and smooth within frames if wanted.

    Parameters
    ----------
    stack : Stack
        With the axes ``"tyx"``.
    frames : int
        How many frames around each one, odd: 1 changes nothing, 3 takes away single noisy frames. Fewer at
        the ends of the movie.
    sigma : float
        Standard deviation of a Gaussian within frames, in pixels; 0 for none.

    Returns
    -------
    Stack
        Lazy, float32.

    Raises
    ------
    InputError
        If it is no movie, or `frames` is even.
    """
    if stack.axes != "tyx":
        raise InputError(f"{stack.name} has the axes {stack.axes!r}; denoising in time takes a movie, 'tyx'.")
    if frames < 1 or frames % 2 == 0 or sigma < 0:
        raise InputError(
            f"frames is {frames} and sigma {sigma:g}; give an odd number of frames and a sigma from 0."
        )
    reach = frames // 2

    def calm(frame: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        first, last = max(number - reach, 0), min(number + reach + 1, stack.n_planes)
        values: npt.NDArray[Any] = frame.astype(np.float32)
        if reach:
            values = np.median([stack.plane(n) for n in range(first, last)], axis=0).astype(np.float32)
        if sigma:
            from scipy import ndimage

            values = ndimage.gaussian_filter(values, sigma)
        return values

    note = f"Each frame is the median of {frames} frames" + (f", smoothed by {sigma:g} px." if sigma else ".")
    return map_planes(stack, calm, np.float32, note)
