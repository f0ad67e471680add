"""The size of a pixel, which residuals are told by in physical units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..io import Stack
from .plane_map import Factor


@dataclass(frozen=True)
class PixelSize:
    """Of one plane.

    Parameters
    ----------
    size : tuple of float
        Along (y, x), in `unit`.
    unit : str
        ``"pixel"`` where it is not known.
    """

    size: tuple[float, float] = (1.0, 1.0)
    unit: str = "pixel"

    @classmethod
    def of_stack(cls, stack: Stack) -> Self:
        """Take the voxel size along y and x."""
        down, across = stack.voxel_size[-2:]
        # Axes in different units have no common one to tell a distance in.
        same = len(set(stack.units[-2:])) == 1
        return cls((float(down), float(across)), stack.units[-1]) if same else cls()

    @property
    def is_known(self) -> bool:
        """Whether distances can be told in more than pixels."""
        return self.unit != "pixel"

    @property
    def mean(self) -> float:
        """Length of a pixel, the mean of y and x: for distances whose direction is not known."""
        return float(np.mean(self.size))

    def scaled(self, factor: Factor) -> Self:
        """Return that of planes with `factor` times the pixels, along both axes or along (y, x)."""
        down, across = np.array(self.size) / factor
        return type(self)((float(down), float(across)), self.unit)

    def as_json(self) -> dict[str, Any]:
        """Describe it by numbers and strings."""
        return {"pixel_size": list(self.size), "pixel_unit": self.unit}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read it from what holds the entries of `as_json`; older files have none."""
        down, across = content.get("pixel_size", (1.0, 1.0))
        return cls((float(down), float(across)), str(content.get("pixel_unit", "pixel")))
