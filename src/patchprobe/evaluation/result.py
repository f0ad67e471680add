"""What an evaluation found: tables, figures and sentences, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .figure import Figure
from .settings import Settings
from .table import Table


@dataclass(frozen=True)
class Findings:
    """What one part found.

    Parameters
    ----------
    tables : tuple of Table
    figures : tuple of Figure
    notes : tuple of str
        What differs from the report and why, in sentences whose numbers were computed in the same run.
    protocol : str
        What was done, in a sentence or two.
    """

    tables: tuple[Table, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    protocol: str = ""


@dataclass(frozen=True)
class PartResult:
    """One finished part.

    Parameters
    ----------
    name, title : str
    findings : Findings
    seconds, cpu_seconds : float
        How long it took, by the clock and of processor time.
    about : mapping
        Settings, backbones with their versions, and versions of packages.
    """

    name: str
    title: str
    findings: Findings
    seconds: float
    cpu_seconds: float
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """All finished parts of an evaluation.

    Parameters
    ----------
    parts : tuple of PartResult
    settings : Settings
    left_out : tuple of str
        Which parts were left out and why, in sentences.
    """

    parts: tuple[PartResult, ...]
    settings: Settings
    left_out: tuple[str, ...] = ()

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        return {table.name: table for part in self.parts for table in part.findings.tables}

    @property
    def figures(self) -> dict[str, Figure]:
        """All figures by name."""
        return {figure.name: figure for part in self.parts for figure in part.findings.figures}

    @property
    def notes(self) -> tuple[str, ...]:
        """All sentences on what differs."""
        return tuple(note for part in self.parts for note in part.findings.notes)

    @property
    def seconds(self) -> float:
        """Time that the parts took, by the clock."""
        return sum(part.seconds for part in self.parts)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the parts took."""
        return sum(part.cpu_seconds for part in self.parts)

    def _repr_markdown_(self) -> str:
        return "\n".join(table.to_markdown() for table in self.tables.values())
