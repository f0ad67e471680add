"""Features that took long to compute, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from .errors import InputError
from .grid import PatchGrid
from .io.replace_file import written_beside

if TYPE_CHECKING:
    from .backbones import Backbone

_SUFFIX = ".safetensors"
_DEFAULT_GIGABYTES = 20
# Looking over the whole store takes a while, so it is not done after every plane.
_WRITES_BETWEEN_TRIMS = 64


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
        self._writes = 0

    def grids(self, backbone: Backbone, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Return `backbone.grids(plane)`, from the store where it holds them.

        Parameters
        ----------
        backbone : Backbone
        plane : ndarray of float32, shape (H, W) or (H, W, C)
            Normalised.
        """
        path = self._path(backbone, plane)
        found = _read(path)
        if found is None:
            found = backbone.grids(plane)
            self._write(path, found)
        return found

    def contents(self) -> StoreContents:
        """Look over the store."""
        sizes = [size for _, size, _ in self._entries()]
        return StoreContents(self.folder, len(sizes), sum(sizes), self.max_bytes)

    def clear(self) -> int:
        """Remove everything; return how many bytes became free."""
        freed = 0
        for path, size, _ in self._entries():
            path.unlink(missing_ok=True)
            freed += size
        return freed

    def _path(self, backbone: Backbone, plane: npt.NDArray[np.float32]) -> Path:
        made_from = json.dumps([backbone.spec.name, backbone.spec.version, plane.shape])
        digest = hashlib.blake2b(made_from.encode(), digest_size=16)
        digest.update(np.ascontiguousarray(plane).data)
        name = digest.hexdigest()
        return self.folder / name[:2] / (name + _SUFFIX)

    def _write(self, path: Path, grids: tuple[PatchGrid, ...]) -> None:
        """Keep grids if that is possible: a store that cannot be written to only costs time."""
        tensors = {str(i): np.ascontiguousarray(grid.array, np.float16) for i, grid in enumerate(grids)}
        described = [[grid.stride, grid.origin, grid.image_shape, grid.name] for grid in grids]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_beside(path) as beside:
                save_file(tensors, beside, metadata={"grids": json.dumps(described)})
        except (OSError, SafetensorError, InputError):
            return
        if self._writes % _WRITES_BETWEEN_TRIMS == 0:
            self._trim()
        self._writes += 1

    def _trim(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        for path, size, _ in entries:
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _entries(self) -> list[tuple[Path, int, float]]:
        """Path, bytes and time of last use of each entry."""
        found = []
        for path in self.folder.glob(f"*/*{_SUFFIX}"):
            try:
                state = path.stat()
            except FileNotFoundError:  # another process was quicker to remove it
                continue
            found.append((path, state.st_size, state.st_mtime))
        return found


def _read(path: Path) -> tuple[PatchGrid, ...] | None:
    """Grids of an entry, or None if there is none or it is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            described = json.loads(file.metadata()["grids"])
            grids = tuple(
                PatchGrid(file.get_tensor(str(i)), stride, tuple(origin), tuple(image_shape), name)
                for i, (stride, origin, image_shape, name) in enumerate(described)
            )
        os.utime(path)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    return grids


@cache
def default_store() -> EmbeddingStore:
    """Return the user's store: in the folder ``PATCHPROBE_CACHE``, else where this system keeps caches.

    ``PATCHPROBE_CACHE_GB`` bounds its size, 20 by default.

    Raises
    ------
    InputError
        If ``PATCHPROBE_CACHE_GB`` is not a number.
    """
    said = os.environ.get("PATCHPROBE_CACHE_GB", str(_DEFAULT_GIGABYTES))
    try:
        gigabytes = float(said)
    except ValueError as error:
        raise InputError(f"PATCHPROBE_CACHE_GB is {said!r}; it must be a number of gigabytes.") from error
    folder = os.environ.get("PATCHPROBE_CACHE") or user_cache_path("patchprobe") / "features"
    return EmbeddingStore(folder, int(gigabytes * 1e9))
