"""The work of aligning a stack, as generators of values: pairs compared, sections placed, what that gave.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Literal

from .alignment import Alignment, StackAlignment, StackEdges, Transform, align_sections, measure_edges
from .alignment.edges import pairs_to_compare, plane_axes_shape
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
    reference : {"neighbours", "previous", "first"}
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

    def found() -> Measured:
        held = done[-1].transform if done else Transform.identity()
        waiting = Alignment(held, "failed", WAITING, 0.0, 0.0)
        sections = (*done, *[waiting] * (stack.n_planes - len(done)))
        alignment = StackAlignment(
            sections,
            stack.plane_shape,
            options.backbone or "",
            options.method,
            options.reference,
            model=options.model,
        )
        return Measured(alignment, alignment, len(done), stack.n_planes)

    assert options.reference != "neighbours"
    for _, section in align_sections(stack, reference=options.reference, known=tuple(done), **options.search):
        done.append(section)
        yield found()
    return found()


def no_edges(stack: Stack) -> StackEdges:
    """Return the edges of a stack of which nothing was measured."""
    shape = plane_axes_shape(stack)
    return StackEdges((), stack.n_planes, stack.plane_shape, shape[-1] if shape else 1)


def look_how_alike(stack: Stack, alignment: StackAlignment) -> Generator[Likeness, None, None]:
    """Compare neighbours before and after."""
    yield from neighbour_likeness(stack, alignment)


Standing = Literal["ok", "doubtful", "failed", "blank", "left out", "waiting"]


def standing(
    number: int, alignment: StackAlignment, source: Source | None, edits: AlignmentEdits
) -> Standing:
    """Say of a section in a word how it stands.

    Left out and blank sections are no failure of the alignment; those that wait have not been compared yet.
    """
    section = alignment[number]
    if number in edits.excluded:
        return "left out"
    if section.status != "failed":
        return section.status
    if isinstance(source, StackAlignment):
        if source[number].reason == WAITING:
            return "waiting"
        return "blank" if source[number].reference is None else "failed"
    if source is not None and number in source.blank:
        return "blank"
    compared = (*edits.by_hand, *(() if source is None else source.edges))
    return "failed" if any(number in edge.pair for edge in compared) else "waiting"


def summary(standings: list[Standing], largest_shift: float) -> str:
    """Sum up in a line: ``"8 of 10 sections ok, 1 doubtful (4), 1 blank bridged; largest shift 23 px"``."""
    words: dict[Standing, str] = {
        "doubtful": "doubtful",
        "blank": "blank bridged",
        "left out": "left out",
        "failed": "not placed",
        "waiting": "not compared yet",
    }
    parts = [f"{standings.count('ok')} of {len(standings)} sections ok"]
    for found, word in words.items():
        those = [str(number) for number, other in enumerate(standings) if other == found]
        named = (
            f" ({', '.join(those)})" if found in ("doubtful", "failed") and len(those) <= _MOST_NAMED else ""
        )
        parts += [f"{len(those)} {word}{named}"] if those else []
    return f"{', '.join(parts)}; largest shift {largest_shift:.0f} px"
