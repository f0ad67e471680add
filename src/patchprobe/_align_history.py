"""The alignments of one stack, one after the other: what was measured, what was edited, undo and redo."""

from __future__ import annotations

from dataclasses import dataclass, field

from .alignment import StackAlignment, StackEdges
from .alignment.edits import AlignmentEdits
from .io import Stack


@dataclass(frozen=True, eq=False)
class AlignState:
    """An alignment and what it was made from.

    Parameters
    ----------
    words : str
        What was done to come here from the state before, such as ``"exclude section 4"``.
    edges : StackEdges, optional
        What was measured; None before, and for an alignment from a file.
    edits : AlignmentEdits
    alignment : StackAlignment, optional
        None before anything was aligned.
    """

    words: str = ""
    edges: StackEdges | None = None
    edits: AlignmentEdits = field(default_factory=AlignmentEdits)
    alignment: StackAlignment | None = None


class AlignHistory:
    """All states of the alignment of one stack; the first one is not aligned.

    States are values that share what did not change, so that none is ever thrown away.

    Parameters
    ----------
    stack : Stack

    Attributes
    ----------
    now : AlignState
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._states = [AlignState()]
        self._at = 0

    @property
    def now(self) -> AlignState:
        return self._states[self._at]

    @property
    def next_undo(self) -> str:
        """What `undo` would take back, in words; empty where there is nothing."""
        return self.now.words

    @property
    def next_redo(self) -> str:
        """What `redo` would bring back, in words; empty where there is nothing."""
        return self._states[self._at + 1].words if self._at + 1 < len(self._states) else ""

    def add(self, state: AlignState) -> None:
        """Go on to a new state; what was undone before cannot be redone any more."""
        self._states = [*self._states[: self._at + 1], state]
        self._at += 1

    def undo(self) -> None:
        """Go back by one state, if there is one before."""
        self._at = max(self._at - 1, 0)

    def redo(self) -> None:
        """Go on by one state, if there is one after."""
        self._at = min(self._at + 1, len(self._states) - 1)
