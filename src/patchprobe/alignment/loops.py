"""Which edges hold: three sections that were compared in a ring must agree."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .edges import Edge
from .transform import FloatArray

# A ring closes if it does so to this many times the typical error of rings in the stack. It need not close
# better than neighbours are alike: sections change from one to the next by a pixel or two.
_SPREADS = 3.0
_LEAST_TOLERANCE_PX = 2.0
# Further off is open in any case. As a share of the longer side of the plane.
_LARGEST_TOLERANCE = 0.05
_NORMAL = 1.4826


@dataclass(frozen=True)
class HeldEdge:
    """An edge that sections are placed by.

    Parameters
    ----------
    edge : Edge
    sure : bool
        Whether a ring confirms it, or it is ok and there is no ring to test it by.
    """

    edge: Edge
    sure: bool


@dataclass(frozen=True)
class Gate:
    """Which edges hold, and how well rings close.

    Parameters
    ----------
    held : tuple of HeldEdge
    tolerance : float
        Pixels to within which a ring has to close.
    spread : float
        Typical error of a ring that closes, in pixels.
    """

    held: tuple[HeldEdge, ...]
    tolerance: float
    spread: float


def gate_edges(edges: Sequence[Edge], points: FloatArray) -> Gate:
    """Choose the edges that hold.

    An edge holds if some ring of three edges through it closes, or if no ring goes through it. Edges all
    of whose rings are open contradict others: of those, only the ones that call themselves ok are kept, the
    likeliest first, and only as far as nothing else joins their sections; they are not sure. An edge that
    was set by hand always holds.

    Parameters
    ----------
    edges : sequence of Edge
        Failed ones never hold.
    points : ndarray, shape (n, 2)
        Where the error of a ring is measured, (y, x) in pixels.
    """
    usable = [edge for edge in edges if edge.status != "failed"]
    errors = {ring: _ring_error(ring, points) for ring in _rings(usable)}
    tolerance = _tolerance(list(errors.values()), points)
    closed: set[Edge] = set()
    tested: set[Edge] = set()
    for ring, error in errors.items():
        tested.update(ring)
        if error <= tolerance:
            closed.update(ring)
    held = [
        HeldEdge(edge, edge in closed or edge.by_hand or edge.status == "ok")
        for edge in usable
        if edge in closed or edge.by_hand or edge not in tested
    ]
    contradicted = [
        edge for edge in usable if edge in tested - closed and not edge.by_hand and edge.status == "ok"
    ]
    held += _joining(contradicted, held)
    good = [error for error in errors.values() if error <= tolerance]
    return Gate(tuple(held), tolerance, float(np.median(good)) if good else 0.0)


def connected(edges: Sequence[Edge]) -> list[set[int]]:
    """Sort the sections that edges join into parts that none joins, the part of the first section first."""
    parts: list[set[int]] = []
    for edge in edges:
        touched = [part for part in parts if not part.isdisjoint(edge.pair)]
        parts = [part for part in parts if part.isdisjoint(edge.pair)]
        parts.append(set(edge.pair).union(*touched))
    return sorted(parts, key=min)


class Joined:
    """Which sections edges join.

    Parameters
    ----------
    edges : iterable of Edge
    """

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._beside: dict[int, set[int]] = defaultdict(set)
        for edge in edges:
            self.add(edge)

    def add(self, edge: Edge) -> None:
        """Join two more sections."""
        self._beside[edge.fixed].add(edge.moving)
        self._beside[edge.moving].add(edge.fixed)

    def is_bridge(self, edge: Edge) -> bool:
        """Whether nothing but this edge joins its two sections, so that no ring tells whether it is right."""
        seen, reached = {edge.fixed}, deque(self._beside[edge.fixed] - {edge.moving})
        while reached:
            number = reached.popleft()
            if number == edge.moving:
                return False
            if number not in seen:
                seen.add(number)
                reached.extend(self._beside[number] - seen)
        return True


def _joining(contradicted: list[Edge], held: list[HeldEdge]) -> list[HeldEdge]:
    """Take the likeliest of the contradicted edges as long as they join what nothing else does."""
    joining: list[HeldEdge] = []
    joined = Joined(one.edge for one in held)
    for edge in sorted(contradicted, key=lambda edge: -edge.score):
        if joined.is_bridge(edge):
            joined.add(edge)
            joining.append(HeldEdge(edge, False))
    return joining


def _rings(edges: Sequence[Edge]) -> Iterator[tuple[Edge, Edge, Edge]]:
    """Yield edges (i, j), (j, k) and (i, k) of three sections i < j < k."""
    of_pair = {(min(edge.pair), max(edge.pair)): edge for edge in edges}
    above: dict[int, list[int]] = {}
    for low, high in of_pair:
        above.setdefault(low, []).append(high)
    for (i, j), first in of_pair.items():
        for k in above.get(j, ()):
            if (i, k) in of_pair:
                yield first, of_pair[j, k], of_pair[i, k]


def _ring_error(ring: tuple[Edge, Edge, Edge], points: FloatArray) -> float:
    """Root mean square distance, in pixels, of the two ways from the first section to the last."""
    first, second, direct = (
        edge.transform if edge.fixed < edge.moving else edge.transform.inverse() for edge in ring
    )
    gap = second.points(first.points(points)) - direct.points(points)
    return float(np.sqrt((gap**2).sum(axis=1).mean()))


def _tolerance(errors: list[float], points: FloatArray) -> float:
    """Return the pixels to within which rings close: several times what is typical of those that do.

    Wrong edges open many rings, so that what is typical is found by leaving out, again and again, the rings
    that are open by what was found before.
    """
    # The points lie halfway from the middle of the plane to its rim.
    longer_side = 2 * float(np.ptp(points, axis=0).max())
    tolerance = max(_LARGEST_TOLERANCE * longer_side, _LEAST_TOLERANCE_PX)
    while True:
        closed = [error for error in errors if error <= tolerance]
        typical = float(np.median(closed)) if closed else 0.0
        narrower = max(_SPREADS * _NORMAL * typical, _LEAST_TOLERANCE_PX)
        if narrower >= tolerance:
            return tolerance
        tolerance = narrower
