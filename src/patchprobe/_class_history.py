"""Undo of changes to the list of classes, in one row with the strokes between them.

A labels layer undoes strokes by itself, but knows nothing of classes. So one timeline holds both: a mark for
each stroke, whose pixels the layer keeps, and a step for each change of the classes, which brings its own
pixels. What is undone is always the latest of the two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._state import ProbeClass

# As many as a labels layer of napari keeps: a mark must not outlive its stroke.
_LONGEST = 100

Classes = tuple[ProbeClass, ...]


@dataclass(frozen=True, eq=False)
class Repaint:
    """Strokes of one class on one plane that became another class, or none.

    Parameters
    ----------
    layer : labels layer
        Only its ``data`` is used here.
    index : tuple of ndarray of int
        Where, along each axis of the data.
    before, after : int
        Label that was there, and that is there now; 0 is none.
    """

    layer: Any
    index: tuple[npt.NDArray[np.intp], ...]
    before: int
    after: int

    def apply(self) -> None:
        """Write the new label."""
        self._write(self.before, self.after)

    def revert(self) -> None:
        """Write the old label, except where something else was painted since."""
        self._write(self.after, self.before)

    def _write(self, old: int, new: int) -> None:
        held = np.asarray(self.layer.data[self.index])
        self.layer.data[self.index] = np.where(held == old, new, held).astype(held.dtype)


@dataclass(frozen=True, eq=False)
class ClassStep:
    """One change of the list of classes, with the strokes that it changed.

    Parameters
    ----------
    words : str
        What was done, such as ``"remove membrane"``.
    before, after : tuple of ProbeClass
    repaints : tuple of Repaint
    """

    words: str
    before: Classes
    after: Classes
    repaints: tuple[Repaint, ...] = ()

    def undone(self, classes: Classes) -> Classes:
        """Return a list of classes without this change; other changes in it stay."""
        return _carried(classes, self.after, self.before)

    def redone(self, classes: Classes) -> Classes:
        """Return a list of classes with this change made again."""
        return _carried(classes, self.before, self.after)


@dataclass(frozen=True)
class Stroke:
    """A mark of one stroke.

    Parameters
    ----------
    owner : hashable
        What keeps its pixels: the layer, or its identity.
    """

    owner: Hashable


Entry = ClassStep | Stroke


class Timeline:
    """What was done, in order, and what was undone of it.

    Strokes of other layers than the one at hand are passed over: they are undone when their layer is at
    hand again. Class changes concern all layers.
    """

    def __init__(self) -> None:
        self._done: deque[Entry] = deque(maxlen=_LONGEST)
        self._undone: deque[Entry] = deque(maxlen=_LONGEST)

    def add(self, entry: Entry) -> None:
        """Note what was done; what was undone before cannot be redone any more."""
        self._done.append(entry)
        self._undone.clear()

    def undo(self, owner: Hashable) -> Entry | None:
        """Take back the latest entry that concerns `owner` and return it; None where there is none."""
        return _shift(self._done, self._undone, owner)

    def redo(self, owner: Hashable) -> Entry | None:
        """Return the entry that was undone last; None where there is none."""
        return _shift(self._undone, self._done, owner)

    def next_undo(self, owner: Hashable) -> Entry | None:
        """Return what `undo` would take back."""
        return _latest(self._done, owner)

    def next_redo(self, owner: Hashable) -> Entry | None:
        """Return what `redo` would bring back."""
        return _latest(self._undone, owner)


def _latest(entries: deque[Entry], owner: Hashable) -> Entry | None:
    concerned = (e for e in reversed(entries) if isinstance(e, ClassStep) or e.owner == owner)
    return next(concerned, None)


def _shift(source: deque[Entry], target: deque[Entry], owner: Hashable) -> Entry | None:
    entry = _latest(source, owner)
    if entry is None:
        return None
    # From the end: marks of strokes on one layer are equal.
    source.reverse()
    source.remove(entry)
    source.reverse()
    target.append(entry)
    return entry


def _carried(classes: Classes, source: Classes, target: Classes) -> Classes:
    """Make the change that leads from `source` to `target` in a list that may have changed otherwise too."""
    if classes == source:
        return target
    old = {known.number: known for known in source}
    new = {known.number: known for known in target}
    stay = [known for known in classes if known.number not in old or known.number in new]
    changed = [
        new[known.number] if new.get(known.number) not in (None, old.get(known.number)) else known
        for known in stay
    ]
    numbers = {known.number for known in changed}
    back = [known for known in target if known.number not in old and known.number not in numbers]
    return (*changed, *back) or classes
