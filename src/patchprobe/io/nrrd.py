"""NRRD: volumes with their voxel size, read with pynrrd."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .file_image import FileImage, ReadOptions, Size
from .units import canonical

# Spaces of the head are in mm, as their readers take it.
_HEAD_SPACES = ("left-posterior-superior", "right-anterior-superior", "left-anterior-superior")
# Every spelling of a type that the format allows.
_TYPES: dict[str, str] = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}


class Voxels:
    """The voxels of a file, fastest axis first, unpacked when the first of them is asked for."""

    def __init__(self, path: Path, header: Mapping[str, Any], dtype: npt.DTypeLike) -> None:
        self.shape = tuple(int(n) for n in header["sizes"])
        self.dtype = np.dtype(dtype)
        self.ndim = len(self.shape)
        self._path = path
        self._kept: npt.NDArray[Any] | None = None
        self._lock = threading.Lock()

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        # Packed files have to be unpacked from their start for each plane: do it once.
        with self._lock:
            if self._kept is None:
                self._kept = _unpacked(self._path)
        return self._kept[key]


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe a volume; its planes are those of the slowest axis unless axes are named."""
    nrrd = import_nrrd()
    with path.open("rb") as file:
        try:
            header = nrrd.read_header(file)
        except nrrd.NRRDError as error:
            raise InputError(
                f"{path.name} is not a NRRD file that can be read: {error}. Copy or export it again."
            ) from error
        start = file.tell()
    ndim = int(header["dimension"])
    letters = "xyzt"[:ndim] if ndim <= 4 else "?" * ndim
    sizes, note = _sizes(header, letters)
    return FileImage(
        _voxels(path, header, start),
        "?" * ndim if options.as_stored else letters,
        "NRRD",
        sizes,
        notes=(note,) if note else (),
    )


def _voxels(path: Path, header: Mapping[str, Any], start: int) -> Any:
    dtype = _dtype(header, path)
    separate = "data file" in header or "datafile" in header
    if header.get("encoding") != "raw" or separate:
        return Voxels(path, header, dtype)
    shape = tuple(int(n) for n in header["sizes"])
    expected = start + int(np.prod(shape)) * dtype.itemsize
    if path.stat().st_size < expected:
        raise InputError(
            f"{path.name} is cut short: its header announces {expected} bytes, the file holds "
            f"{path.stat().st_size}. Copy or export it again. Path: {path}"
        )
    return np.memmap(path, dtype, "r", start, shape, "F")


def _unpacked(path: Path) -> npt.NDArray[Any]:
    nrrd = import_nrrd()
    try:
        return np.asarray(nrrd.read(str(path))[0])
    except nrrd.NRRDError as error:
        raise InputError(
            f"{path.name} cannot be read: {error}. The file seems cut short; copy or export it again. "
            f"Path: {path}"
        ) from error


def _dtype(header: Mapping[str, Any], path: Path) -> np.dtype[Any]:
    kind = str(header.get("type", "")).lower()
    if kind not in _TYPES:
        raise InputError(f"{path.name} holds values of the type {kind!r}, which are not pixels.")
    order = ">" if header.get("endian") == "big" else "<"
    return np.dtype(order + _TYPES[kind])


def _sizes(header: Mapping[str, Any], letters: str) -> tuple[dict[str, Size], str]:
    """Edges of a voxel; the unit is in the header, or mm in spaces of the head."""
    directions = header.get("space directions")
    if directions is not None:
        edges = [float(np.linalg.norm(direction)) for direction in np.atleast_2d(directions)]
    else:
        edges = [float(edge) for edge in np.ravel(header.get("spacings", ()))]
    units = [str(unit) for unit in header.get("space units", header.get("units", ()))]
    guessed = not units and str(header.get("space", "")).lower() in _HEAD_SPACES
    if guessed:
        units = ["mm"] * len(edges)
    sizes = {}
    for letter, edge, unit in zip(letters, edges, units, strict=False):
        size = canonical(edge, unit) if np.isfinite(edge) else None
        if size is not None and letter in "zyx":
            sizes[letter] = size
    return sizes, "The header does not name the unit of the voxel size; mm was assumed." if guessed else ""


def import_nrrd() -> Any:
    """Import pynrrd, or say how to get it."""
    try:
        import nrrd
    except ImportError as error:
        raise InputError(
            "NRRD files need the package pynrrd. Install it with: pip install 'patchprobe[datasets]'"
        ) from error
    return nrrd
