"""The work of aligning a stack, as generators of values: pairs compared, sections placed, what that gave.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from .alignment import (
    Alignment,
    StackAlignment,
    StackEdges,
    Transform,
    align_sections,
    align_to_template,
    measure_edges,
)
from .alignment.edges import BLANK, pairs_to_compare, plane_axes_shape
from .alignment.edits import AlignmentEdits
from .alignment.likeness import Likeness, neighbour_likeness
from .alignment.models import Model
from .alignment.stack import StackReference
from .alignment.translation import Method
from .io import Stack

# Sections are placed while pairs are still being compared, but not more than a part of the time goes to it.
_SELDOM = 8.0
_SELDOM_SECONDS = 0.5
_MOST_NAMED = 5

WAITING = "The section was not compared yet."


@dataclass(frozen=True)
class Options:
    """How sections are compared; what was found by equal options goes together.

    Parameters
    ----------
    reference : {"neighbours", "previous", "first", "template"}
        As in `align_stack`.
    model : {"translation", "rigid", "similarity", "affine"}
    backbone : str or None
        Features besides intensity.
    method : {"whole-shift", "median", "max-correlation"}
        How a shift is found; only where the model is a translation.
    max_shift : float or None
        In pixels.
    max_rotation : float
        In degrees; not for a translation.
    flips : bool
    """

    reference: StackReference = "neighbours"
    model: Model = "rigid"
    backbone: str | None = "filters"
    method: Method = "whole-shift"
    max_shift: float | None = None
    max_rotation: float = 12.0
    flips: bool = False

    @property
    def search(self) -> dict[str, Any]:
        """The arguments that all functions of the core call alike."""
        return {
            "backbone": self.backbone,
            "model": self.model,
            "method": self.method,
            "max_shift": self.max_shift,
            "max_rotation": self.max_rotation,
            "flips": self.flips,
        }


# What sections are placed by: pairs; or where they lie, if they were aligned one by one or come from a file.
Source = StackEdges | StackAlignment


@dataclass(frozen=True, eq=False)
class AlignRequest:
    """A stack whose sections are to be compared.

    Parameters
    ----------
    stack : Stack
    options : Options
    neighbours : int
        How many sections before it each one is compared with, where it is with several.
    edits : AlignmentEdits
    """

    stack: Stack
    options: Options
    neighbours: int
    edits: AlignmentEdits


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known so far.

    Parameters
    ----------
    known : StackEdges or StackAlignment
        All that was ever found by these options, to go on from.
    source : StackEdges or StackAlignment
        What of it is wanted now.
    done, total : int
        Pairs, or sections.
    alignment : StackAlignment or None
        Where the sections lie by it; not looked for each time.
    """

    known: Source
    source: Source
    done: int
    total: int
    alignment: StackAlignment | None = None

    @property
    def share(self) -> str:
        """How much of it is done: ``"13 of 30 pairs"``."""
        compared = "pairs" if isinstance(self.source, StackEdges) else "sections"
        return f"{self.done} of {self.total} {compared}"


def measure(request: AlignRequest, known: Source | None) -> Generator[Measured, None, Measured]:
    """Compare the sections of a stack and place them, now and then and in the end.

    Raises
    ------
    InputError
        If the stack cannot be read, or the options do not suit it.
    """
    steps: Generator[Measured, None, Measured]
    if request.options.reference == "neighbours":
        steps = _pairs(request, known if isinstance(known, StackEdges) else None)
    else:
        steps = _one_by_one(request, known if isinstance(known, StackAlignment) else None)
    placed_at, took = time.monotonic(), 0.0
    while True:
        try:
            found = next(steps)
        except StopIteration as end:
            all_found: Measured = end.value
            alignment = place(all_found.source, request.edits, request.options)
            return replace(all_found, alignment=alignment)
        began = time.monotonic()
        if began - placed_at > max(_SELDOM_SECONDS, _SELDOM * took):
            found = replace(found, alignment=place(found.source, request.edits, request.options))
            placed_at = time.monotonic()
            took = placed_at - began
        yield found


def place(source: Source, edits: AlignmentEdits, options: Options) -> StackAlignment:
    """Place sections by what was found and edited."""
    if isinstance(source, StackAlignment):
        return edits.adjust(source)
    placed = edits.place(source)
    return replace(placed, backbone=options.backbone or "", method=options.method, model=options.model)


def _pairs(request: AlignRequest, known: StackEdges | None) -> Generator[Measured, None, Measured]:
    shape = plane_axes_shape(request.stack)
    wanted = {frozenset(pair) for pair in pairs_to_compare(shape, request.neighbours)}

    def found(edges: StackEdges) -> Measured:
        # Without pairs that were measured for sections further apart.
        only = tuple(edge for edge in edges.edges if frozenset(edge.pair) in wanted)
        return Measured(edges, replace(edges, edges=only), len(only), len(wanted))

    steps = measure_edges(request.stack, neighbours=request.neighbours, known=known, **request.options.search)
    while True:
        try:
            yield found(next(steps))
        except StopIteration as end:
            return found(end.value)


def _one_by_one(request: AlignRequest, known: StackAlignment | None) -> Generator[Measured, None, Measured]:
    options, stack = request.options, request.stack
    done = [] if known is None else [one for one in known.sections if one.reason != WAITING]
    # A template looks at intensity alone.
    backbone = "" if options.reference == "template" else options.backbone or ""

    def found() -> Measured:
        held = done[-1].transform if done else Transform.identity()
        waiting = Alignment(held, "failed", WAITING, 0.0, 0.0)
        sections = (*done, *[waiting] * (stack.n_planes - len(done)))
        alignment = StackAlignment(
            sections, stack.plane_shape, backbone, options.method, options.reference, model=options.model
        )
        return Measured(alignment, alignment, len(done), stack.n_planes)

    for step in _sections(request, tuple(done)):
        # None while the template is made; of sections that are known, once more.
        if step is not None and step[0] == len(done):
            done.append(step[1])
        yield found()
    return found()


def _sections(request: AlignRequest, known: tuple[Alignment, ...]) -> Iterator[tuple[int, Alignment] | None]:
    """Align sections one by one; those on a template all anew, for it is not kept."""
    options, stack = request.options, request.stack
    if options.reference == "template":
        return align_to_template(stack, options.model, max_shift=options.max_shift)
    assert options.reference != "neighbours"
    return align_sections(stack, reference=options.reference, known=known, **options.search)


def no_edges(stack: Stack) -> StackEdges:
    """Return the edges of a stack of which nothing was measured."""
    shape = plane_axes_shape(stack)
    return StackEdges((), stack.n_planes, stack.plane_shape, shape[-1] if shape else 1)


def look_how_alike(stack: Stack, alignment: StackAlignment) -> Generator[Likeness, None, None]:
    """Compare neighbours before and after."""
    yield from neighbour_likeness(stack, alignment)


Standing = Literal["ok", "doubtful", "failed", "blank", "left out", "waiting"]


def standings(alignment: StackAlignment, source: Source | None, edits: AlignmentEdits) -> list[Standing]:
    """Say of each section in a word how it stands.

    Left out and blank sections are no failure of the alignment; those that wait have not been compared yet.
    """
    if isinstance(source, StackAlignment):
        reasons = dict(enumerate(source.reasons))
        blank = {number for number, reason in reasons.items() if reason.startswith(BLANK)}
        waiting = {number for number, reason in reasons.items() if reason == WAITING}
    else:
        compared = (*edits.by_hand, *(() if source is None else source.edges))
        blank = set() if source is None else set(source.blank)
        waiting = set(range(len(alignment))) - {number for edge in compared for number in edge.pair}

    def word(number: int, section: Alignment) -> Standing:
        if number in edits.excluded:
            return "left out"
        if section.status != "failed":
            return section.status
        return "blank" if number in blank else "waiting" if number in waiting else "failed"

    return [word(number, section) for number, section in enumerate(alignment.sections)]


def summary(words: list[Standing], largest_shift: float) -> str:
    """Sum up in a line: ``"8 of 10 sections ok, 1 doubtful (4), 1 blank bridged; largest shift 23 px"``."""
    said: dict[Standing, str] = {
        "doubtful": "doubtful",
        "blank": "blank bridged",
        "left out": "left out",
        "failed": "not placed",
        "waiting": "not compared yet",
    }
    parts = [f"{words.count('ok')} of {len(words)} sections ok"]
    for found, word in said.items():
        those = [str(number) for number, other in enumerate(words) if other == found]
        named = (
            f" ({', '.join(those)})" if found in ("doubtful", "failed") and len(those) <= _MOST_NAMED else ""
        )
        parts += [f"{len(those)} {word}{named}"] if those else []
    return f"{', '.join(parts)}; largest shift {largest_shift:.0f} px"


def advice(words: list[Standing], alignment: StackAlignment) -> str:
    """Say what to do next; an empty string where all is well.

    Parameters
    ----------
    words : list of Standing
        See `standings`.
    alignment : StackAlignment
    """
    if set(words) == {"left out"}:
        return "All sections are left out: include some again."
    parts = {section.part for section in alignment.sections if section.status != "failed"}
    if len(parts) > 1:
        return (
            f"No pair joins {len(parts)} parts of the stack. Set one between them by hand, or compare with "
            "more neighbours or other features."
        )
    if "waiting" in words:
        return "Align goes on with the sections that wait."
    for found, what in (("failed", "could not be placed"), ("doubtful", "may lie wrong")):
        if found in words:
            return f"Section {words.index(found)} {what}: click it to see its pair; exclude it or fix it."
    return ""
