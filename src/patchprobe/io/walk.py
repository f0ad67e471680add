"""Looking through folders, within bounds: any folder may be dropped, a home folder too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST_ENTRIES = 50_000


def entries_of(folder: Path) -> list[Path]:
    """List what is in a folder, in order of names; nothing if it is none or may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def files_below(folder: Path, depth: int) -> Iterator[Path]:
    """List the files of a folder and of those below it, in order of their names.

    Parameters
    ----------
    folder : Path
    depth : int
        How many folders deep, with the given one as the first. Hidden ones are left out, links to
        folders are not followed, and after 50 000 entries it ends.
    """
    seen = 0
    for place, folders, names in os.walk(folder):
        level = len(Path(place).relative_to(folder).parts) + 1
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if level < depth else []
        seen += len(names) + len(folders)
        if seen > _MOST_ENTRIES:
            return
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
