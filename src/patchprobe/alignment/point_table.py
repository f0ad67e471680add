"""Tables of points as CSV: positions are carried, all other columns stay."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..io.replace_file import written_beside
from .box import Box, Output
from .plane_map import FloatArray
from .result import StackAlignment

# Names of the columns that say where a point lies: of patchprobe's tables, and of napari's points.
_COLUMNS = (("plane", "y", "x"), ("z", "y", "x"), ("t", "y", "x"), ("axis-0", "axis-1", "axis-2"))


def carry_table(
    alignment: StackAlignment,
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    output: Output | Box = "same",
    back: bool = False,
) -> int:
    """Carry the points of a CSV file into the aligned stack, or back; return how many there are.

    Parameters
    ----------
    alignment : StackAlignment
    path : str or path
        With the columns ``plane``, ``y`` and ``x`` (or ``z`` or ``t`` for the plane), or ``axis-0``,
        ``axis-1`` and ``axis-2`` as napari saves points; in pixels. Without a column for the plane, all
        lie in plane 0.
    target : str or path
        CSV to write, beside and then renamed.
    output : {"same", "union", "intersection"} or Box
        As given to `StackAlignment.apply`.
    back : bool
        From the aligned stack to the sections.

    Raises
    ------
    InputError
        If the file cannot be read, has no such columns, or something in them is not a number.
    """
    head, rows = _read(Path(path))
    columns = _columns(head, Path(path).name)
    points = _numbers(rows, columns, Path(path).name)
    moved = (alignment.points_back if back else alignment.apply_to_points)(points, None, output)
    _, y, x = columns
    for row, position in zip(rows, moved, strict=True):
        row[y], row[x] = (f"{value:.9g}" for value in position[1:])
    with written_beside(Path(target)) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return len(rows)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from error
    if not lines:
        raise InputError(f"{path.name} is empty. The first line names the columns, such as plane,y,x.")
    return lines[0], lines[1:]


def _columns(head: Sequence[str], name: str) -> tuple[int | None, int, int]:
    names = [column.strip().lower() for column in head]
    for plane, y, x in _COLUMNS:
        if {plane, y, x} <= set(names):
            return names.index(plane), names.index(y), names.index(x)
    for y, x in (("y", "x"), ("axis-0", "axis-1")):
        if {y, x} <= set(names):
            return None, names.index(y), names.index(x)
    raise InputError(
        f"{name} has the columns {', '.join(head)}. Points need plane, y and x, in pixels "
        "(or axis-0, axis-1 and axis-2, as napari saves them)."
    )


def _numbers(rows: Sequence[Sequence[str]], columns: Sequence[int | None], name: str) -> FloatArray:
    points = np.zeros((len(rows), 3))
    for number, row in enumerate(rows):
        try:
            points[number] = [0.0 if column is None else float(row[column]) for column in columns]
        except (ValueError, IndexError) as error:
            raise InputError(
                f"{name}, line {number + 2}: {','.join(row)!r} does not say plane, y and x as numbers."
            ) from error
    return points
