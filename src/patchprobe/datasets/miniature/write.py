"""The miniatures by name."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from ...errors import InputError
from ..registry import get_dataset

_SMALLEST = 32


def miniature(name: str, folder: str | os.PathLike[str], size: int = 96, seed: int = 0) -> Path:
    """Write a small folder of a data set, laid out as the real one, with synthetic images and truth.

    Parameters
    ----------
    name : str
        As `get_dataset` takes it.
    folder : str or path
        Made if it is not there; what is written goes into it.
    size : int
        Side of the images in pixels, at least 32.
    seed : int
        Not negative. Equal seeds give equal images.

    Returns
    -------
    Path
        The folder to give to `load`.

    Raises
    ------
    InputError
        If there is no such set, or `size` or `seed` is out of range.
    """
    spec = get_dataset(name)
    if size < _SMALLEST or seed < 0:
        raise InputError(
            f"size is {size} and seed {seed}; give at least {_SMALLEST} px and a seed from 0 on."
        )
    path = Path(folder).expanduser()
    path.mkdir(parents=True, exist_ok=True)
    write = import_module(f".{spec.name.replace('-', '_')}", __package__).write
    write(path, size, seed)
    return path
