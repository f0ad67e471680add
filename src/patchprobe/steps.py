"""Long work as generators: what they yield, and how they are run to their end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TileDone:
    """A part of the work is done; whoever runs it may stop here.

    Parameters
    ----------
    done, total : int
        Parts that are done, and parts in all.
    note : str
        Something that the user should know; empty as a rule.
    """

    done: int
    total: int
    note: str = ""


def finish(work: Generator[Step, None, Result], on_step: Callable[[Step], None] | None = None) -> Result:
    """Run work to its end and return its result; `on_step` is called with each of its steps."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        if on_step is not None:
            on_step(step)
