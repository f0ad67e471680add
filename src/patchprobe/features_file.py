"""Feature grids in one file: numbers as safetensors lays them out, in half precision, the rest as JSON.

The file is written array by array and large ones are read where they lie, so that a grid which does not fit
into memory can be kept and read all the same.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from .grid import PatchGrid

SUFFIX = ".safetensors"
_ALIGNMENT = 8
_LENGTH_BYTES = 8
_LONGEST_HEADER = 1 << 20
# From here on, an array is read where it lies rather than copied.
_MAPPED = 64 << 20
_DTYPE = np.dtype("<f2")
_BLOCK_BYTES = 16 << 20


def write_grids(path: Path, grids: tuple[PatchGrid, ...]) -> None:
    """Write grids; features are rounded to half precision.

    Raises
    ------
    OSError
        If the disk is full, or may not be written to.
    """
    header: dict[str, Any] = {
        "__metadata__": {
            "grids": json.dumps([[g.stride, g.origin, g.image_shape, g.name] for g in grids]),
        }
    }
    end = 0
    for number, grid in enumerate(grids):
        start, end = end, end + int(np.prod(grid.features.shape, dtype=np.int64)) * _DTYPE.itemsize
        header[str(number)] = {
            "dtype": "F16",
            "shape": list(grid.features.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        for grid in grids:
            _write_array(file, grid.array)


def _write_array(file: BinaryIO, array: npt.NDArray[Any]) -> None:
    """Write some rows at a time, so that a large array is never copied whole."""
    rows = max(1, _BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        file.write(np.ascontiguousarray(array[start : start + rows], _DTYPE).data)


def read_grids(path: Path) -> tuple[PatchGrid, ...]:
    """Read what `write_grids` wrote.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError, KeyError, TypeError
        If it is damaged.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if not 0 < length <= _LONGEST_HEADER:
            raise ValueError(f"{path} has a header of {length} bytes")
        header = json.loads(file.read(length))
        begin = _LENGTH_BYTES + length
        described = json.loads(header["__metadata__"]["grids"])
        places = [header[str(number)] for number in range(len(described))]
        if os.fstat(file.fileno()).st_size != begin + max(place["data_offsets"][1] for place in places):
            raise ValueError(f"{path} is cut off")
        arrays = [_read_array(file, begin, place) for place in places]
    return tuple(
        PatchGrid(array, stride, tuple(origin), tuple(image_shape), name)
        for array, (stride, origin, image_shape, name) in zip(arrays, described, strict=True)
    )


def _read_array(file: BinaryIO, begin: int, place: dict[str, Any]) -> npt.NDArray[np.float16]:
    start, end = (begin + offset for offset in place["data_offsets"])
    shape = tuple(place["shape"])
    if end - start >= _MAPPED:
        return np.memmap(file, _DTYPE, mode="r", offset=start, shape=shape)
    file.seek(start)
    return np.fromfile(file, _DTYPE, (end - start) // _DTYPE.itemsize).reshape(shape)
