"""What someone changed in the alignment of a stack, as a value beside the pairs that were measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InputError
from .edges import Edge, StackEdges
from .placement import place_sections
from .result import StackAlignment
from .transform import Transform


def edges_about(alignment: StackAlignment, centre: int) -> StackEdges:
    """Return one edge from a section to each other one, as an alignment places them."""
    back = alignment[centre].transform.affine_part.inverse()
    edges = tuple(
        Edge(
            centre,
            number,
            back.followed_by(section.transform.affine_part),
            section.status,
            section.reason,
            section.score,
        )
        for number, section in enumerate(alignment.sections)
        if number != centre
    )
    return StackEdges(edges, len(alignment), alignment.plane_shape, len(alignment))


@dataclass(frozen=True)
class AlignmentEdits:
    """Sections left out, pairs set by hand, and how sections are to be placed.

    Measured pairs stay as they are: with other edits they are placed again in a fraction of a second, and
    without any they give what was measured.

    Parameters
    ----------
    excluded : tuple of int
        Sections that are not used; they are placed between their neighbours.
    by_hand : tuple of Edge
        Pairs that hold whatever was measured, at most one for two sections.
    anchor : int, optional
        The section that stays where it is; the middle one if not given.
    smoothness, drift : float
        As in `place_sections`.
    """

    excluded: tuple[int, ...] = ()
    by_hand: tuple[Edge, ...] = ()
    anchor: int | None = None
    smoothness: float = 0.0
    drift: float = 0.0

    def exclude(self, sections: Iterable[int]) -> AlignmentEdits:
        """Leave sections out."""
        return replace(self, excluded=tuple(sorted({*self.excluded, *sections})))

    def include(self, sections: Iterable[int]) -> AlignmentEdits:
        """Use sections again."""
        return replace(self, excluded=tuple(sorted({*self.excluded} - {*sections})))

    def with_edge(self, edge: Edge) -> AlignmentEdits:
        """Set a pair by hand, in the place of what was set before for the same two sections."""
        kept = self.without_edge(edge.pair).by_hand
        return replace(self, by_hand=(*kept, replace(edge, by_hand=True)))

    def without_edge(self, pair: tuple[int, int]) -> AlignmentEdits:
        """Go back to what was measured of a pair, in either order."""
        kept = tuple(edge for edge in self.by_hand if frozenset(edge.pair) != frozenset(pair))
        return replace(self, by_hand=kept)

    def edge_of(self, pair: tuple[int, int]) -> Edge | None:
        """Return what was set by hand for two sections, in either order."""
        return next((edge for edge in self.by_hand if frozenset(edge.pair) == frozenset(pair)), None)

    def place(self, edges: StackEdges) -> StackAlignment:
        """Place the sections by what was measured and by these edits.

        Raises
        ------
        InputError
            If the edits name a section that the stack does not have.
        """
        for edge in self.by_hand:
            edges = edges.with_edge(edge)
        return place_sections(
            edges,
            anchor=self.anchor,
            smoothness=self.smoothness,
            drift=self.drift,
            exclude=self.excluded,
        )

    def adjust(self, alignment: StackAlignment) -> StackAlignment:
        """Make these edits in an alignment that no pairs are known of: from a file, or one by one.

        Sections that are not edited stay where they are.

        Raises
        ------
        InputError
            If the edits name a section that the stack does not have, or sections bend.
        """
        if self == AlignmentEdits():
            return alignment
        if not all(isinstance(transform, Transform) for transform in alignment.transforms):
            raise InputError(
                "Sections of this alignment bend, and edits would take that away. Align again to edit."
            )
        centre = self._centre_of(alignment)
        edges = edges_about(alignment, centre)
        placed = replace(self, anchor=centre).place(edges)
        to_centre = Transform.identity()
        if self.anchor is None:
            to_centre = alignment[centre].transform.affine_part
        elif self.anchor != centre:
            to_centre = placed[self.anchor].transform.affine_part.inverse()
        mended = self._mended(alignment)
        sections = []
        for number, (old, new) in enumerate(zip(alignment.sections, placed.sections, strict=True)):
            kept = new if number in self.excluded else old
            if number in mended and new.status != "failed":
                # Someone said where it lies; that no other pair knows of it is no doubt.
                kept = replace(new, status="ok", reason="")
            sections.append(replace(kept, transform=to_centre.followed_by(new.transform.affine_part)))
        return replace(alignment, sections=tuple(sections), notes=placed.notes)

    def _mended(self, alignment: StackAlignment) -> set[int]:
        """Return the sections that pairs by hand put in their place."""
        failed = {number for number, status in enumerate(alignment.statuses) if status == "failed"}
        placed = {edge.moving for edge in self.by_hand}
        return placed | {edge.fixed for edge in self.by_hand if edge.fixed in failed}

    def _centre_of(self, alignment: StackAlignment) -> int:
        """Return a section that others can be placed by: the anchor, or the first that is good."""
        good = [
            number
            for number, section in enumerate(alignment.sections)
            if section.status != "failed" and number not in self.excluded
        ]
        if not good:
            return 0 if self.anchor is None else self.anchor
        return self.anchor if self.anchor in good else good[0]

    def as_json(self) -> dict[str, Any]:
        """Describe them by numbers, lists and dictionaries."""
        return {
            "excluded": list(self.excluded),
            "by_hand": [edge.as_json() for edge in self.by_hand],
            "anchor": self.anchor,
            "smoothness": self.smoothness,
            "drift": self.drift,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> AlignmentEdits:
        """Make them from what `as_json` gave."""
        anchor = content["anchor"]
        return cls(
            tuple(int(number) for number in content["excluded"]),
            tuple(Edge.from_json(edge) for edge in content["by_hand"]),
            None if anchor is None else int(anchor),
            float(content["smoothness"]),
            float(content["drift"]),
        )
