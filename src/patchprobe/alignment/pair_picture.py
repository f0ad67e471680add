"""Two sections in one picture, so that an eye can tell whether they lie on each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .information import Mask, informative_pixels
from .level import pulled, warped
from .plane_map import PlaneMap
from .transform import Transform

Pixels = npt.NDArray[np.uint8]

# What shows no section: neither dark nor bright, so that it is taken for no content.
NEUTRAL = 96
# Of the brightness, in per cent: what is darker or brighter than this is clipped.
_DARKEST, _BRIGHTEST = 1.0, 99.0
# Of a constant plane, whose contrast cannot be normalised.
_MIDDLE = 128
# Below this share of a pixel inside the section there is none.
_INSIDE = 128


@dataclass(frozen=True, eq=False)
class SeenPlane:
    """A plane made ready to be looked at: its contrast normalised, reduced if it is large.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, cols) or (rows, cols, 3)
        Grey or red, green, blue.
    shown : ndarray of bool, shape (rows, cols)
        Where there is a finite pixel of the section.
    step : int
        Pixels of the plane along a side of what was averaged to one of these.
    """

    pixels: Pixels
    shown: Mask
    step: int

    @property
    def is_colour(self) -> bool:
        """Whether it has red, green and blue."""
        return self.pixels.ndim == 3

    @property
    def grey(self) -> Pixels:
        """Mean of the colours, (rows, cols)."""
        return np.rint(self.pixels.mean(axis=2)).astype(np.uint8) if self.is_colour else self.pixels

    @property
    def frame(self) -> Pixels:
        """The plane as a picture (rows, cols, 3), neutral where it shows nothing."""
        colours = self.pixels if self.is_colour else np.repeat(self.pixels[:, :, None], 3, axis=2)
        return _neutral_outside(colours, self.shown)


def seen_planes(
    fixed: npt.NDArray[Any], moving: npt.NDArray[Any], most_pixels: int
) -> tuple[SeenPlane, SeenPlane]:
    """Make two planes ready to be looked at, reduced alike.

    Parameters
    ----------
    fixed, moving : ndarray, shape (H, W) or (H, W, C)
        Of any real dtype and size. Three channels (or four, with opacity) are colours; of any other number
        the mean is shown.
    most_pixels : int
        That either of them is reduced to.
    """
    largest = max(math.prod(plane.shape[:2]) for plane in (fixed, moving))
    step = max(1, math.ceil(math.sqrt(largest / most_pixels)))
    return _seen(fixed, step), _seen(moving, step)


def placed(moving: SeenPlane, transform: PlaneMap, shape: tuple[int, int]) -> SeenPlane:
    """Pull a plane into the frame of another one.

    Parameters
    ----------
    moving : SeenPlane
    transform : PlaneMap
        From the fixed to the moving plane, in pixels of the planes as they were.
    shape : tuple of int
        (rows, cols) of the frame, in pixels of the picture.
    """
    inside = np.where(moving.shown, np.uint8(255), np.uint8(0))
    both = np.dstack([moving.pixels, inside])
    reduced = transform.scaled(1 / moving.step)
    if isinstance(reduced, Transform):
        seen = warped(both, reduced.matrix, shape)
    else:
        seen = pulled(both, reduced.raster(np.arange(shape[0]), np.arange(shape[1])))
    pixels = seen[..., :3] if moving.is_colour else seen[..., 0]
    return SeenPlane(np.ascontiguousarray(pixels), seen[..., -1] >= _INSIDE, moving.step)


def checkerboard(fixed: SeenPlane, moving: SeenPlane, tile: float) -> Pixels:
    """Show the two in turn, in squares.

    Parameters
    ----------
    fixed, moving : SeenPlane
        In one frame.
    tile : float
        Side of a square, in pixels of the planes as they were. The first one shows the fixed plane.

    Returns
    -------
    ndarray of uint8, shape (rows, cols, 3)
        Lines that run on from square to square mean that the two fit.
    """
    side = max(1, round(tile / fixed.step))
    rows, cols = (np.arange(n) // side for n in fixed.shown.shape)
    is_fixed = (rows[:, None] + cols[None, :]) % 2 == 0
    return np.where(is_fixed[:, :, None], fixed.frame, moving.frame)


def red_cyan(fixed: SeenPlane, moving: SeenPlane) -> Pixels:
    """Show the fixed plane in red and the moving one in cyan, (rows, cols, 3): grey where they are equal.

    Where only one of them shows something it is seen in grey, at half its brightness.
    """
    one, other = fixed.grey, moving.grey
    lone = np.where(fixed.shown, one, other) // 2
    both = fixed.shown & moving.shown
    red, cyan = np.where(both, one, lone), np.where(both, other, lone)
    return _neutral_outside(np.dstack([red, cyan, cyan]), fixed.shown | moving.shown)


def translucent(fixed: SeenPlane, moving: SeenPlane) -> Pixels:
    """Show the mean of the two, (rows, cols, 3), and where only one of them shows something, that one."""
    one, other = fixed.frame, moving.frame
    mean = cv2.addWeighted(one, 0.5, other, 0.5, 0)
    both = fixed.shown & moving.shown
    return np.where(both[:, :, None], mean, np.where(fixed.shown[:, :, None], one, other))


def difference(fixed: SeenPlane, moving: SeenPlane) -> Pixels:
    """Show by how much the two differ, (rows, cols, 3): black where they are equal, neutral outside."""
    apart = cv2.absdiff(fixed.grey, moving.grey)
    return _neutral_outside(np.dstack([apart] * 3), fixed.shown & moving.shown)


def side_by_side(fixed: SeenPlane, moving: SeenPlane, gap: int) -> Pixels:
    """Show the fixed plane and, to the right of it, the moving one.

    Parameters
    ----------
    fixed, moving : SeenPlane
        As many rows.
    gap : int
        Columns between them, in pixels of the picture.
    """
    rows = fixed.shown.shape[0]
    between = np.full((rows, gap, 3), NEUTRAL, dtype=np.uint8)
    return np.concatenate([fixed.frame, between, moving.frame], axis=1)


def _seen(plane: npt.NDArray[Any], step: int) -> SeenPlane:
    values = np.asarray(plane, dtype=np.float32)
    if values.ndim == 3:
        values = values[:, :, :3] if values.shape[2] in (3, 4) else values.mean(axis=2)
    finite: Mask = np.asarray(np.isfinite(values.reshape(*values.shape[:2], -1)).all(axis=2))
    counts = informative_pixels(values)
    low, high = _limits(values[counts] if counts.any() else values[finite])
    known = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    scaled = 255 * (known - low) / (high - low) if high > low else np.full_like(known, _MIDDLE)
    pixels = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    if step == 1:
        return SeenPlane(pixels, finite, 1)
    rows, cols = (max(1, n // step) for n in finite.shape)
    crop = (slice(0, rows * step), slice(0, cols * step))
    shown = cv2.resize(finite[crop].astype(np.float32), (cols, rows), interpolation=cv2.INTER_AREA)
    reduced = cv2.resize(pixels[crop], (cols, rows), interpolation=cv2.INTER_AREA)
    return SeenPlane(np.asarray(reduced, dtype=np.uint8), shown > 0.5, step)


def _limits(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Dark and bright end of the contrast; of all colours together, so that these stay as they are."""
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values, (_DARKEST, _BRIGHTEST))
    return (float(low), float(high)) if high > low else (float(values.min()), float(values.max()))


def _neutral_outside(picture: Pixels, shown: Mask) -> Pixels:
    return np.where(shown[:, :, None], picture, np.uint8(NEUTRAL))
