"""Sections placed by their edges: gated, solved part by part, and what no edge holds put in between."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from .edges import BLANK, StackEdges
from .graph import Frame, Pull, residuals, solve
from .loops import Gate, HeldEdge, connected, gate_edges
from .placed_section import Alignment
from .result import StackAlignment
from .rigid import between
from .sureness import doubt_what_hangs_loosely, firm_parts
from .transform import Transform


def place_sections(
    edges: StackEdges,
    *,
    anchor: int | None = None,
    smoothness: float = 0.0,
    drift: float = 0.0,
    exclude: Collection[int] = (),
) -> StackAlignment:
    """Place the sections of a stack by the edges between them.

    Takes a fraction of a second, so that it can be done again with an edge set by hand
    (`StackEdges.with_edge`) or a section left out.

    Parameters
    ----------
    edges : StackEdges
        What `measure_edges` found.
    anchor : int, optional
        The section that stays where it is; the middle one, or the next to it that others confirm, if not
        given.
    smoothness : float
        Pull of each section to between those before and after it, for stacks whose sections move little by
        little. 0 is none, 1 weighs as much as the edge to a neighbour.
    drift : float
        Pull of the mean of nine sections around each to where they were, in the same units. It takes away
        what adds up over many sections, and leaves the jitter of single ones to the edges.
    exclude : collection of int
        Sections that are not to be used; they are placed as failed ones are.

    Returns
    -------
    StackAlignment
        Every section is in it. Failed are those that are blank, left out or held by no edge: they lie between
        their neighbours. `notes` says of parts that no edge joins; each has its own middle section as its
        frame.

    Raises
    ------
    InputError
        If the anchor or a section to leave out is not in the stack, or a pull is negative.
    """
    check_placement(edges.n_planes, anchor, smoothness, drift, exclude)
    frame = Frame.of_plane(edges.plane_shape)
    usable = [edge for edge in edges.edges if not set(edge.pair) & set(exclude)]
    gate = gate_edges(usable, frame.points)
    parts = _parts(edges, gate, exclude, anchor)
    sections: dict[int, Alignment] = {}
    notes = []
    pull = Pull(smoothness, drift, edges.depth)
    for number, members in enumerate(parts):
        held = tuple(one for one in gate.held if one.edge.fixed in members)
        chosen = _anchor_of(members, firm_parts(held, edges), anchor)
        part = _Part(number, members, chosen, held)
        placed = part.place(frame, pull, gate)
        sections.update(doubt_what_hangs_loosely(placed, chosen, held, edges))
        if number == 0 and anchor is not None and chosen != anchor:
            notes.append(
                f"Section {anchor} was to be the anchor and is held by no other; section {chosen} is instead."
            )
    if len(parts) > 1:
        notes.append(_parts_in_words(parts))
    for number in range(edges.n_planes):
        if number not in sections:
            sections[number] = _placed_between(number, sections, edges, exclude, frame)
    ordered = tuple(sections[number] for number in range(edges.n_planes))
    return StackAlignment(
        ordered, edges.plane_shape, reference="neighbours", notes=tuple(notes), pixel=edges.pixel
    )


def check_placement(
    n_planes: int, anchor: int | None, smoothness: float, drift: float, exclude: Collection[int] = ()
) -> None:
    """Refuse what `place_sections` cannot use, before pairs are compared for it."""
    for number in (*exclude, *(() if anchor is None else (anchor,))):
        if not 0 <= number < n_planes:
            raise InputError(f"The stack has sections 0 to {n_planes - 1}; got {number}.")
    for name, value in (("smoothness", smoothness), ("drift", drift)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"The {name} is 0 for none, or more; got {value}.")


def _parts(edges: StackEdges, gate: Gate, exclude: Collection[int], anchor: int | None) -> list[set[int]]:
    """Sort the sections that can be placed into parts, the one of the anchor or else the largest first."""
    parts = connected([held.edge for held in gate.held])
    if not parts:
        alone = _only_section(edges, exclude)
        return [] if alone is None else [{alone}]
    wanted = [part for part in parts if anchor in part]
    first = wanted[0] if wanted else max(parts, key=len)
    return [first, *(part for part in parts if part is not first)]


def _only_section(edges: StackEdges, exclude: Collection[int]) -> int | None:
    """Return the section that is its own frame as there is no other with anything on it."""
    left = set(range(edges.n_planes)) - set(edges.blank) - set(exclude)
    return left.pop() if len(left) == 1 else None


def _anchor_of(members: set[int], firm: list[set[int]], wanted: int | None) -> int:
    """Return the wanted section if it is of this part, else the middle one or the next that is firm."""
    if wanted in members:
        return wanted
    middle = sorted(members)[len(members) // 2]
    largest = max(firm, key=len) if firm else {middle}
    return min(largest, key=lambda number: (abs(number - middle), number))


@dataclass(frozen=True)
class _Part:
    """Sections that edges join."""

    number: int
    members: set[int]
    anchor: int
    held: tuple[HeldEdge, ...]

    def place(self, frame: Frame, pull: Pull, gate: Gate) -> dict[int, Alignment]:
        """Solve for the part and say how sure each section is."""
        edges = [held.edge for held in self.held]
        scale = max(1.0, gate.spread)
        placed = solve(sorted(self.members), edges, self.anchor, frame, pull, scale)
        misfit = residuals(edges, placed, frame)
        return {
            number: self._verdict(number, placed[number], misfit, gate.tolerance)
            for number in sorted(self.members)
        }

    def _verdict(
        self, number: int, transform: Transform, misfit: dict[tuple[int, int], float], tolerance: float
    ) -> Alignment:
        own = [held for held in self.held if number in held.edge.pair]
        if not own:
            return Alignment(transform, residual=None, part=self.number)
        residual = math.sqrt(float(np.mean([misfit[held.edge.pair] ** 2 for held in own])))
        # Preferred is what is sure, then what is near, then what was there before.
        best = min(own, key=lambda h: (not h.sure, abs(h.edge.moving - h.edge.fixed), h.edge.fixed)).edge
        found = Alignment(transform, score=best.score, residual=residual, part=self.number)
        if number != self.anchor:
            found = replace(found, reference=best.fixed if best.moving == number else best.moving)
            step = best.transform if best.moving == number else best.transform.inverse()
            found = replace(found, step=step.shift)
        if not any(held.sure for held in own):
            reason = best.reason or "Its pairs contradict each other; the likeliest was taken."
            return replace(found, status="doubtful", reason=reason)
        if residual > tolerance:
            reason = f"Its pairs disagree by {residual:.1f} px about where it lies."
            return replace(found, status="doubtful", reason=reason)
        return found


def _placed_between(
    number: int,
    sections: dict[int, Alignment],
    edges: StackEdges,
    exclude: Collection[int],
    frame: Frame,
) -> Alignment:
    """Place a section that no edge holds by its neighbours of the same volume, or else by the nearest."""
    unused = {*edges.blank, *exclude}
    good = [other for other, found in sections.items() if found.status != "failed"]
    volume = number // edges.depth
    same = [other for other in good if other // edges.depth == volume]
    before = max((other for other in same if other < number), default=None)
    after = min((other for other in same if other > number), default=None)
    found = Alignment(Transform.identity(), "failed", score=0.0, distinctness=0.0)
    why = _why_not(number, edges, exclude)
    if before is not None and after is not None and sections[before].part == sections[after].part:
        share = (number - before) / (after - before)
        one, other = sections[before], sections[after]
        transform = between(one.transform.affine_part, other.transform.affine_part, share, frame.centre)
        where = f"It was put between sections {before} and {after}."
        found = replace(found, transform=transform, part=one.part)
    elif good:
        nearest = min(same or good, key=lambda other: abs(other - number))
        where = f"It was put where section {nearest} lies."
        found = replace(found, transform=sections[nearest].transform, part=sections[nearest].part)
    else:
        where = "It was left where it is."
    compared = [edge for edge in edges.edges if number in edge.pair and not set(edge.pair) & unused]
    if compared:
        best = max(compared, key=lambda edge: edge.score)
        found = replace(
            found, score=best.score, reference=best.fixed if best.moving == number else best.moving
        )
    return replace(found, reason=f"{why} {where}")


def _why_not(number: int, edges: StackEdges, exclude: Collection[int]) -> str:
    if number in exclude:
        return "The section was left out."
    if number in edges.blank:
        return BLANK
    return "No pair with this section holds."


def _parts_in_words(parts: list[set[int]]) -> str:
    named = "; ".join(_range_in_words(sorted(part)) for part in sorted(parts, key=min))
    return (
        f"No pair joins {len(parts)} parts of the stack: sections {named}. "
        "How they lie to each other is not known; each has its middle section as its frame."
    )


def _range_in_words(numbers: list[int]) -> str:
    """Write 0, 1, 2, 4 as ``0–2, 4``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
