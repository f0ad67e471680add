"""Planes of one stack made ready and compared by shifts alone."""

from __future__ import annotations

from dataclasses import dataclass

from ..backbones import Backbone, get_backbone
from ..errors import InputError
from ..grid import PatchGrid
from ..io import Stack
from .intensity import Section
from .last_few import LastFew
from .placed_section import Alignment
from .section_shift import estimate_shift
from .stack_features import StackFeatures
from .transform import Transform
from .translation import METHODS, Method, Translation, estimate_translation

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


class ShiftComparer:
    """Finds shifts by features and intensity, or by the methods of the reports by features alone.

    Parameters
    ----------
    stack : Stack
    backbone : str, Backbone or None
        None for intensity alone.
    method : {"whole-shift", "median", "max-correlation"}
    max_shift : float, optional
        Along y or x, in pixels.
    kept : int
        How many planes are kept.
    """

    def __init__(
        self,
        stack: Stack,
        backbone: str | Backbone | None,
        method: Method,
        max_shift: float | None,
        kept: int,
    ) -> None:
        if method not in METHODS:
            raise InputError(f"There is no method {method!r}. Use one of {', '.join(METHODS)}.")
        if backbone is None and method != "whole-shift":
            raise InputError(
                f"The method {method!r} compares features. Choose a backbone, such as 'filters'."
            )
        found = None if backbone is None else get_backbone(backbone)
        self.stack = stack
        self._name = "intensity" if found is None else found.spec.name
        self._features = None if found is None else StackFeatures(stack, found, _CELLS)
        self._method = method
        self._max_shift = max_shift
        self.planes = LastFew(self._prepare, kept)

    @property
    def made_by(self) -> str:
        """See `Comparer`."""
        within = "" if self._max_shift is None else f" within {self._max_shift:g} px"
        return f"{self._name}, {self._method}{within}"

    def compare(self, fixed: PreparedPlane, moving: PreparedPlane) -> Alignment:
        """See `Comparer`."""
        found = self._shift(fixed, moving)
        transform = Transform.translation(found.shift)
        return Alignment(transform, found.status, found.reason, found.score, found.distinctness)

    def _shift(self, fixed: PreparedPlane, moving: PreparedPlane) -> Translation:
        grids = None if fixed.grid is None or moving.grid is None else (fixed.grid, moving.grid)
        if self._method == "whole-shift" or grids is None:
            return estimate_shift(fixed.section, moving.section, grids, self._max_shift)
        masks = (fixed.section.mask, moving.section.mask)
        return estimate_translation(*grids, self._method, max_shift=self._max_shift, masks=masks)

    def _prepare(self, number: int) -> PreparedPlane:
        section = Section.of_plane(self.stack.plane(number), self.stack.rgb)
        if self._features is None or section.is_blank:
            return PreparedPlane(section, None)
        return PreparedPlane(section, self._features.grid(number))
