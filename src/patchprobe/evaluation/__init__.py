"""The two reports' protocols, and what goes beyond them, as tables, figures and one HTML report."""

from __future__ import annotations

from .figure import Figure
from .named import few_shot, heads, real, registration, report_a, report_b, transfer
from .parts import PARTS, WHAT
from .report import write_report
from .result import Evaluation, Findings, PartResult
from .run import evaluate
from .settings import Settings, data_folder
from .table import Column, Table

__all__ = [
    "PARTS",
    "WHAT",
    "Column",
    "Evaluation",
    "Figure",
    "Findings",
    "PartResult",
    "Settings",
    "Table",
    "data_folder",
    "evaluate",
    "few_shot",
    "heads",
    "real",
    "registration",
    "report_a",
    "report_b",
    "transfer",
    "write_report",
]
