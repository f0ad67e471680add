"""What counts as an object: the settings, and what they are in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from ..errors import InputError


@dataclass(frozen=True)
class ObjectSettings:
    """How the objects of one class are found in its probability.

    Steps, in this order: smooth the probability, take the pixels above the threshold (or those where the
    class is the most probable), fill holes, split touching objects, leave out small ones.

    Parameters
    ----------
    number : int
        The class, 1 or more.
    threshold : float, optional
        Least probability of the class in an object, 0 to 1 and not included. Without one, objects are where
        the class is the most probable, which is what the overlay shows.
    smoothing : float
        Standard deviation of the Gaussian that smooths the probability in its plane; 0 leaves it.
    fill_holes : float
        Holes up to this area are filled; 0 leaves them. What reaches the edge of the plane is no hole.
    split_diameter : float
        Width of a typical object, at which touching objects are split; 0 does not split. See
        `patchprobe.objects.split_touching`.
    min_size : float
        Objects below this area are left out; with `join_planes` it is a volume.
    diagonal : bool
        Whether pixels that touch only by a corner belong together.
    join_planes : bool
        Whether objects go on through neighbouring planes along z. Otherwise each plane has its own.
    physical : bool
        Whether lengths, areas and volumes are in the units of the voxel size rather than in pixels.
    """

    number: int = 2
    threshold: float | None = None
    smoothing: float = 0.0
    fill_holes: float = 0.0
    split_diameter: float = 0.0
    min_size: float = 0.0
    diagonal: bool = False
    join_planes: bool = False
    physical: bool = False

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InputError(f"Objects are of a class, 1 or more; got {self.number}.")
        if self.threshold is not None and not 0 <= self.threshold < 1:
            raise InputError(
                f"The threshold is {self.threshold}; it is a probability, from 0 to below 1. "
                "Leave it out to take the most probable class."
            )
        for name in ("smoothing", "fill_holes", "split_diameter", "min_size"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise InputError(f"{name} is {value}; it must be 0 (off) or more.")

    def in_pixels(self, voxel_size: Sequence[float]) -> ObjectSettings:
        """Return the same settings in pixels.

        Parameters
        ----------
        voxel_size : sequence of float
            Along (z, y, x), or (y, x). Lengths in a plane are divided by the geometric mean of the pixel's
            sides, areas by that of a pixel, volumes by that of a voxel.
        """
        if not self.physical:
            return self
        pixel = float(np.prod(voxel_size[-2:]))
        voxel = float(np.prod(voxel_size[-3:]))
        side = float(np.sqrt(pixel))
        return replace(
            self,
            smoothing=self.smoothing / side,
            fill_holes=self.fill_holes / pixel,
            split_diameter=self.split_diameter / side,
            min_size=self.min_size / (voxel if self.join_planes else pixel),
            physical=False,
        )
