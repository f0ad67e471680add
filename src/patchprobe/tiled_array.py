"""An array that is as large as a stack, and takes only the memory of what is in it."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Iterator
from itertools import product
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from .memory import share_of_memory

EDGE = 512
# Arrays up to this size are plain NumPy: what is not written to takes no memory there either.
LARGEST_PLAIN = 512 << 20
_SHARE = 16

_Tile = tuple[int, int, int]
_Ranges = list[range]


def new_layer_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:
    """Make an array of zeros for a layer over a stack: NumPy, or tiled where that would be too large."""
    nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    return np.zeros(shape, dtype) if nbytes <= LARGEST_PLAIN else TiledArray(shape, dtype)


class TiledArray:
    """Zeros to begin with; written to and read by slices or by lists of indices, as NumPy arrays are.

    Only tiles of 512 × 512 px that were written to are held. Where they take more than a share of the
    memory, those used least lately go to a Zarr store in a temporary folder, which goes with the array.
    All methods may be called from any thread.

    Parameters
    ----------
    shape : tuple of int
        Planes first, then y and x.
    dtype : numpy dtype
    max_bytes : int, optional
        How much is held in memory; a sixteenth of the machine's if not given.
    """

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike, max_bytes: int | None = None) -> None:
        self.shape = tuple(int(n) for n in shape)
        self.dtype = np.dtype(dtype)
        self.max_bytes = share_of_memory(_SHARE) if max_bytes is None else max_bytes
        self._held: OrderedDict[_Tile, npt.NDArray[Any]] = OrderedDict()
        self._spilled: set[_Tile] = set()
        self._spill: zarr.Array[Any] | None = None
        self._revisions: dict[int, int] = {}
        self._lock = RLock()
        self._nbytes = 0

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def held_bytes(self) -> int:
        """Memory that the tiles take now."""
        return self._nbytes

    @property
    def planes(self) -> list[int]:
        """Numbers of the planes that were ever written to, ascending."""
        return sorted(self._revisions)

    def revision(self, plane: int) -> int:
        """Return a number that grows with every change of a plane; 0 for one that was never written to."""
        return self._revisions.get(plane, 0)

    def plane_extremes(self, plane: int) -> tuple[Any, Any]:
        """Return the lowest and the highest entry of a plane, found without reading what is empty."""
        with self._lock:
            tiles = [tile for key in self._tiles_of(plane) if (tile := self._get(key)) is not None]
        # 0 counts in any case: it means that nothing was written.
        low = min((tile.min().item() for tile in tiles), default=0)
        high = max((tile.max().item() for tile in tiles), default=0)
        return min(low, 0), max(high, 0)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Give all of it as a NumPy array, which takes the memory of its whole shape."""
        whole = self[...]
        return whole if dtype is None else whole.astype(dtype)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Read a part, as a new NumPy array."""
        with self._lock:
            if _is_fancy(key):
                return self._read_points(key)
            ranges, dropped = _ranges(key, self.shape)
            # Not touched where there is nothing, so that a large empty plane costs no memory.
            out = np.zeros([len(r) for r in ranges], self.dtype)
            for tile, inside, outside in self._overlaps(ranges):
                values = self._get(tile)
                if values is not None:
                    out[outside] = values[inside]
            self._spill_over()
            return out[tuple(0 if gone else slice(None) for gone in dropped)]

    def __setitem__(self, key: Any, value: npt.ArrayLike) -> None:
        """Write a part; the value is broadcast to it."""
        with self._lock:
            if _is_fancy(key):
                self._write_points(key, value)
            else:
                ranges, dropped = _ranges(key, self.shape)
                shape = [len(r) for r, gone in zip(ranges, dropped, strict=True) if not gone]
                full = np.broadcast_to(np.asarray(value), shape).reshape([len(r) for r in ranges])
                for tile, inside, outside in self._overlaps(ranges):
                    part = full[outside]
                    if self._get(tile) is not None or part.any():
                        changed = self._copy(tile)
                        changed[inside] = part
                        self._put(tile, changed)
            self._spill_over()

    # --- tiles ---

    def _get(self, key: _Tile) -> npt.NDArray[Any] | None:
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
        elif key in self._spilled:
            assert self._spill is not None
            held = np.asarray(self._spill[key[0], *self._bounds(key)])
            self._hold(key, held)
        return held

    def _copy(self, key: _Tile) -> npt.NDArray[Any]:
        held = self._get(key)
        if held is not None:
            return held.copy()
        return np.zeros([part.stop - part.start for part in self._bounds(key)], self.dtype)

    def _put(self, key: _Tile, values: npt.NDArray[Any]) -> None:
        self._spilled.discard(key)
        before = self._held.pop(key, None)
        self._nbytes -= 0 if before is None else before.nbytes
        # What was erased takes no memory any more.
        if values.any():
            self._hold(key, values)
        self._revisions[key[0]] = self._revisions.get(key[0], 0) + 1

    def _hold(self, key: _Tile, values: npt.NDArray[Any]) -> None:
        self._held[key] = values
        self._nbytes += values.nbytes

    def _spill_over(self) -> None:
        """Bring the tiles that were used least lately to the disk, down to the bound."""
        while self._nbytes > self.max_bytes and len(self._held) > 1:
            key, tile = self._held.popitem(last=False)
            self._nbytes -= tile.nbytes
            if key not in self._spilled:
                self._store()[key[0], *self._bounds(key)] = tile
                self._spilled.add(key)

    def _store(self) -> Any:
        if self._spill is None:
            folder = TemporaryDirectory(prefix="patchprobe-")
            weakref.finalize(self, folder.cleanup)
            height, width = self.shape[-2:]
            planes = int(np.prod(self.shape[:-2], dtype=np.int64))
            self._spill = zarr.create_array(
                folder.name,
                name="tiles",
                shape=(planes, height, width),
                chunks=(1, min(EDGE, height), min(EDGE, width)),
                dtype=self.dtype,
            )
        return self._spill

    def _bounds(self, key: _Tile) -> tuple[slice, slice]:
        _, row, col = key
        height, width = self.shape[-2:]
        return (
            slice(row * EDGE, min((row + 1) * EDGE, height)),
            slice(col * EDGE, min((col + 1) * EDGE, width)),
        )

    def _tiles_of(self, plane: int) -> list[_Tile]:
        return [key for key in {*self._held, *self._spilled} if key[0] == plane]

    # --- parts ---

    def _overlaps(self, ranges: _Ranges) -> Iterator[tuple[_Tile, Any, Any]]:
        """List the tiles that a part touches, with where in the tile and where in the part."""
        *leading, rows, cols = ranges
        lead = self.shape[:-2]
        along = [list(_cuts(part)) for part in (rows, cols)]
        for at in product(*(enumerate(part) for part in leading)):
            plane = int(np.ravel_multi_index([i for _, i in at], lead)) if lead else 0
            position = tuple(i for i, _ in at)
            for (row, in_rows, out_rows), (col, in_cols, out_cols) in product(*along):
                yield (plane, row, col), (in_rows, in_cols), (*position, out_rows, out_cols)

    def _points(self, key: Any) -> Iterator[tuple[_Tile, npt.NDArray[np.intp], Any]]:
        """Sort points by the tile that they are in: tile, which of the points, and where in the tile."""
        *leading, rows, cols = np.broadcast_arrays(*(np.asarray(part) for part in key))
        lead = self.shape[:-2]
        planes = np.ravel_multi_index(tuple(leading), lead) if lead else np.zeros_like(rows)
        tiles = np.stack([planes, rows // EDGE, cols // EDGE], axis=-1).reshape(-1, 3)
        keys, group = np.unique(tiles, axis=0, return_inverse=True)
        for number, tile in enumerate(keys):
            chosen = np.flatnonzero(group.ravel() == number)
            inside = (rows.ravel()[chosen] % EDGE, cols.ravel()[chosen] % EDGE)
            yield (int(tile[0]), int(tile[1]), int(tile[2])), chosen, inside

    def _read_points(self, key: Any) -> npt.NDArray[Any]:
        out = np.zeros(np.broadcast_shapes(*(np.shape(part) for part in key)), self.dtype)
        for tile, chosen, inside in self._points(key):
            values = self._get(tile)
            if values is not None:
                out.reshape(-1)[chosen] = values[inside]
        return out

    def _write_points(self, key: Any, value: npt.ArrayLike) -> None:
        full = np.broadcast_to(np.asarray(value), np.broadcast_shapes(*(np.shape(part) for part in key)))
        for tile, chosen, inside in self._points(key):
            changed = self._copy(tile)
            changed[inside] = full.ravel()[chosen]
            self._put(tile, changed)


def _is_fancy(key: Any) -> bool:
    lists = (np.ndarray, list)
    return isinstance(key, tuple) and any(isinstance(part, lists) and np.ndim(part) > 0 for part in key)


def _ranges(key: Any, shape: tuple[int, ...]) -> tuple[_Ranges, list[bool]]:
    """For each axis the indices that are wanted, and whether the axis is dropped."""
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(part is Ellipsis for part in parts):
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    parts += [slice(None)] * (len(shape) - len(parts))
    ranges, dropped = [], []
    for part, size in zip(parts, shape, strict=True):
        is_one = not isinstance(part, slice)
        if is_one:
            index = int(part)
            if not -size <= index < size:
                raise IndexError(f"index {index} is out of bounds for an axis of length {size}")
            part = slice(index % size, index % size + 1)
        ranges.append(range(*part.indices(size)))
        dropped.append(is_one)
    return ranges, dropped


def _cuts(wanted: range) -> Iterator[tuple[int, Any, Any]]:
    """Cut the indices along one axis at the borders of tiles: tile, indices in it, places in the part."""
    if wanted.step == 1:
        for tile in range(wanted.start // EDGE, -(-wanted.stop // EDGE) if len(wanted) else 0):
            start, stop = max(wanted.start, tile * EDGE), min(wanted.stop, (tile + 1) * EDGE)
            yield (
                tile,
                slice(start - tile * EDGE, stop - tile * EDGE),
                slice(start - wanted.start, stop - wanted.start),
            )
        return
    indices = np.asarray(wanted)
    for tile in np.unique(indices // EDGE):
        # In steps, which may be negative: still evenly spaced inside the tile.
        places = np.flatnonzero(indices // EDGE == tile)
        inside = indices[places] - tile * EDGE
        stop = int(inside[-1]) + (1 if wanted.step > 0 else -1)
        yield (
            int(tile),
            slice(int(inside[0]), None if stop < 0 else stop, wanted.step),
            slice(int(places[0]), int(places[-1]) + 1),
        )
