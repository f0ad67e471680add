"""The evaluations by name, as notebooks and scripts call them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .result import Evaluation
from .run import evaluate
from .settings import Settings, Tell, data_folder


def report_a(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Run report A's protocol: Table 1, transfer between modalities, registration.

    Parameters
    ----------
    backbones : sequence of str
        Names as `get_backbone` takes them; those of the report if none are given.
    quick : bool
        Fewer draws of images.
    seed : int
    folder, tell
        See `evaluate`.

    Returns
    -------
    Evaluation
        Among its `tables` ``"report_a_table_1"``, ``"report_a_transfer_f1"`` and ``"report_a_table_2"``.

    Examples
    --------
    >>> from patchprobe import evaluation
    >>> found = evaluation.registration(["placeholder-cnx-t"], quick=True)
    >>> max(found.tables["report_a_table_2"].column("error, ours"))
    0.0
    """
    return evaluate("report-a", Settings(tuple(backbones), quick, seed), folder, tell)


def report_b(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Run report B's protocol: Table 1 over random splits, transfer between modalities, registration.

    Parameters and result are as for `report_a`; among the `tables` are ``"report_b_table_1"``,
    ``"report_b_confusion"``, ``"report_b_transfer_f1"`` and ``"report_b_registration"``.
    """
    return evaluate("report-b", Settings(tuple(backbones), quick, seed), folder, tell)


def transfer(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Train on each modality and test on each, after both reports. See `report_a`."""
    return evaluate("transfer", Settings(tuple(backbones), quick, seed), folder, tell)


def registration(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Recover shifts by whole patches, after both reports. See `report_a`."""
    return evaluate("registration", Settings(tuple(backbones), quick, seed), folder, tell)


def heads(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Compare logistic regression, a small network and the segmentation head. See `report_a`."""
    return evaluate("heads", Settings(tuple(backbones), quick, seed), folder, tell)


def few_shot(
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Measure F1 against the number of strokes, on synthetic images. See `report_a`."""
    return evaluate("few-shot", Settings(tuple(backbones), quick, seed), folder, tell)


def real(
    data: str | os.PathLike[str] | None = None,
    backbones: Sequence[str] = (),
    *,
    quick: bool = False,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Compare backbones, heads and numbers of strokes on the real data in a folder.

    Parameters
    ----------
    data : str or path, optional
        Folder with one or more of the sets that `patchprobe.evaluation.real_data` reads; that in
        ``PATCHPROBE_DATA`` if not given.
    backbones, quick, seed, folder, tell
        See `report_a`.

    Returns
    -------
    Evaluation
        `left_out` says which sets are not there.
    """
    return evaluate("real", Settings(tuple(backbones), quick, seed, data_folder(data)), folder, tell)
