"""The parts of an evaluation, and what is asked for by which name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..errors import InputError
from . import real_data
from .on_tasks import BACKBONES, MakeTask, few_shot_on_synthetic, heads_on_synthetic, on_real
from .result import Findings
from .segmentation_a import segmentation as segmentation_a
from .segmentation_b import segmentation as segmentation_b
from .settings import PLACEHOLDERS, Settings, Tell
from .shift_recovery import registration_a, registration_b
from .transfer_matrices import transfer_a, transfer_b


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


def _real(name: str, title: str, make_task: MakeTask, folder: str) -> Part:
    return Part(f"real_{name}", f"Real data: {title}", partial(on_real, make_task), BACKBONES, folder)


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("report_a_segmentation", "Report A: segmentation", segmentation_a),
        Part("report_a_transfer", "Report A: transfer between modalities", transfer_a),
        Part("report_a_registration", "Report A: registration", registration_a),
        Part("report_b_segmentation", "Report B: segmentation", segmentation_b),
        Part("report_b_transfer", "Report B: transfer between modalities", transfer_b),
        Part("report_b_registration", "Report B: registration", registration_b),
        Part("heads", "Heads compared", heads_on_synthetic, BACKBONES),
        Part("few_shot", "Few strokes", few_shot_on_synthetic, BACKBONES),
        _real("membranes", "EM membranes", real_data.membranes, real_data.MEMBRANES),
        _real("mitochondria", "EM mitochondria", real_data.mitochondria, real_data.MITOCHONDRIA),
        _real("tissue", "MRI tissue", real_data.tissue, real_data.TISSUE),
        _real("nuclei", "Fluorescent nuclei", real_data.nuclei, real_data.NUCLEI),
        _real("tracked_nuclei", "HeLa nuclei in time", real_data.tracked_nuclei, real_data.TRACKED_NUCLEI),
        _real("atlas", "Atlas regions", real_data.atlas, real_data.ATLAS),
    )
}

WHAT: dict[str, tuple[str, ...]] = {
    "report-a": ("report_a_segmentation", "report_a_transfer", "report_a_registration"),
    "report-b": ("report_b_segmentation", "report_b_transfer", "report_b_registration"),
    "transfer": ("report_a_transfer", "report_b_transfer"),
    "registration": ("report_a_registration", "report_b_registration"),
    "heads": ("heads",),
    "few-shot": ("few_shot",),
    "real": tuple(name for name, part in PARTS.items() if part.data),
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
