"""A guess at two classes in an image that nobody has painted yet, so that there is something to show."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from skimage.filters import threshold_otsu

from ..errors import InputError
from ..normalisation import Normalisation

# Between-class over total variance at Otsu's threshold: 0.64 for a normal distribution, 0.75 for a uniform.
_TWO_LEVELS = 0.78
# Skewness of few bright objects on a dark ground, as in fluorescence.
_SPARSE = 1.0
# Mean difference of the channels, in parts of the range, from which on an image counts as stained.
_COLOURED = 0.05
_RIDGE_SIGMAS = (1.5, 2.5, 4.0)
_SMOOTH = 2.0


@dataclass(frozen=True)
class Suggestion:
    """Where strokes of two classes could be painted.

    Parameters
    ----------
    classes : ndarray of uint8, shape (H, W)
        1 and 2 where the guess is confident, 0 elsewhere.
    names : dict of int to str
        What the two seem to be.
    how : str
        How they were found, in a sentence for the user.
    """

    classes: npt.NDArray[np.uint8]
    names: dict[int, str]
    how: str


def suggest_classes(plane: npt.NDArray[np.generic], normalisation: Normalisation) -> Suggestion:
    """Guess two classes of a plane: dark and bright areas, or line-like structures and what is between.

    Parameters
    ----------
    plane : ndarray, shape (H, W) or (H, W, C)
    normalisation : Normalisation
        Of its stack.

    Returns
    -------
    Suggestion

    Raises
    ------
    InputError
        If the plane is constant.
    """
    unit = normalisation.apply(plane)
    grey = unit if unit.ndim == 2 else unit.mean(axis=2)
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), _SMOOTH, borderType=cv2.BORDER_REFLECT), np.float32)
    if float(np.ptp(smooth)) < 1e-4:
        raise InputError("The plane is constant, so there is nothing to tell apart. Choose another plane.")
    if _skewness(smooth) > _SPARSE:
        # On the square root, the dimmer of the objects are not taken for ground.
        low = float(smooth.min())
        return _by_brightness(smooth, low + _otsu(np.sqrt(smooth - low))[0] ** 2)
    threshold, separability = _otsu(smooth)
    is_stained = unit.ndim == 3 and float(np.ptp(unit, axis=2).mean()) > _COLOURED
    if separability >= _TWO_LEVELS or is_stained:
        return _by_brightness(smooth, threshold)
    return _by_structure(grey)


def _skewness(values: npt.NDArray[np.float32]) -> float:
    centred = values - values.mean()
    return float((centred**3).mean() / centred.std() ** 3)


def _otsu(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Otsu's threshold, and the share of the variance that lies between the two sides."""
    threshold = float(threshold_otsu(values))  # type: ignore[no-untyped-call]
    upper = values > threshold
    share = float(upper.mean())
    if not 0 < share < 1:
        return threshold, 0.0
    difference = float(values[upper].mean() - values[~upper].mean())
    return threshold, share * (1 - share) * difference**2 / float(values.var())


def _by_brightness(smooth: npt.NDArray[np.float32], threshold: float) -> Suggestion:
    is_bright = smooth > threshold
    sides = {"dark": ~is_bright, "bright": is_bright}
    # What covers less is what one would be after.
    names = sorted(sides, key=lambda name: float(sides[name].mean()), reverse=True)
    classes = np.zeros(smooth.shape, dtype=np.uint8)
    for number, name in enumerate(names, start=1):
        side = sides[name]
        middle = np.median(smooth[side])
        # The half of each side that lies farther from the threshold.
        classes[side & (smooth >= middle if name == "bright" else smooth <= middle)] = number
    how = "the image has two levels of brightness, parted by Otsu's threshold"
    return Suggestion(classes, dict(enumerate(names, start=1)), how)


def _by_structure(grey: npt.NDArray[np.float32]) -> Suggestion:
    dark, bright = (_ridge(sign * grey) for sign in (1, -1))
    is_dark = _strength(dark) >= _strength(bright)
    response = dark if is_dark else bright
    threshold = float(threshold_otsu(response))  # type: ignore[no-untyped-call]
    on_ridge = response > threshold
    # Close to a ridge neither class is sure.
    distance = cv2.distanceTransform((~on_ridge).astype(np.uint8), cv2.DIST_L2, 5)
    between = distance[~on_ridge]
    away = (distance >= max(3.0, float(np.median(between)))) & (response < threshold / 2)
    classes = np.where(on_ridge & (response > np.median(response[on_ridge])), 2, 0)
    classes[cv2.morphologyEx(away.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0] = 1
    kind = "dark" if is_dark else "bright"
    how = f"{kind} lines stand out, found where the image bends most (a ridge filter)"
    return Suggestion(classes.astype(np.uint8), {1: "between", 2: f"{kind} lines"}, how)


def _ridge(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How line-like and dark each pixel is: across minus along curvature, the best of some scales."""
    best = np.zeros(grey.shape, dtype=np.float32)
    for sigma in _RIDGE_SIGMAS:
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        yy, xx, xy = (
            cv2.Sobel(smooth, cv2.CV_32F, dx, dy, ksize=3, scale=1 / scale, borderType=cv2.BORDER_REFLECT)
            for dx, dy, scale in ((0, 2, 4), (2, 0, 4), (1, 1, 4))
        )
        middle, radius = (yy + xx) / 2, np.sqrt(((yy - xx) / 2) ** 2 + xy**2)
        across, along = middle + radius, np.abs(middle - radius)
        best = np.maximum(best, sigma**1.5 * (across - along))
    return np.maximum(best, 0)


def _strength(response: npt.NDArray[np.float32]) -> float:
    """Mean of the strongest twentieth."""
    return float(response[response >= np.quantile(response, 0.95)].mean())
