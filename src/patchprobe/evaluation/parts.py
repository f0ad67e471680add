"""The parts of an evaluation, and what is asked for by which name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from .registration import registration_a, registration_b
from .result import Findings
from .segmentation_a import segmentation as segmentation_a
from .segmentation_b import segmentation as segmentation_b
from .settings import PLACEHOLDERS, Settings, Tell
from .transfer import transfer_a, transfer_b


@dataclass(frozen=True)
class Part:
    """One thing that is evaluated by itself, and kept when it is finished.

    Parameters
    ----------
    name : str
        Stem of its file.
    title : str
    make : callable
        From settings to findings, telling of its progress.
    backbones : tuple of str
        Those that it takes if none are asked for.
    data : str
        Folder of real data that it needs; empty if none.
    """

    name: str
    title: str
    make: Callable[[Settings, Tell], Findings]
    backbones: tuple[str, ...] = PLACEHOLDERS
    data: str = ""


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("report_a_segmentation", "Report A: segmentation", segmentation_a),
        Part("report_a_transfer", "Report A: transfer between modalities", transfer_a),
        Part("report_a_registration", "Report A: registration", registration_a),
        Part("report_b_segmentation", "Report B: segmentation", segmentation_b),
        Part("report_b_transfer", "Report B: transfer between modalities", transfer_b),
        Part("report_b_registration", "Report B: registration", registration_b),
    )
}

WHAT: dict[str, tuple[str, ...]] = {
    "report-a": ("report_a_segmentation", "report_a_transfer", "report_a_registration"),
    "report-b": ("report_b_segmentation", "report_b_transfer", "report_b_registration"),
    "transfer": ("report_a_transfer", "report_b_transfer"),
    "registration": ("report_a_registration", "report_b_registration"),
    "all": tuple(PARTS),
}


def parts_of(what: str | Sequence[str]) -> list[Part]:
    """Return the parts that are asked for, each once, in their order.

    Raises
    ------
    InputError
        If a name is not known.
    """
    asked = [what] if isinstance(what, str) else list(what)
    unknown = [name for name in asked if name not in WHAT]
    if unknown or not asked:
        said = f"There is no evaluation {unknown[0]!r}." if unknown else "No evaluation was asked for."
        raise InputError(f"{said} Use one of {', '.join(WHAT)}.")
    wanted = {name for each in asked for name in WHAT[each]}
    return [part for name, part in PARTS.items() if name in wanted]
