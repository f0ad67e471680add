"""What the person sees: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Result = Mapping[str, Any]
OnStep = Callable[[str, int, int], None]


class Terminal:
    """Prints for people, or one JSON object for machines.

    Parameters
    ----------
    as_json : bool
        One JSON object on standard output, nothing else there.
    quiet : bool
        No progress and no notes.
    """

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def say(self, line: str = "") -> None:
        """Print a line of the result, for people."""
        if not self.as_json:
            sys.stdout.write(f"{line}\n")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows in aligned columns, for people."""
        every = [tuple(head), *(tuple(row) for row in rows)]
        widths = [max(len(row[column]) for row in every) for column in range(len(head))]
        for row in every:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.say(("  " + "  ".join(cells)).rstrip())

    def note(self, line: str) -> None:
        """Say something beside the result."""
        if not self.quiet:
            sys.stderr.write(f"note: {line}\n")

    def fail(self, message: str, code: int) -> int:
        """Say in one line what is wrong; return the exit code."""
        sys.stderr.write(f"patchprobe: {message}\n")
        if self.as_json:
            sys.stdout.write(json.dumps({"error": message}) + "\n")
        return code

    def finish(self, result: Result) -> None:
        """Print the result for machines."""
        if self.as_json:
            sys.stdout.write(json.dumps(result, indent=2, allow_nan=False) + "\n")

    @contextmanager
    def steps(self) -> Iterator[OnStep]:
        """Show progress bars, one for each step that is told of, while the block runs."""
        if self.quiet or not sys.stderr.isatty():
            yield _ignore
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bars: dict[str, Any] = {}

            def tell(step: str, done: int, total: int) -> None:
                if step not in bars:
                    bars[step] = progress.add_task(step, total=total)
                progress.update(bars[step], completed=done, total=total)

            yield tell


def _ignore(step: str, done: int, total: int) -> None:
    """Show nothing where nobody watches."""
