"""What planes of a stack are made ready by, one at a time, and compared by, several pairs at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..embedding import check_plane
from ..errors import InputError
from ..io import Stack
from .information import informative_pixels
from .ladder import cell_sizes
from .last_few import LastFew
from .models import Model
from .placed_section import Alignment
from .prepared_pair import PairSearch, compare_sections
from .prepared_section import SMALLEST, PreparedSection, prepare, section_of
from .shift_comparer import ShiftComparer
from .stack_features import StackFeatures
from .translation import Method
from .witnesses import FEATURE_CELLS


class Prepared(Protocol):
    """A plane that was made ready."""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to align by."""


class Comparer(Protocol):
    """Reads planes and compares them."""

    @property
    def stack(self) -> Stack:
        """The stack that planes are read of."""

    @property
    def made_by(self) -> str:
        """How planes are compared, in words; edges of another way are not mixed with these."""

    @property
    def planes(self) -> LastFew[Any]:
        """Planes made ready, by their number."""

    def compare(self, fixed: Any, moving: Any) -> Alignment:
        """Find where one plane lies on another; several threads may do so at once."""


class ModelComparer:
    """Any model, as `align_pair` compares two sections.

    Parameters
    ----------
    stack : Stack
    backbone : str, Backbone or None
        Features as a second witness; None for intensity alone.
    wanted : PairSearch
    kept : int
        How many planes are kept.
    """

    def __init__(self, stack: Stack, backbone: str | Backbone | None, wanted: PairSearch, kept: int) -> None:
        if min(stack.plane_shape) < SMALLEST:
            height, width = stack.plane_shape
            raise InputError(
                f"The sections are {height} × {width} px; at least {SMALLEST} × {SMALLEST} px are needed to "
                "align them. Take them at a higher resolution."
            )
        self.stack = stack
        found = None if backbone is None else get_backbone(backbone)
        self._name = "intensity" if found is None else found.spec.name
        self._features = None if found is None else StackFeatures(stack, found, FEATURE_CELLS)
        self._wanted = wanted
        self._cells = cell_sizes(stack.plane_shape)
        self.planes = LastFew(self._prepare, kept)

    @property
    def made_by(self) -> str:
        """See `Comparer`."""
        wanted = self._wanted
        turned = "" if wanted.model == "translation" else f" turned up to {wanted.max_rotation:g}°"
        flipped = " on either face" if wanted.flips else ""
        within = "" if wanted.max_shift is None else f" within {wanted.max_shift:g} px"
        return f"{self._name}, {wanted.model}{turned}{flipped}{within}"

    def compare(self, fixed: PreparedSection, moving: PreparedSection) -> Alignment:
        """See `Comparer`."""
        found = compare_sections(fixed, moving, self._wanted)
        return Alignment(found.transform, found.status, found.reason, found.score, found.distinctness)

    def _prepare(self, number: int) -> PreparedSection:
        section = section_of(check_plane(self.stack.plane(number)), None, "section's")
        if self._features is None or section.is_blank:
            return prepare(section, self._cells)
        return prepare(section, self._cells, self._features.grid(number))


@dataclass(frozen=True)
class Pixels:
    """A plane as it is."""

    pixels: npt.NDArray[Any]
    is_blank: bool


class FunctionComparer:
    """A function of two planes."""

    def __init__(self, stack: Stack, pair: Any, kept: int) -> None:
        self.stack = stack
        self._pair = pair
        self.planes = LastFew(self._prepare, kept)

    @property
    def made_by(self) -> str:
        """See `Comparer`."""
        return str(getattr(self._pair, "__qualname__", type(self._pair).__qualname__))

    def compare(self, fixed: Pixels, moving: Pixels) -> Alignment:
        """See `Comparer`."""
        found = self._pair(fixed.pixels, moving.pixels)
        return Alignment(found.transform, found.status, found.reason, float(found.score))

    def _prepare(self, number: int) -> Pixels:
        pixels = self.stack.plane(number)
        return Pixels(pixels, not np.any(informative_pixels(pixels)))


def model_of(model: Model | None, method: Method, usual: Model) -> Model:
    """Return the model asked for, or the usual one; the methods of the reports know shifts only."""
    if model == "elastic":
        raise InputError(
            "A stack is placed by affine maps at most. Use the model 'affine', or align_pair for an elastic "
            "map of two sections."
        )
    if method == "whole-shift":
        return model or usual
    if model not in (None, "translation"):
        raise InputError(
            f"The method {method!r} finds translations only; got the model {model!r}. Use the method "
            "'whole-shift' for other models."
        )
    return "translation"


def comparer_of(
    stack: Stack, backbone: str | Backbone | None, wanted: PairSearch, method: Method, kept: int
) -> Comparer:
    """Return what compares planes as wanted."""
    if method != "whole-shift":
        return ShiftComparer(stack, backbone, method, wanted.max_shift, kept)
    return ModelComparer(stack, backbone, wanted, kept)
