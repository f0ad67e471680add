"""A table of objects as a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io.replace_file import written_beside


def save_table(path: str | os.PathLike[str], table: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Write a table as CSV: names of the columns, then one line for each row; return where.

    Parameters
    ----------
    path : str or path
        ``.csv`` is added where there is no suffix.
    table : mapping of str to ndarray, each (n,)

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    """
    target = checked_table(path)
    with written_beside(target) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*(map(_text, column) for column in table.values()), strict=True))
    return target


def checked_table(path: str | os.PathLike[str]) -> Path:
    """Return the path of a table to be written, or say before the work what is wrong with it."""
    target = Path(os.fspath(path)).expanduser()
    if not target.suffix:
        target = target.with_suffix(".csv")
    if target.suffix.lower() != ".csv":
        raise InputError(f"{target.name}: tables are written as .csv. Choose this suffix.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent} to write {target.name} to. Make it first.")
    return target


def _text(value: Any) -> str:
    """Whole numbers as they are, others with nine digits, which is more than was measured."""
    return f"{value:.9g}" if isinstance(value, (float, np.floating)) else str(value)
