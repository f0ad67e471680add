"""The arguments of ``patchprobe evaluate``."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_command
from .values import count

# The keys of `patchprobe.evaluation.WHAT`, which would take long to import.
EVALUATIONS = ("report-a", "report-b", "transfer", "registration", "heads", "few-shot", "real", "all")


def add_evaluate(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        common,
        "evaluate",
        "run the protocols of the two reports, and more, and write tables, figures and one HTML report",
        "evaluate all --quick\nevaluate report-a\n"
        "evaluate real --data FOLDER --backbone filters dinov2-small --output evaluation",
    )
    parser.add_argument("what", choices=EVALUATIONS, help="what to evaluate")
    parser.add_argument(
        "--backbone",
        nargs="+",
        default=[],
        metavar="NAME",
        help="features; 'patchprobe backbones' lists them (default: those of the reports, and filters)",
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller images, in minutes")
    parser.add_argument("--data", metavar="FOLDER", help="real data (default: PATCHPROBE_DATA)")
    parser.add_argument("--seed", type=count, default=0, help="equal seeds give equal tables (default: 0)")
    parser.add_argument(
        "--output",
        default="evaluation",
        metavar="FOLDER",
        help="finished parts that are there are not made again (default: %(default)s)",
    )
