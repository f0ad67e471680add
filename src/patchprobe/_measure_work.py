"""The work of aligning a stack, as generators of values: pairs compared, sections placed, what that gave.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from .alignment import StackAlignment, StackEdges, align_pair, measure_edges
from .alignment.edges import pairs_to_compare, plane_axes_shape
from .alignment.edits import AlignmentEdits
from .alignment.likeness import Likeness, neighbour_likeness
from .alignment.models import Model
from .alignment.translation import Method
from .io import Stack

# Sections are placed while pairs are still being compared, but not more than a part of the time goes to it.
_SELDOM = 8.0
_SELDOM_SECONDS = 0.5


@dataclass(frozen=True)
class PairOptions:
    """By what two sections are compared; pairs that were compared by equal options go together.

    Parameters
    ----------
    model : {"translation", "rigid", "similarity", "affine", "elastic"}
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

    model: Model = "rigid"
    backbone: str | None = "filters"
    method: Method = "whole-shift"
    max_shift: float | None = None
    max_rotation: float = 12.0
    flips: bool = False


@dataclass(frozen=True, eq=False)
class AlignRequest:
    """A stack whose sections are to be compared.

    Parameters
    ----------
    stack : Stack
    options : PairOptions
    neighbours : int
        How many sections before it each one is compared with.
    """

    stack: Stack
    options: PairOptions
    neighbours: int


@dataclass(frozen=True, eq=False)
class Measured:
    """Pairs so far.

    Parameters
    ----------
    known : StackEdges
        All that were ever measured by these options, to go on from.
    edges : StackEdges
        Those of them that are wanted now.
    total : int
        Pairs that are wanted.
    alignment : StackAlignment or None
        Where the sections lie by these pairs; not looked for each time.
    """

    known: StackEdges
    edges: StackEdges
    total: int
    alignment: StackAlignment | None


def measure(
    request: AlignRequest, edits: AlignmentEdits, known: StackEdges | None
) -> Generator[Measured, None, Measured]:
    """Compare the pairs of a stack and place its sections, now and then and in the end.

    Raises
    ------
    InputError
        If the stack cannot be read, or the options do not suit it.
    """
    wanted = {
        frozenset(pair) for pair in pairs_to_compare(plane_axes_shape(request.stack), request.neighbours)
    }
    placed_at, took = time.monotonic(), 0.0
    steps = _steps(request, known)
    while True:
        try:
            known = next(steps)
        except StopIteration as end:
            edges = _only(end.value, wanted)
            return Measured(end.value, edges, len(wanted), edits.place(edges))
        edges = _only(known, wanted)
        alignment = None
        began = time.monotonic()
        if began - placed_at > max(_SELDOM_SECONDS, _SELDOM * took):
            alignment = edits.place(edges)
            placed_at = time.monotonic()
            took = placed_at - began
        yield Measured(known, edges, len(wanted), alignment)


def _only(edges: StackEdges, wanted: set[frozenset[int]]) -> StackEdges:
    """Leave out pairs that were measured for sections further apart."""
    return replace(edges, edges=tuple(edge for edge in edges.edges if frozenset(edge.pair) in wanted))


def _steps(request: AlignRequest, known: StackEdges | None) -> Generator[StackEdges, None, StackEdges]:
    options = request.options
    return measure_edges(
        request.stack,
        options.backbone,
        neighbours=request.neighbours,
        method=options.method,
        max_shift=options.max_shift,
        pair=None
        if options.model == "translation"
        else partial(
            align_pair,
            model=options.model,
            backbone=options.backbone,
            max_shift=options.max_shift,
            max_rotation=options.max_rotation,
            flips=options.flips,
        ),
        known=known,
    )


def no_edges(stack: Stack) -> StackEdges:
    """Return the edges of a stack of which nothing was measured."""
    shape = plane_axes_shape(stack)
    return StackEdges((), stack.n_planes, stack.plane_shape, shape[-1] if shape else 1)


def look_how_alike(stack: Stack, alignment: StackAlignment) -> Generator[Likeness, None, None]:
    """Compare neighbours before and after."""
    yield from neighbour_likeness(stack, alignment)


Standing = Literal["ok", "doubtful", "failed", "blank", "left out", "waiting"]


def standing(
    number: int, alignment: StackAlignment, edges: StackEdges | None, edits: AlignmentEdits
) -> Standing:
    """Say of a section in a word how it stands.

    Left out and blank sections are no failure of the alignment; those that wait have not been compared yet.
    """
    section = alignment[number]
    if number in edits.excluded:
        return "left out"
    if section.status != "failed":
        return section.status
    if edges is None and not edits.by_hand:
        # From a file that does not say more.
        return "blank" if section.reference is None else "failed"
    if edges is not None and number in edges.blank:
        return "blank"
    compared = (*edits.by_hand, *(() if edges is None else edges.edges))
    return "failed" if any(number in edge.pair for edge in compared) else "waiting"


def summary(standings: list[Standing], largest_shift: float) -> str:
    """Sum up in a line: ``"9 of 10 sections ok, 1 blank bridged; largest shift 23 px"``."""
    words: dict[Standing, str] = {
        "doubtful": "doubtful",
        "blank": "blank bridged",
        "left out": "left out",
        "failed": "not placed",
        "waiting": "not compared yet",
    }
    counts = {found: standings.count(found) for found in words}
    parts = [f"{standings.count('ok')} of {len(standings)} sections ok"]
    parts += [f"{count} {words[found]}" for found, count in counts.items() if count]
    return f"{', '.join(parts)}; largest shift {largest_shift:.0f} px"
