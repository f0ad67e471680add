"""The landmarks of all pairs of sections of a stack, each with its undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .alignment.landmark_pairs import LandmarkPairs, Point


@dataclass(frozen=True)
class Marks:
    """Landmarks of two sections, and perhaps half of the next one.

    Parameters
    ----------
    pairs : LandmarkPairs
    pending : Point, optional
        (y, x) in the fixed section; its place in the moving one is still to be marked.
    """

    pairs: LandmarkPairs
    pending: Point | None = None

    def marked(self, side: Literal["fixed", "moving"], point: Point) -> Marks:
        """Mark a place: in the fixed section it begins a pair, in the moving one it ends it.

        Another place in the fixed section takes the place of the one before; one in the moving section
        that ends nothing changes nothing.
        """
        if side == "fixed":
            return replace(self, pending=point)
        if self.pending is None:
            return self
        return Marks(self.pairs.with_pair(self.pending, point))


class LandmarkBook:
    """What was marked, and what was marked before that."""

    def __init__(self) -> None:
        self._states: dict[tuple[int, int], list[Marks]] = {}

    def now(self, fixed: int, moving: int) -> Marks:
        """Return the landmarks of two sections, whichever was fixed when they were marked."""
        states = self._states_of(fixed, moving)
        return states[-1] if states else Marks(LandmarkPairs(fixed, moving))

    def add(self, marks: Marks) -> None:
        """Go on to other landmarks of two sections; nothing happens if they are the same."""
        if marks != self.now(marks.pairs.fixed, marks.pairs.moving):
            self._states_of(marks.pairs.fixed, marks.pairs.moving).append(marks)

    def undo(self, fixed: int, moving: int) -> None:
        """Go back by one step, if there is one."""
        states = self._states_of(fixed, moving)
        if states:
            states.pop()

    def can_undo(self, fixed: int, moving: int) -> bool:
        """Whether there is a step to go back by."""
        return bool(self._states_of(fixed, moving))

    @property
    def all(self) -> tuple[LandmarkPairs, ...]:
        """The landmarks of all sections that have any, in the order of the sections."""
        last = [states[-1].pairs for _, states in sorted(self._states.items()) if states]
        return tuple(pairs for pairs in last if len(pairs))

    def take(self, landmarks: Iterable[LandmarkPairs]) -> None:
        """Put landmarks in the place of those of the same sections, as a step that can be undone."""
        for pairs in landmarks:
            self.add(Marks(pairs))

    def _states_of(self, fixed: int, moving: int) -> list[Marks]:
        turned = self._states.pop((moving, fixed), None)
        if turned is not None:
            # Half a pair was begun in what is the moving section now.
            self._states[fixed, moving] = [Marks(marks.pairs.turned_round()) for marks in turned]
        return self._states.setdefault((fixed, moving), [])
