"""Two sections that are looked at, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from ._measure_work import Source
from .alignment import Edge, StackAlignment, StackEdges, Transform
from .alignment.edges import plane_axes_shape, predecessor
from .alignment.edits import AlignmentEdits
from .io import Stack


@dataclass(frozen=True, eq=False)
class SectionPair:
    """Two sections of a stack and how they lie to each other now.

    Parameters
    ----------
    stack : Stack
    fixed, moving : int
        Numbers of the planes; `moving` is the one that is looked at.
    transform : Transform
        From a position of `fixed` to that of the same content in `moving`, as the two are placed now; the
        identity as long as nothing is placed.
    alignment : StackAlignment, optional
        Of the whole stack, as it is now.
    edge : Edge, optional
        What was measured of the two, or set by hand.
    """

    stack: Stack
    fixed: int
    moving: int
    transform: Transform
    alignment: StackAlignment | None = None
    edge: Edge | None = None


def pair_of(
    stack: Stack,
    section: int,
    alignment: StackAlignment | None,
    source: Source | None,
    edits: AlignmentEdits,
) -> SectionPair | None:
    """Return a section and the one that it is best looked at with; None in a stack of one section.

    That is the section that it was placed by, else the one before it, else the one after it.
    """
    if stack.n_planes < 2:
        return None
    other = None if alignment is None else alignment[section].reference
    if other is None:
        before = predecessor(section, plane_axes_shape(stack))
        other = section + 1 if before is None else before
    transform = Transform.identity()
    if alignment is not None:
        to_frame = alignment[other].transform.affine_part.inverse()
        transform = to_frame.followed_by(alignment[section].transform.affine_part)
    measured = source.between(other, section) if isinstance(source, StackEdges) else None
    edge = edits.edge_of((other, section)) or measured
    return SectionPair(stack, other, section, transform, alignment, edge)
