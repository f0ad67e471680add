"""A section put on another one by hand: how well it lies there, and the images' word on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .align_pair import align_pair
from .ladder import cell_sizes
from .level import Level
from .models import Model
from .plane_map import FloatArray, PlaneMap
from .prepared_pair import PairAlignment
from .prepared_section import section_of
from .refine import Fit, judge


class PlaceScore:
    """How well two sections agree wherever the one is put on the other, as fast as a hand drags.

    Parameters
    ----------
    fixed, moving : ndarray, shape (H, W) or (H, W, C)
        Two planes of any real dtype and size.
    """

    def __init__(self, fixed: npt.NDArray[Any], moving: npt.NDArray[Any]) -> None:
        planes = (fixed, moving)
        cell = cell_sizes(*((plane.shape[0], plane.shape[1]) for plane in planes))[0]
        self._levels = [Level.of_section(section_of(plane, None, "plane's"), cell) for plane in planes]

    def at(self, transform: PlaneMap) -> Fit:
        """Return correlation and overlap under a transform from fixed to moving, in pixels.

        The correlation is that of `PairAlignment.score`. Of a transform that bends the affine part counts.
        """
        fixed, moving = self._levels
        return judge(fixed, moving, fixed.in_cells(transform.affine_part.matrix))


def refine_place(
    fixed: npt.NDArray[Any], moving: npt.NDArray[Any], transform: PlaneMap, model: Model
) -> PairAlignment:
    """Let the images refine a place that was found by hand; nothing is searched.

    Parameters
    ----------
    fixed, moving : ndarray, shape (H, W) or (H, W, C)
    transform : PlaneMap
        From fixed to moving, right to a few hundredths of the section's side.
    model : {"translation", "rigid", "similarity", "affine", "elastic"}
        What the images may change.
    """
    corners = corners_of(fixed.shape)
    return align_pair(fixed, moving, model, landmarks=(corners, transform.points(corners)))


def corners_of(shape: tuple[int, ...]) -> FloatArray:
    """Return the corners of a plane, (4, 2) as (y, x) in pixels."""
    rows, cols = shape[:2]
    return np.array([(y, x) for y in (0.0, rows - 1.0) for x in (0.0, cols - 1.0)])
