"""One plane on its way into a backbone: pixels as they are in the file, and the map of their intensities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from .normalisation import Normalisation


@dataclass(frozen=True, eq=False)
class Plane:
    """Pixels of one plane; normalised only when that is asked for.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, C)
        Any real dtype.
    normalisation : Normalisation
    """

    pixels: npt.NDArray[Any]
    normalisation: Normalisation

    @cached_property
    def values(self) -> npt.NDArray[np.float32]:
        """Normalised intensities, in the shape of `pixels`."""
        return self.normalisation.apply(self.pixels)

    @cached_property
    def digest(self) -> str:
        """Hash of all that `values` depends on, found without computing them."""
        about = (self.pixels.shape, self.pixels.dtype.str, self.normalisation.low, self.normalisation.high)
        state = blake2b(repr(about).encode(), digest_size=16)
        state.update(np.ascontiguousarray(self.pixels).data)
        return state.hexdigest()
