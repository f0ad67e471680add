"""The alignments of one stack, one after the other: what was measured, what was edited, undo and redo."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import cast

from ._measure_work import Options, Source, no_edges, place
from .alignment import StackAlignment
from .alignment.edited import EditedAlignment
from .alignment.edits import AlignmentEdits
from .alignment.models import Model
from .alignment.translation import Method
from .io import Stack


@dataclass(frozen=True, eq=False)
class AlignState:
    """An alignment and what it was made from.

    Parameters
    ----------
    words : str
        What was done to come here from the state before, such as ``"exclude section 4"``.
    source : StackEdges or StackAlignment, optional
        What was measured, or came from a file; None before.
    options : Options
        How it was measured.
    edits : AlignmentEdits
    alignment : StackAlignment, optional
        None before anything was aligned, and while that is worked out.
    """

    words: str = ""
    source: Source | None = None
    options: Options = field(default_factory=Options)
    edits: AlignmentEdits = field(default_factory=AlignmentEdits)
    alignment: StackAlignment | None = None

    @classmethod
    def loaded(cls, words: str, found: EditedAlignment) -> AlignState:
        """Go on from a file; where it holds no pairs, its edits have been made in what it holds."""
        alignment = found.alignment
        if found.edges is None:
            return cls(words, alignment, alignment=alignment)
        options = Options(
            model=cast(Model, alignment.model),
            backbone=alignment.backbone or None,
            method=cast(Method, alignment.method),
        )
        return cls(words, found.edges, options, found.edits, alignment)

    @property
    def is_unplaced(self) -> bool:
        """Whether there is something to place the sections by, and they are not placed yet."""
        return self.alignment is None and (self.source is not None or bool(self.edits.by_hand))


def place_state(state: AlignState, stack: Stack) -> Generator[None, None, tuple[AlignState, StackAlignment]]:
    """Work out where the sections of a state lie; what is given back is for `AlignHistory.settle`."""
    yield
    return state, place(state.source or no_edges(stack), state.edits, state.options)


class AlignHistory:
    """All states of the alignment of one stack; the first one is not aligned.

    States are values that share what did not change, so that none is ever thrown away.

    Parameters
    ----------
    stack : Stack

    Attributes
    ----------
    known : dict
        What was measured, by how it was: nothing is measured twice.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._states = [AlignState()]
        self._at = 0
        self.known: dict[Options, Source] = {}

    @property
    def now(self) -> AlignState:
        """The state that holds."""
        return self._states[self._at]

    @property
    def next_redo(self) -> str:
        """What `redo` would bring back, in words; empty where there is nothing."""
        return self._states[self._at + 1].words if self._at + 1 < len(self._states) else ""

    def add(self, state: AlignState) -> None:
        """Go on to a new state; what was undone before cannot be redone any more."""
        self._states = [*self._states[: self._at + 1], state]
        self._at += 1

    def settle(self, state: AlignState, alignment: StackAlignment) -> None:
        """Fill in where the sections of a state lie, once that is known."""
        placed = replace(state, alignment=alignment)
        self._states = [placed if held is state else held for held in self._states]

    def undo(self) -> None:
        """Go back by one state, if there is one before."""
        self._at = max(self._at - 1, 0)

    def redo(self) -> None:
        """Go on by one state, if there is one after."""
        self._at = min(self._at + 1, len(self._states) - 1)
