"""Planes of one stack made ready and compared by translations."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..errors import InputError
from ..grid import PatchGrid
from ..io import Stack
from ..normalisation import Normalisation
from .cells import comparison_grid
from .intensity import Section
from .last_few import LastFew
from .pair import match_sections
from .position import Position, remove_position
from .translation import METHODS, Method, Translation, estimate_translation

# Features only bridge what intensity cannot, so they need not see more than this.
_EMBEDDED_SIDE = 1024
_CELLS = 96


@dataclass(frozen=True)
class PreparedPlane:
    """What is kept of a plane for comparison."""

    section: Section
    grid: PatchGrid | None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to align by."""
        return self.section.is_blank


class SectionMatcher:
    """Reads, embeds and compares planes of one stack; keeps the last few."""

    def __init__(
        self,
        stack: Stack,
        backbone: str | Backbone | None,
        method: Method,
        max_shift: float | None,
        position: Position | None,
        kept: int = 3,
    ) -> None:
        if method not in METHODS:
            raise InputError(f"There is no method {method!r}. Use one of {', '.join(METHODS)}.")
        if backbone is None and method != "whole-shift":
            raise InputError(
                f"The method {method!r} compares features. Choose a backbone, such as 'filters'."
            )
        self.stack = stack
        self.backbone = None if backbone is None else get_backbone(backbone)
        self.method = method
        self.max_shift = max_shift
        self.position = position
        self.planes = LastFew(self._prepare, kept)
        self._normalisation: Normalisation | None = None

    @property
    def backbone_name(self) -> str:
        """What is compared besides intensity; empty for nothing."""
        return "" if self.backbone is None else self.backbone.spec.name

    def match(self, fixed: int, moving: int) -> Translation:
        """Find the shift from one plane to another."""
        return self.compare(self.planes[fixed], self.planes[moving])

    def compare(self, a: PreparedPlane, b: PreparedPlane) -> Translation:
        """Find the shift between two planes that were prepared; several threads may do so at once."""
        grids = None if a.grid is None or b.grid is None else (a.grid, b.grid)
        if self.method == "whole-shift" or grids is None:
            return match_sections(a.section, b.section, grids, self.max_shift)
        masks = (a.section.mask, b.section.mask)
        return estimate_translation(*grids, self.method, max_shift=self.max_shift, masks=masks)

    def _prepare(self, number: int) -> PreparedPlane:
        plane = self.stack.plane(number)
        section = Section.of_plane(plane, self.stack.rgb)
        grid = None if self.backbone is None or section.is_blank else self._embed(plane, section)
        return PreparedPlane(section, grid)

    def _embed(self, plane: npt.NDArray[Any], section: Section) -> PatchGrid:
        """Embed a plane, reduced if it is large; the grid is in pixels of the full plane."""
        assert self.backbone is not None
        if self._normalisation is None:
            self._normalisation = self.stack.normalisation()
        factor = max(1, math.ceil(max(plane.shape[:2]) / _EMBEDDED_SIDE))
        if factor > 1:
            height, width = plane.shape[0] // factor, plane.shape[1] // factor
            squares = plane[: height * factor, : width * factor]
            squares = squares.reshape(height, factor, width, factor, *plane.shape[2:])
            plane = squares.mean(axis=(1, 3), dtype=np.float32)
        embedding = self.backbone.embed(plane, self._normalisation)
        if self.position is not None:
            embedding = remove_position(embedding, self.position)
        grid = comparison_grid(embedding, _CELLS)
        # Pixel centres are whole numbers, so the middle of the first square of pixels is (factor − 1) / 2.
        origin = (grid.origin[0] * factor + (factor - 1) / 2, grid.origin[1] * factor + (factor - 1) / 2)
        return replace(grid, stride=grid.stride * factor, origin=origin, image_shape=section.mask.shape)
