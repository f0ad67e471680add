"""A table as a value, and the forms that it is read in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | float | int | None

_NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its head.
    form : str
        How numbers are shown, as a format specification.
    """

    name: str
    form: str = ".3f"


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers under named columns.

    Parameters
    ----------
    name : str
        Stem of its files.
    title : str
        What it shows, in a line.
    columns : tuple of Column
    rows : tuple of tuple
        Text, numbers, or None where there is nothing to say.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str) -> list[Cell]:
        """Return the cells of the column of that name."""
        index = [column.name for column in self.columns].index(name)
        return [row[index] for row in self.rows]

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as mappings from column to cell."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def shown(self) -> list[list[str]]:
        """Return the rows as people read them."""
        return [
            [_shown(cell, column) for cell, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]

    def to_csv(self) -> str:
        """Return the table with all digits, for other programs."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(column.name for column in self.columns)
        writer.writerows(self.rows)
        return out.getvalue()

    def to_markdown(self) -> str:
        """Return the table as people read it, with its title."""
        lines = [
            f"**{self.title}**",
            "",
            _line(column.name for column in self.columns),
            _line("---:" if self.is_numeric(i) else "---" for i in range(len(self.columns))),
            *(_line(row) for row in self.shown()),
        ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_json` reads it."""
        return {
            "name": self.name,
            "title": self.title,
            "columns": [{"name": column.name, "form": column.form} for column in self.columns],
            "rows": [list(row) for row in self.rows],
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Table:
        """Return the table that `to_json` gave."""
        columns = tuple(Column(**column) for column in saved["columns"])
        return cls(saved["name"], saved["title"], columns, tuple(tuple(row) for row in saved["rows"]))

    def is_numeric(self, index: int) -> bool:
        """Whether a column holds numbers."""
        return any(isinstance(row[index], int | float) for row in self.rows)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def make_table(
    name: str, title: str, columns: Sequence[str | tuple[str, str]], rows: Iterable[Sequence[Any]]
) -> Table:
    """Return a table; a column is its name, or its name and the form of its numbers.

    NumPy's numbers become Python's, which JSON can hold.
    """
    heads = tuple(Column(given) if isinstance(given, str) else Column(*given) for given in columns)
    return Table(name, title, heads, tuple(tuple(_plain(cell) for cell in row) for row in rows))


def _plain(cell: Any) -> Cell:
    found: Cell = cell.item() if hasattr(cell, "item") else cell
    return found


def _shown(cell: Cell, column: Column) -> str:
    if cell is None:
        return _NOTHING
    if isinstance(cell, str):
        return cell
    return str(cell) if isinstance(cell, int) else format(cell, column.form)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
