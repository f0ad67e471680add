"""The data sets by name: their specs, which of them a folder is, and folders as stacks."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ..errors import InputError
from ..io import Stack, load_stack
from ..io.levels import viewable_level
from .refusal import listed
from .spec import DatasetSpec

# In the order in which a folder is tried: those that are told by one file first.
_MODULES = (
    "cremi",
    "snemi3d",
    "neurofinder",
    "cell_tracking",
    "allen_mouse",
    "ixi",
    "oasis3",
    "tcga",
)
PathLike = str | os.PathLike[str]


class Dataset(Protocol):
    """What the module of a data set offers."""

    SPEC: DatasetSpec

    def items(self, folder: Path) -> tuple[str, ...]:
        """List what of the set is in a folder; empty if it is no folder of this set."""

    def load(self, folder: Path, item: str | None = None) -> Stack:
        """Open one item, the first if none is named."""


def list_datasets() -> tuple[DatasetSpec, ...]:
    """Return the specs of all data sets."""
    return tuple(_module(name).SPEC for name in _MODULES)


def get_dataset(name: str) -> DatasetSpec:
    """Return the spec of a data set.

    Parameters
    ----------
    name : str
        Such as ``"cremi"``; capitals, ``-`` and ``_`` do not matter.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return _named(name).SPEC


def items(name: str, folder: PathLike) -> tuple[str, ...]:
    """List what of a data set is in a folder: samples, subjects, sequences.

    Returns
    -------
    tuple of str
        As `load` takes them; empty if it is no folder of this set.
    """
    path = Path(folder).expanduser()
    return _named(name).items(path) if path.exists() else ()


def load(name: str, folder: PathLike, item: str | None = None) -> Stack:
    """Open a folder of a data set as a stack with its truth.

    Parameters
    ----------
    name : str
        As `get_dataset` takes it.
    folder : str or path
        Laid out as the source lays it out, see `DatasetSpec.layout`.
    item : str, optional
        One of `items`; the first if not given. The module of each set has further choices.

    Returns
    -------
    Stack
        Lazy, with axes and voxel size; `labels` is None where the set has no truth for the item.

    Raises
    ------
    InputError
        If the folder is not of this set (it says which it looks like), files of it are missing or are
        still packed, or there is no such item.
    """
    module = _named(name)
    path = Path(folder).expanduser()
    stack = module.load(path, item)
    others = () if item is not None else module.items(path)[1:]
    if others:
        note = f"The first of {len(others) + 1} items was opened; others are {listed(others, 3)}."
        stack = replace(stack, notes=(*stack.notes, note))
    return stack


def recognise(folder: PathLike) -> str | None:
    """Say which data set a folder (or a file of one) is of, or None. Reads names and headers only."""
    path = Path(folder).expanduser()
    if not path.exists():
        return None
    return next((_module(name).SPEC.name for name in _MODULES if _module(name).items(path)), None)


def open_path(path: PathLike) -> Stack:
    """Open a folder of a known data set with its truth, and anything else as `load_stack` does.

    Of slides, the finest level that a window can show is opened.
    """
    name = recognise(path)
    if name is not None:
        return load(name, path)
    return load_stack(path, level=viewable_level(Path(path).expanduser()))


def _named(name: str) -> Dataset:
    wanted = _plain(name)
    for module in map(_module, _MODULES):
        if _plain(module.SPEC.name) == wanted:
            return module
    known = ", ".join(spec.name for spec in list_datasets())
    raise InputError(f"There is no data set {name!r}. Use one of {known}.")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _module(name: str) -> Dataset:
    return cast(Dataset, import_module(f".{name}", __package__))
