"""What every map from one plane to another can do, and maps that are done one after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import InputError

if TYPE_CHECKING:
    from .transform import Transform

FloatArray = npt.NDArray[np.float64]
# How many pixels of the target come to one of this plane: along both axes, or along (y, x).
Factor = float | Sequence[float]


class PlaneMap(ABC):
    """A map of pixel positions from a fixed plane to a moving plane.

    What lies at `p` in the fixed plane lies at ``points([p])`` in the moving plane. Images are therefore
    pulled by the map itself, ``aligned[p] = moving[map(p)]``, while positions that were marked in the moving
    plane come to the fixed one by the inverse.
    """

    @property
    @abstractmethod
    def affine_part(self) -> Transform:
        """The affine part, which is all of it where nothing bends."""

    @abstractmethod
    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Map positions (n, 2), in (y, x) order, from the fixed to the moving plane."""

    @abstractmethod
    def inverse(self) -> PlaneMap:
        """Return the map from the moving plane back to the fixed one."""

    @abstractmethod
    def scaled(self, factor: Factor, *, thinned: bool = False) -> PlaneMap:
        """Return the same map between planes of another resolution.

        Parameters
        ----------
        factor : float or (float, float)
            Pixels of the other resolution to one of this, along both axes or along (y, x): 4 for a map that
            was estimated on planes reduced four times and is wanted for the full ones.
        thinned : bool
            Whether the planes were reduced by taking each n-th pixel, so that pixel 0 lies on pixel
            0. Otherwise they were averaged (or the level of a pyramid), and the edges of the planes agree:
            position p lies at ``factor * p + (factor - 1) / 2``, for pixel centres are whole numbers.
        """

    def compose(self, after: PlaneMap) -> PlaneMap:
        """Return the map that does this one first, then `after`.

        With this one from plane 0 to plane 1 and `after` from 1 to 2, the result is from 0 to 2.
        """
        return Chain((*_parts(self), *_parts(after)))

    def raster(self, rows: npt.ArrayLike, cols: npt.ArrayLike) -> FloatArray:
        """Map all crossings of rows and columns.

        Parameters
        ----------
        rows, cols : array_like, shapes (h,) and (w,)
            Positions along y and x in the fixed plane.

        Returns
        -------
        ndarray of float64, shape (2, h, w)
            The y, then the x, in the moving plane.
        """
        y, x = np.meshgrid(rows, cols, indexing="ij")
        mapped = self.points(np.stack([y.ravel(), x.ravel()], axis=1))
        return np.ascontiguousarray(mapped.T).reshape(2, *y.shape)


@dataclass(frozen=True)
class Chain(PlaneMap):
    """Maps done one after the other, the first of them first.

    Nothing is resampled: positions are as exact as those of the parts.

    Parameters
    ----------
    parts : tuple of PlaneMap
        At least one.
    """

    parts: tuple[PlaneMap, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("A chain of maps needs at least one; give the identity to move nothing.")

    @property
    def affine_part(self) -> Transform:
        """The affine parts, one after the other."""
        whole = self.parts[0].affine_part
        for part in self.parts[1:]:
            whole = whole.followed_by(part.affine_part)
        return whole

    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Map positions (n, 2), in (y, x) order, from the fixed to the moving plane."""
        mapped = self.parts[0].points(points)
        for part in self.parts[1:]:
            mapped = part.points(mapped)
        return mapped

    def inverse(self) -> PlaneMap:
        """Return the inverses of the parts in the opposite order."""
        return Chain(tuple(part.inverse() for part in reversed(self.parts)))

    def scaled(self, factor: Factor, *, thinned: bool = False) -> PlaneMap:
        """Return the same map between planes of another resolution, as of `PlaneMap`."""
        return Chain(tuple(part.scaled(factor, thinned=thinned) for part in self.parts))


def as_points(points: npt.ArrayLike) -> FloatArray:
    """Check positions (n, 2)."""
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(f"Points must be an array (n, 2) of (y, x) in pixels; got shape {array.shape}.")
    return array


def scaling(factor: Factor, thinned: bool) -> tuple[FloatArray, FloatArray]:
    """Return s and t: what lies at p in one resolution lies at s · p + t in the other."""
    scale = np.asarray(factor, dtype=np.float64)
    if scale.shape not in ((), (2,)) or not (np.isfinite(scale).all() and (scale > 0).all()):
        raise InputError(
            f"The factor between two resolutions is a positive number, or two along (y, x); got {factor}."
        )
    both = np.array(np.broadcast_to(scale, (2,)))
    return both, np.zeros(2) if thinned else (both - 1) / 2


def _parts(one: PlaneMap) -> tuple[PlaneMap, ...]:
    return one.parts if isinstance(one, Chain) else (one,)
