"""Running the parts one after the other, and going on where a run was stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..backbones import get_backbone
from ..errors import InputError
from .figure import canvas
from .kept_parts import load_part, save_part
from .parts import Part, parts_of
from .report import environment, write_report
from .result import Evaluation, PartResult
from .settings import Settings, Tell, check_settings, program_digest, shown_name, versions


def evaluate(
    what: str | Sequence[str],
    settings: Settings | None = None,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Evaluate, and write tables, figures and one HTML report.

    Parameters
    ----------
    what : str or sequence of str
        Keys of `WHAT`: ``"report-a"``, ``"report-b"``, ``"transfer"``, ``"registration"``, ``"heads"``,
        ``"few-shot"``, ``"real"`` or ``"all"``.
    settings : Settings, optional
    folder : str or path, optional
        Where to write; made if it is not there. Parts that an earlier run with the same settings and program
        has finished there are taken over. If not given, nothing is written.
    tell : callable, optional
        Called with (what is done, done, total) as the work goes on. What it raises stops the work; finished
        parts are kept.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        If a name, a backbone or a folder cannot be used; before anything is computed.
    """
    settings = settings or Settings()
    parts = parts_of(what)
    check_settings(settings)
    # What is not installed is said before anything is computed.
    canvas(1, 1)
    if folder is not None:
        environment()
    target = None if folder is None else _made(Path(folder).expanduser())
    done: list[PartResult] = []
    left_out = [reason for part in parts if (reason := _missing(part, settings))]
    for part in parts:
        if _missing(part, settings):
            continue
        done.append(_result_of(part, settings, target, tell or _silent))
        if target is not None:
            write_report(target, Evaluation(tuple(done), settings, tuple(left_out)))
    if not done:
        raise InputError(" ".join(left_out))
    return Evaluation(tuple(done), settings, tuple(left_out))


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def _result_of(part: Part, settings: Settings, target: Path | None, tell: Tell) -> PartResult:
    about = _about(part, settings)
    if target is not None and (kept := load_part(target, part.name, about)) is not None:
        return kept
    began, began_cpu = time.perf_counter(), time.process_time()
    findings = part.make(settings, tell)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    result = PartResult(part.name, part.title, findings, round(seconds, 1), round(cpu, 1), about)
    if target is not None:
        save_part(target, result)
    return result


def _about(part: Part, settings: Settings) -> dict[str, Any]:
    """Return all that the findings of a part depend on, as JSON can hold it."""
    backbones = {
        shown_name(name): get_backbone(name).spec.version for name in settings.chosen(part.backbones)
    }
    return {
        "quick": settings.quick,
        "seed": settings.seed,
        "backbones": backbones,
        "data": _data_digest(part, settings),
        "program": program_digest(),
        "versions": versions(),
    }


def _data_digest(part: Part, settings: Settings) -> str:
    """Hash of names, sizes and times of the files that a part reads; empty if it reads none."""
    if not part.data or settings.data is None:
        return ""
    state = blake2b(digest_size=8)
    for path in sorted((settings.data / part.data).iterdir()):
        about = path.stat()
        state.update(f"{path.name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _missing(part: Part, settings: Settings) -> str:
    """Say why a part is left out; nothing if it is not."""
    if not part.data:
        return ""
    if settings.data is None:
        return (
            f"{part.title} was left out: it needs real data. Give the folder that holds {part.data} (--data "
            "or PATCHPROBE_DATA)."
        )
    if not (settings.data / part.data).is_dir():
        return f"{part.title} was left out: there is no folder {part.data} among the real data."
    return ""


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror}. Choose another.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            f"The folder {folder} may not be written to. Choose another or change its permissions."
        )
    return folder
