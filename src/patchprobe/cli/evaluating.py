"""``patchprobe evaluate``: the reports' protocols and what goes beyond them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from .terminal import Result, Terminal
from .weights import fetch_weights


def evaluate(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe evaluate``."""
    from ..evaluation import Settings, data_folder
    from ..evaluation import evaluate as run
    from ..evaluation.report import REPORT, duration

    folder = Path(arguments.output)
    for name in arguments.backbone:
        fetch_weights(name, terminal)
    settings = Settings(
        tuple(arguments.backbone), arguments.quick, arguments.seed, data_folder(arguments.data)
    )
    try:
        with terminal.steps() as tell:
            found = run(arguments.what, settings, folder, tell)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"interrupted; the parts that are finished are kept in {folder}, and the same command goes on "
            "from there"
        ) from interrupt
    for reason in found.left_out:
        terminal.note(reason)
    terminal.table(
        ("part", "by the clock", "processor time"),
        ((part.title, duration(part.seconds), duration(part.cpu_seconds)) for part in found.parts),
    )
    report = folder / REPORT
    terminal.say(f"Tables, figures and report: {report}")
    return {
        "report": str(report),
        "seconds": found.seconds,
        "cpu_seconds": found.cpu_seconds,
        "tables": {name: table.records() for name, table in found.tables.items()},
        "notes": list(found.notes),
        "left_out": list(found.left_out),
    }
