"""Pixels that are read when they are needed: file arrays in the order of a Stack, as dask arrays."""

from __future__ import annotations

import lzma
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

# What the libraries that decode files raise on damaged ones. A defect of ours could raise the same, so the
# original error is always chained.
READ_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    RuntimeError,
    EOFError,
    SyntaxError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)

# Planes up to this size are one chunk: napari and the backbones take whole planes.
_WHOLE_PLANE_BYTES = 64 << 20
_TILE_EDGE = 2048
# Files compressed in blocks of many planes: keep the last blocks, or each plane would decode them again.
_SLAB_BYTES = 128 << 20
_CACHE_BYTES = 256 << 20

_Slices = tuple[slice, ...]


@contextmanager
def reading(path: Path, what: str = "") -> Iterator[None]:
    """Turn errors of the libraries that read files into a sentence about the file."""
    try:
        yield
    except InputError:
        raise
    except READ_ERRORS as error:
        part = f" ({what})" if what else ""
        reason = _reason(error)
        raise InputError(
            f"{path.name}{part} cannot be read: {reason[:200].rstrip('.')}. The file seems damaged, cut "
            f"short or not of the kind that its name says; copy or export it again. Path: {path}"
        ) from error


def _reason(error: BaseException) -> str:
    """Repeat what a library says, or say what it means where it says only a name."""
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"it needs {Path(error.filename).name}, which is not there"
    if isinstance(error, KeyError):
        return f"the entry {error} is missing"
    return str(error).strip() or type(error).__name__


class FileArray:
    """An array of a file, seen in the order of a Stack's axes, in native byte order.

    Parameters
    ----------
    array : array
        Sliceable, in the file's order of axes.
    order : tuple of int
        For each axis of the stack, the axis of `array`. Axes that are left out have length one.
    path : Path
        For messages.
    slab : tuple of int, optional
        Shape of the compressed blocks of `array`. Where they span several planes, decoded blocks are
        kept for the neighbouring planes.
    """

    def __init__(
        self, array: Any, order: tuple[int, ...], path: Path, slab: tuple[int, ...] | None = None
    ) -> None:
        self.shape = tuple(int(array.shape[i]) for i in order)
        self.dtype = plain_dtype(array.dtype)
        self.ndim = len(order)
        self._array = array
        self._order = order
        self._path = path
        self._slab = slab
        self._cache: OrderedDict[tuple[tuple[int, int], ...], npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, key: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        """Read a part; dask asks with whole numbers and slices of any step."""
        ranges = [
            range(*part.indices(size)) if isinstance(part, slice) else range(int(part), int(part) + 1)
            for part, size in zip(key, self.shape, strict=True)
        ]
        stored = [slice(0, 1)] * len(self._array.shape)
        for axis, wanted in zip(self._order, ranges, strict=True):
            stored[axis] = slice(min(wanted, default=0), max(wanted, default=-1) + 1)
        ordered = self._in_order(tuple(stored), ranges)
        steps = tuple(
            (slice(None, None, wanted.step) if isinstance(part, slice) else 0)
            for part, wanted in zip(key, ranges, strict=True)
        )
        return np.ascontiguousarray(ordered[steps], dtype=self.dtype)

    def _in_order(self, stored: _Slices, ranges: Sequence[range]) -> npt.NDArray[Any]:
        """Read slices of the file's axes and bring them into the stack's order."""
        what = "at " + ", ".join(str(r.start) if len(r) == 1 else f"{r.start}:{r.stop}" for r in ranges)
        with reading(self._path, what):
            block = self._read(stored)
        dropped = tuple(i for i in range(block.ndim) if i not in self._order)
        kept = [i for i in range(block.ndim) if i in self._order]
        return block.squeeze(dropped).transpose([kept.index(i) for i in self._order])

    def _read(self, key: _Slices) -> npt.NDArray[Any]:
        if self._slab is None:
            return np.asarray(self._array[key])
        bounds = tuple(
            _aligned(part, step, size)
            for part, step, size in zip(key, self._slab, self._array.shape, strict=True)
        )
        nbytes = int(np.prod([b - a for a, b in bounds])) * self._array.dtype.itemsize
        if nbytes > _SLAB_BYTES:
            return np.asarray(self._array[key])
        # Under the lock: threads that want planes of one block must not decode it all at once.
        with self._lock:
            block = self._cache.pop(bounds, None)
            if block is None:
                block = np.asarray(self._array[tuple(slice(a, b) for a, b in bounds)])
            self._cache[bounds] = block
            while sum(kept.nbytes for kept in self._cache.values()) > _CACHE_BYTES:
                self._cache.popitem(last=False)
        return block[tuple(slice(s.start - a, s.stop - a) for s, (a, _) in zip(key, bounds, strict=True))]


def _aligned(part: slice, step: int, size: int) -> tuple[int, int]:
    """Grow a range to whole blocks."""
    return part.start // step * step, min(-(-part.stop // step) * step, size)


def plain_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Dtype of the pixels that a stack gives: native byte order, bool as uint8."""
    native = np.dtype(dtype).newbyteorder("=")
    return np.dtype(np.uint8) if native.kind == "b" else native


def as_stack_data(
    array: Any, order: tuple[int, ...], axes: str, path: Path, chunks: tuple[int, ...] | None
) -> Any:
    """Bring an array of a file into the order of a Stack, without reading it.

    Parameters
    ----------
    array : array
        In the file's order of axes.
    order : tuple of int
        For each axis of the stack, the axis of `array`.
    axes : str
        Letters of the stack's axes.
    path : Path
        For messages.
    chunks : tuple of int, optional
        Shape of the pieces that the file stores, in the file's order.

    Returns
    -------
    ndarray, memmap or dask array
        NumPy arrays and memory maps in native byte order stay what they are; everything else becomes a
        dask array with one plane to a chunk (pieces of planes where those are very large).
    """
    if isinstance(array, np.ndarray) and array.dtype == plain_dtype(array.dtype):
        dropped = tuple(i for i in range(array.ndim) if i not in order)
        kept = [i for i in range(array.ndim) if i in order]
        return array.squeeze(dropped).transpose([kept.index(i) for i in order])
    spans_planes = chunks is not None and any(
        chunks[i] > 1 and array.shape[i] > 1 for i, letter in zip(order, axes, strict=True) if letter in "tz"
    )
    source = FileArray(array, order, path, chunks if spans_planes else None)
    own = None if chunks is None else tuple(chunks[i] for i in order)
    return dask_array(source, _chunks(source, axes, order, own))


def dask_array(source: Any, chunks: tuple[int, ...]) -> Any:
    """Wrap an array that reads (or computes) when sliced, as a dask array.

    It is inlined and not hashed, so that 20 000 planes take milliseconds.
    """
    import dask.array as da

    return da.from_array(  # type: ignore[no-untyped-call]
        source,
        chunks=chunks,
        name=False,
        asarray=False,
        fancy=False,
        inline_array=True,
        meta=np.empty((0,) * source.ndim, source.dtype),
    )


def _chunks(
    source: FileArray, axes: str, order: tuple[int, ...], own: tuple[int, ...] | None
) -> tuple[int, ...]:
    """One plane to a chunk, cut into tiles if it is very large."""
    shape = dict(zip(axes, source.shape, strict=True))
    stored_at = dict(zip(axes, order, strict=True))
    chunk = dict.fromkeys(axes, 1) | {"y": shape["y"], "x": shape["x"]}
    if "c" in axes and stored_at["c"] > min(stored_at["y"], stored_at["x"]):
        chunk["c"] = shape["c"]
    if np.prod(list(chunk.values())) * source.dtype.itemsize > _WHOLE_PLANE_BYTES:
        for letter in "yx":
            step = own[axes.index(letter)] if own else 1
            chunk[letter] = min(max(_TILE_EDGE // step, 1) * step, shape[letter])
    return tuple(chunk[letter] for letter in axes)
