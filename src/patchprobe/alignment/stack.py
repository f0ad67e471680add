"""All sections of a stack, one after the other, into one frame."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..embedding import OnProgress
from ..errors import InputError
from ..grid import PatchGrid
from ..io import Stack
from ..normalisation import Normalisation
from .cells import comparison_grid
from .intensity import Section
from .pair import match_sections
from .position import Position, remove_position
from .result import Alignment, StackAlignment
from .transform import Transform
from .translation import METHODS, Method, Translation, estimate_translation

Reference = Literal["previous", "first"]

# Features only bridge what intensity cannot, so they need not see more than this.
_EMBEDDED_SIDE = 1024
_CELLS = 96
# The plane at hand, the last good one and the one before: a plane may take hundreds of megabytes.
_KEPT = 3


def align_stack(
    stack: Stack,
    backbone: str | Backbone | None = "filters",
    reference: Reference = "previous",
    method: Method = "whole-shift",
    *,
    max_shift: float | None = None,
    position: Position | None = None,
    on_progress: OnProgress | None = None,
) -> StackAlignment:
    """Align the sections of a stack by translations.

    Parameters
    ----------
    stack : Stack
        Planes are counted as `Stack.plane` counts them.
    backbone : str, Backbone or None
        Features that are compared besides band-passed intensity; None for intensity alone.
    reference : {"previous", "first"}
        Compare each section with the one before it and add up the shifts, for serial sections that change
        along the stack; or each with the first one, for a time series of one field of view.
    method : {"whole-shift", "median", "max-correlation"}
        As in `estimate_translation`. ``"whole-shift"`` uses intensity and features and refines to a
        fraction of a pixel; the others, those of the reports, use features alone, to whole patches.
    max_shift : float, optional
        Largest shift along y or x between two sections that are compared, in pixels.
    position : Position, optional
        What `estimate_position` measured, for a backbone whose features know where in the image they are.
    on_progress : callable, optional
        Called with (sections done, sections in all) after each section. What it raises stops the work.

    Returns
    -------
    StackAlignment
        The frame is that of the first section that is not blank. Sections that are blank, or resemble no
        other, are ``"failed"``: they keep the transform of the section before, and the next is compared
        with the last good one.

    Raises
    ------
    InputError
        If the method, reference or backbone is unknown or does not suit the stack.

    See Also
    --------
    align_sections : The same as a generator, which can be stopped between sections.
    """
    steps = align_sections(
        stack, backbone, reference, method, max_shift=max_shift, position=position, on_progress=on_progress
    )
    sections = tuple(alignment for _, alignment in steps)
    name = "" if backbone is None else get_backbone(backbone).spec.name
    return StackAlignment(sections, stack.plane_shape, name, method, reference)


def align_sections(
    stack: Stack,
    backbone: str | Backbone | None = "filters",
    reference: Reference = "previous",
    method: Method = "whole-shift",
    *,
    max_shift: float | None = None,
    position: Position | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[int, Alignment]]:
    """Align the sections of a stack one by one; see `align_stack`.

    Yields
    ------
    tuple of (int, Alignment)
        The number of the plane and where it lies in the common frame. Closing the generator stops the work.
    """
    if reference not in get_args(Reference):
        raise InputError(f"The reference is one of {', '.join(get_args(Reference))}; got {reference!r}.")
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}. Use one of {', '.join(METHODS)}.")
    if backbone is None and method != "whole-shift":
        raise InputError(f"The method {method!r} compares features. Choose a backbone, such as 'filters'.")
    matcher = _Matcher(
        stack, None if backbone is None else get_backbone(backbone), method, max_shift, position
    )
    return _walk(matcher, reference, on_progress)


def _walk(
    matcher: _Matcher, reference: Reference, on_progress: OnProgress | None
) -> Iterator[tuple[int, Alignment]]:
    done: dict[int, Alignment] = {}
    for number in range(matcher.stack.n_planes):
        done[number] = _place(number, done, matcher, reference)
        yield number, done[number]
        if on_progress is not None:
            on_progress(number + 1, matcher.stack.n_planes)


def _place(number: int, done: dict[int, Alignment], matcher: _Matcher, reference: Reference) -> Alignment:
    """Compare one section with the sections it may be compared with, until one fits."""
    before = _predecessor(matcher.stack, number)
    held = Transform.identity() if before is None else done[before].transform
    if matcher.prepared(number).section.is_blank:
        return Alignment(
            held, "failed", "The section is blank: constant, or without a finite pixel.", 0.0, 0.0, None
        )
    best: Alignment | None = None
    for other in _references(number, done, matcher, reference):
        found = matcher.match(other, number)
        step = Transform.translation(found.shift)
        placed = Alignment(
            held if found.status == "failed" else done[other].transform.compose(step),
            found.status,
            found.reason,
            found.score,
            found.distinctness,
            other,
            found.shift,
        )
        if best is None or _better(placed, best):
            best = placed
        if best.status == "ok":
            break
    return Alignment(held) if best is None else best


def _references(
    number: int, done: dict[int, Alignment], matcher: _Matcher, reference: Reference
) -> Iterator[int]:
    """Planes to compare a plane with, the one to prefer first."""
    if reference == "first":
        good = next((other for other in range(number) if done[other].status != "failed"), None)
        if good is not None:
            yield good
        return
    before = good = _predecessor(matcher.stack, number)
    while good is not None and done[good].status == "failed":
        good = _predecessor(matcher.stack, good)
    if good is not None:
        yield good
    # A section that resembled none before it may be the start of what follows.
    if before is not None and before != good and not matcher.prepared(before).section.is_blank:
        yield before


def _predecessor(stack: Stack, number: int) -> int | None:
    """Return the plane before along the last axis; at its start, the one of the time point before."""
    index = stack.plane_index(number)
    if not index or not any(index):
        return None
    if index[-1] > 0:
        return number - 1
    return number - stack.shape[len(index) - 1]


_RANK = {"ok": 2, "doubtful": 1, "failed": 0}


def _better(one: Alignment, other: Alignment) -> bool:
    return (_RANK[one.status], one.distinctness) > (_RANK[other.status], other.distinctness)


@dataclass(frozen=True)
class _Prepared:
    """What is kept of a plane for comparison."""

    section: Section
    grid: PatchGrid | None


class _Matcher:
    """Reads, embeds and compares planes of one stack; keeps the last few."""

    def __init__(
        self,
        stack: Stack,
        backbone: Backbone | None,
        method: Method,
        max_shift: float | None,
        position: Position | None,
    ) -> None:
        self.stack = stack
        self.backbone = backbone
        self.method = method
        self.max_shift = max_shift
        self.position = position
        self._normalisation: Normalisation | None = None
        self._kept: OrderedDict[int, _Prepared] = OrderedDict()

    def prepared(self, number: int) -> _Prepared:
        """Read and embed a plane, or take it from those kept."""
        if number not in self._kept:
            plane = self.stack.plane(number)
            section = Section.of_plane(plane, self.stack.rgb)
            grid = None if self.backbone is None or section.is_blank else self._embed(plane, section)
            self._kept[number] = _Prepared(section, grid)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]

    def match(self, fixed: int, moving: int) -> Translation:
        """Find the shift from one plane to another."""
        a, b = self.prepared(fixed), self.prepared(moving)
        grids = None if a.grid is None or b.grid is None else (a.grid, b.grid)
        if self.method == "whole-shift" or grids is None:
            return match_sections(a.section, b.section, grids, self.max_shift)
        masks = (a.section.mask, b.section.mask)
        return estimate_translation(*grids, self.method, max_shift=self.max_shift, masks=masks)

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
