"""Finished parts on disk: a run that was stopped goes on after them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..io.replace_file import written_beside
from .figure import Figure
from .result import Findings, PartResult
from .table import Table

_FORMAT = 1
_PARTS, _TABLES, _FIGURES = "parts", "tables", "figures"


def save_part(folder: Path, result: PartResult) -> None:
    """Write the tables and figures of a part, and last the file that says that it is finished.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    for name in (_PARTS, _TABLES, _FIGURES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    findings = result.findings
    for table in findings.tables:
        about = {**table.to_json(), "about": dict(result.about), "seconds": result.seconds}
        write_text(folder / _TABLES / f"{table.name}.csv", table.to_csv())
        write_text(folder / _TABLES / f"{table.name}.md", table.to_markdown())
        write_text(folder / _TABLES / f"{table.name}.json", as_json(about))
    for figure in findings.figures:
        for suffix, content in ((".png", figure.png), (".svg", figure.svg)):
            with written_beside(folder / _FIGURES / f"{figure.name}{suffix}") as beside:
                beside.write_bytes(content)
    write_text(_file_of(folder, result.name), as_json(_to_json(result)))


def load_part(folder: Path, name: str, about: dict[str, Any]) -> PartResult | None:
    """Return a finished part, or None if there is none that was made of the same settings and program."""
    try:
        saved = json.loads(_file_of(folder, name).read_text(encoding="utf-8"))
        if saved["format"] != _FORMAT or saved["about"] != about:
            return None
        figures = tuple(
            Figure(
                **figure,
                png=(folder / _FIGURES / f"{figure['name']}.png").read_bytes(),
                svg=(folder / _FIGURES / f"{figure['name']}.svg").read_bytes(),
            )
            for figure in saved["figures"]
        )
        tables = tuple(Table.from_json(table) for table in saved["tables"])
        findings = Findings(tables, figures, tuple(saved["notes"]), saved["protocol"])
        return PartResult(name, saved["title"], findings, saved["seconds"], saved["cpu_seconds"], about)
    except (OSError, ValueError, KeyError, TypeError):
        # Missing, or damaged: it is made again.
        return None


def write_text(path: Path, text: str) -> None:
    """Write a text file beside, then rename it."""
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")


def as_json(content: Any) -> str:
    """Return JSON as people can read it."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _file_of(folder: Path, name: str) -> Path:
    return folder / _PARTS / f"{name}.json"


def _to_json(result: PartResult) -> dict[str, Any]:
    findings = result.findings
    return {
        "format": _FORMAT,
        "name": result.name,
        "title": result.title,
        "about": dict(result.about),
        "seconds": result.seconds,
        "cpu_seconds": result.cpu_seconds,
        "protocol": findings.protocol,
        "notes": list(findings.notes),
        "tables": [table.to_json() for table in findings.tables],
        "figures": [{"name": figure.name, "title": figure.title} for figure in findings.figures],
    }
