"""How far from the anchor sections are sure to lie where they do."""

from __future__ import annotations

from dataclasses import replace

from .edges import Edge, StackEdges
from .loops import HeldEdge, Joined, connected
from .placed_section import Alignment


def doubt_what_hangs_loosely(
    sections: dict[int, Alignment], anchor: int, held: tuple[HeldEdge, ...], edges: StackEdges
) -> dict[int, Alignment]:
    """Call sections doubtful that only unsure edges over a gap join to the anchor's side.

    Sections some way apart have changed, so that edges between them are wrong by a few pixels alike and
    confirm each other: over a gap only edges count that are ok by themselves and confirmed by others.

    Parameters
    ----------
    sections : dict of int to Alignment
        Those of one part.
    anchor : int
    held : tuple of HeldEdge
        The edges of the part.
    edges : StackEdges
        Of the stack.
    """
    near = next((part for part in firm_parts(held, edges) if anchor in part), {anchor})
    crossing = [one.edge for one in held if len(near.intersection(one.edge.pair)) == 1]
    if not crossing:
        return sections
    reason = _reason(crossing)
    return {
        number: found
        if number in near or found.status != "ok"
        else replace(found, status="doubtful", reason=reason)
        for number, found in sections.items()
    }


def firm_parts(held: tuple[HeldEdge, ...], edges: StackEdges) -> list[set[int]]:
    """Sort sections into parts that are joined by edges that can be relied on."""
    joined = Joined(one.edge for one in held)
    found = {number for one in held for number in one.edge.pair}
    return connected([one.edge for one in held if _is_firm(one, joined, found, edges)])


def _is_firm(one: HeldEdge, joined: Joined, found: set[int], edges: StackEdges) -> bool:
    if one.edge.by_hand or not _spans_a_gap(one.edge, found, edges):
        return one.edge.by_hand or one.sure
    return one.sure and one.edge.status == "ok" and not joined.is_bridge(one.edge)


def _spans_a_gap(edge: Edge, found: set[int], edges: StackEdges) -> bool:
    """Whether some section between the two of an edge is held by none."""
    low, high = sorted(edge.pair)
    return edges.skips(edge) and not found.issuperset(range(low, high))


def _reason(crossing: list[Edge]) -> str:
    best = max(crossing, key=lambda edge: edge.score)
    low, high = sorted(best.pair)
    pair = f"sections {low} and {high}"
    if len(crossing) == 1:
        return f"Only the pair of {pair} joins it to the anchor's side; nothing confirms that."
    return f"Only pairs that are not sure join it to the anchor's side, at best that of {pair}."
