"""One HTML file with all tables and figures in it, and the same tables as Markdown and JSON."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ..errors import InputError
from .kept_parts import as_json, write_text
from .result import Evaluation, PartResult

REPORT = "report.html"
_TEMPLATE = "report.html.jinja"


def write_report(folder: Path, evaluation: Evaluation) -> Path:
    """Write ``report.html``, ``report.md`` and ``results.json``; return the first.

    Raises
    ------
    InputError
        If Jinja is not installed, or the folder cannot be written to.
    """
    write_text(folder / "report.md", to_markdown(evaluation))
    write_text(folder / "results.json", as_json(_to_json(evaluation)))
    write_text(folder / REPORT, to_html(evaluation))
    return folder / REPORT


def to_html(evaluation: Evaluation) -> str:
    """Return a page that needs no other file."""
    page: str = (
        environment()
        .get_template(_TEMPLATE)
        .render(evaluation=evaluation, thoroughness=thoroughness(evaluation), versions=_versions(evaluation))
    )
    return page


def environment() -> Any:
    """Return what fills the page's template.

    Raises
    ------
    InputError
        If Jinja is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise InputError(
            "The report is made with Jinja, which is not installed. Install it with "
            "pip install 'patchprobe[evaluation]'."
        ) from error
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["base64"] = lambda content: base64.b64encode(content).decode("ascii")
    made.filters["duration"] = duration
    return made


def to_markdown(evaluation: Evaluation) -> str:
    """Return protocol, tables and notes of all parts."""
    lines = ["# patchprobe evaluation", "", thoroughness(evaluation), ""]
    for part in evaluation.parts:
        findings = part.findings
        lines += [f"## {part.title}", "", findings.protocol, ""]
        lines += [table.to_markdown() for table in findings.tables]
        lines += [f"- {note}" for note in findings.notes] + [""]
        lines += [_took(part), ""]
    lines += [f"- {reason}" for reason in evaluation.left_out]
    return "\n".join(lines).rstrip() + "\n"


def thoroughness(evaluation: Evaluation) -> str:
    """Say how much was run, with which seed, and how long it took."""
    settings = evaluation.settings
    how = (
        "A quick run, with fewer and smaller images than the reports have" if settings.quick else "A full run"
    )
    return (
        f"{how}; seed {settings.seed}; {duration(evaluation.seconds)} by the clock, "
        f"{duration(evaluation.cpu_seconds)} of processor time."
    )


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"


def _took(part: PartResult) -> str:
    backbones = ", ".join(f"{name} ({version})" for name, version in part.about.get("backbones", {}).items())
    return (
        f"{backbones}; {duration(part.seconds)} by the clock, {duration(part.cpu_seconds)} of processor time."
    )


def _versions(evaluation: Evaluation) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in evaluation.parts:
        found |= part.about.get("versions", {})
    return found


def _to_json(evaluation: Evaluation) -> dict[str, Any]:
    settings = evaluation.settings
    return {
        "quick": settings.quick,
        "seed": settings.seed,
        "seconds": evaluation.seconds,
        "cpu_seconds": evaluation.cpu_seconds,
        "left_out": list(evaluation.left_out),
        "parts": [
            {
                "name": part.name,
                "title": part.title,
                "protocol": part.findings.protocol,
                "notes": list(part.findings.notes),
                "tables": [table.to_json() for table in part.findings.tables],
                "figures": [figure.name for figure in part.findings.figures],
                "seconds": part.seconds,
                "cpu_seconds": part.cpu_seconds,
                "about": dict(part.about),
            }
            for part in evaluation.parts
        ],
    }
