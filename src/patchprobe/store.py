"""Features that took long to compute, kept on disk between runs."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from .errors import InputError
from .features_file import SUFFIX, read_grids, write_grids
from .grid import PatchGrid
from .io.replace_file import written_beside
from .plane import Plane

if TYPE_CHECKING:
    from .backbones import Backbone
    from .io import Stack

Grids = tuple[PatchGrid, ...]

_DEFAULT_GIGABYTES = 20
# Looking over the whole store takes a while, so it is done only when about this part of it is new.
_PART_BETWEEN_TRIMS = 20
_BESIDE, _OFF = "beside", "off"
_BESIDE_FOLDER = ".patchprobe"


@dataclass(frozen=True)
class StoreContents:
    """What a store holds.

    Parameters
    ----------
    folder : Path
    entries : int
        Blocks of features of planes.
    nbytes : int
    max_bytes : int
    """

    folder: Path
    entries: int
    nbytes: int
    max_bytes: int


class EmbeddingStore:
    """Feature grids by what they were computed from: pixels, backbone, weights and settings.

    One file for each plane and backbone, written beside and renamed, so that a run that is killed, a second
    process or a full disk leaves whole entries only. An entry that is damaged all the same is computed
    again. When the store is full, what was not used for longest goes.

    Parameters
    ----------
    folder : path-like
        Made when something is first written.
    max_bytes : int
        Bound on the files together, in bytes.
    """

    def __init__(
        self, folder: str | os.PathLike[str], max_bytes: int = _DEFAULT_GIGABYTES * 1_000_000_000
    ) -> None:
        self.folder = Path(folder)
        self.max_bytes = max_bytes
        # As if much were new: what other runs left is looked over at the first write.
        self._new_bytes = max_bytes

    def steps(self, backbone: Backbone, planes: Sequence[Plane]) -> Generator[Any, None, list[Grids]]:
        """Give ``backbone.steps`` of planes; what the store holds is read, the rest computed and kept."""
        keys = [self._key(backbone, plane) for plane in planes]
        found = [self._read(key) for key in keys]
        missing = [number for number, grids in enumerate(found) if grids is None]
        if missing:
            made = yield from backbone.steps([planes[number].values for number in missing])
            for number, grids in zip(missing, made, strict=True):
                self._write(keys[number], grids)
                found[number] = grids
        return [grids for grids in found if grids is not None]

    def kept(self, key: str, work: Generator[Any, None, Grids]) -> Generator[Any, None, Grids]:
        """Give the result of `work`, which is not begun if the store holds it under `key`."""
        found = self._read(key)
        if found is None:
            found = yield from work
            self._write(key, found)
        return found

    def contents(self) -> StoreContents:
        """Look over the store."""
        sizes = [size for _, size, _ in self._entries()]
        return StoreContents(self.folder, len(sizes), sum(sizes), self.max_bytes)

    def clear(self) -> int:
        """Remove everything; return how many bytes became free."""
        return sum(_remove(path, size) for path, size, _ in self._entries())

    @staticmethod
    def _key(backbone: Backbone, plane: Plane) -> str:
        return f"{backbone.identity} {plane.digest}"

    def _path(self, key: str) -> Path:
        name = blake2b(key.encode(), digest_size=16).hexdigest()
        return self.folder / name[:2] / (name + SUFFIX)

    def _read(self, key: str) -> Grids | None:
        """Grids of an entry, or None if there is none or it is damaged."""
        path = self._path(key)
        try:
            grids = read_grids(path)
        except (OSError, KeyError, TypeError, ValueError):
            return None
        with suppress(OSError):  # of another user
            os.utime(path)
        return grids

    def _write(self, key: str, grids: Grids) -> None:
        """Keep grids if that is possible: a store that cannot be written to only costs time."""
        nbytes = sum(grid.features.nbytes for grid in grids)
        if nbytes > self.max_bytes:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_beside(path) as beside:
                write_grids(beside, grids)
        except (OSError, InputError):
            return
        self._new_bytes += nbytes
        if self._new_bytes > self.max_bytes // _PART_BETWEEN_TRIMS:
            self._trim()
            self._new_bytes = 0

    def _trim(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        for path, size, _ in entries:
            if total <= self.max_bytes:
                break
            total -= _remove(path, size)

    def _entries(self) -> list[tuple[Path, int, float]]:
        """Path, bytes and time of last use of each entry."""
        found = []
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            try:
                state = path.stat()
            except FileNotFoundError:  # another process was quicker to remove it
                continue
            found.append((path, state.st_size, state.st_mtime))
        return found


def _remove(path: Path, size: int) -> int:
    """Remove a file; return the bytes that became free."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:  # Windows keeps what somebody reads
        return 0
    return size


def cache_folder() -> Path:
    """Return the folder for what patchprobe can compute again: ``PATCHPROBE_CACHE``, else the system's."""
    said = os.environ.get("PATCHPROBE_CACHE", "")
    return user_cache_path("patchprobe") if said in ("", _BESIDE, _OFF) else Path(said)


def default_store(stack: Stack | None = None) -> EmbeddingStore | None:
    """Return the store that features of pretrained networks are kept in, or None where none is wanted.

    ``PATCHPROBE_CACHE`` says where: a folder; ``beside`` for a hidden folder beside the file of the stack;
    ``off`` for nowhere. By default it is where this system keeps caches. ``PATCHPROBE_CACHE_GB`` bounds its
    size, 20 by default.

    Parameters
    ----------
    stack : Stack, optional
        What is embedded, for ``beside``.

    Raises
    ------
    InputError
        If ``PATCHPROBE_CACHE_GB`` is not a number.
    """
    said = os.environ.get("PATCHPROBE_CACHE", "")
    if said == _OFF:
        return None
    folder = cache_folder() / "features"
    if said == _BESIDE and stack is not None and stack.source and Path(stack.source).exists():
        source = Path(stack.source).resolve()
        folder = source.parent / _BESIDE_FOLDER
    size = os.environ.get("PATCHPROBE_CACHE_GB", str(_DEFAULT_GIGABYTES))
    try:
        gigabytes = float(size)
    except ValueError as error:
        raise InputError(f"PATCHPROBE_CACHE_GB is {size!r}; it must be a number of gigabytes.") from error
    return _store(folder, int(gigabytes * 1e9))


# One for each folder, since a store knows how much it has written since it was last looked over.
_store = cache(EmbeddingStore)
