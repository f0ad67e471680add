"""Networks that were converted for an engine, kept on disk between runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from ...errors import InputError
from ...io.replace_file import written_beside
from ...store import cache_folder

_MOST_BYTES = 8_000_000_000


class KeptNetworks:
    """Folders of converted networks by what they were converted from; the least recently used go first.

    Parameters
    ----------
    folder : Path, optional
        In the user's cache folder if not given.
    max_bytes : int
        Bound on all of them together.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int = _MOST_BYTES) -> None:
        self.folder = cache_folder() / "networks" if folder is None else folder
        self.max_bytes = max_bytes

    def place(self, made_from: tuple[object, ...]) -> Path:
        """Return the folder of the network that is made from these; it need not exist."""
        return self.folder / blake2b(repr(made_from).encode(), digest_size=16).hexdigest()

    def keep(self, place: Path, write: Callable[[Path], None]) -> None:
        """Let `write` fill a folder where that is possible: without, the next run converts again."""
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with written_beside(place) as beside:
                beside.mkdir()
                write(beside)
        except (OSError, RuntimeError, InputError):
            return
        self._trim()

    def contents(self) -> tuple[int, int]:
        """How many there are, and bytes of all."""
        entries = self._entries()
        return len(entries), sum(size for _, size, _ in entries)

    def clear(self) -> int:
        """Remove all; return how many bytes became free."""
        freed = self.contents()[1]
        shutil.rmtree(self.folder, ignore_errors=True)
        return freed

    def _trim(self) -> None:
        entries = self._entries()
        left = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries):
            if left <= self.max_bytes:
                break
            shutil.rmtree(entry, ignore_errors=True)
            left -= size

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Time of last use, bytes and folder of each."""
        if not self.folder.is_dir():
            return []
        found = []
        for entry in self.folder.iterdir():
            try:
                size = sum(file.stat().st_size for file in entry.iterdir())
                found.append((entry.stat().st_mtime, size, entry))
            except OSError:  # another process was quicker to remove it
                continue
        return found
