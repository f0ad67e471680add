"""How much memory there is to plan with, and arrays that are larger than their share of it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError

_LEAST = 1 << 30
# An array that takes more than this part of the memory lies in a file instead.
_SHARE_OF_ONE_ARRAY = 8


def share_of_memory(parts: int) -> int:
    """Return one of so many equal parts of the machine's memory in bytes, and at least 1 GiB."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # pragma: no cover - not every system tells
        return _LEAST
    return max(_LEAST, memory // parts)


def new_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Make an array of zeros that is to be filled.

    It lies in memory, or in a temporary file if it takes more than an eighth of that. The file goes with it.

    Raises
    ------
    InputError
        If there is no room for the file.
    """
    nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if nbytes <= share_of_memory(_SHARE_OF_ONE_ARRAY):
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile() as file:
        _reserve(file.fileno(), nbytes)
        return np.memmap(file, dtype, mode="r+", shape=shape)


def _reserve(file: int, nbytes: int) -> None:
    """Take the space on the disk now: writing to the map of a file on a full disk ends the process."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, nbytes)
            return
        if shutil.disk_usage(tempfile.gettempdir()).free < nbytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.truncate(file, nbytes)
    except OSError as error:
        raise InputError(
            f"{nbytes / 1e9:.1f} GB are needed in {tempfile.gettempdir()}: {error.strerror}. "
            "Free some space there, or set TMPDIR to a folder on another disk."
        ) from error
