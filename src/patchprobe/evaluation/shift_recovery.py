"""Registration of the reports: an image and itself shifted by whole patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..alignment import estimate_translation, patch_correlation
from ..embedding import Embedding
from ..synthetic import generate
from . import charts
from .figure import Figure
from .patches import PATCH, embedded
from .printed import (
    REPORT_A_MODALITIES,
    REPORT_A_SHIFT_ERROR,
    REPORT_B_MODALITIES,
    REPORT_B_SHIFT_ERROR,
    column_of,
)
from .result import Findings
from .settings import PLACEHOLDERS, Settings, Tell, shown_name
from .table import make_table

Shift = tuple[int, int]
# Mean error of each method, by modality and backbone.
Errors = dict[tuple[str, str], dict[str, float]]

# Report A, §3.4.
REPORT_A_SHIFTS: tuple[Shift, ...] = ((1, 1), (0, 2), (-2, -1))
REPORT_B_REACH = 3
SIZE = 128
_IMAGES, _QUICK_IMAGES = 10, 2
METHODS = ("median", "max-correlation", "whole-shift")
_COLUMNS = (
    "modality",
    "backbone",
    ("error, report", ".2f"),
    ("error, ours", ".2f"),
    ("difference", "+.2f"),
    ("by the median", ".2f"),
    ("by the best pair", ".2f"),
    ("always no shift", ".2f"),
)


@dataclass(frozen=True)
class Trial:
    """One image, and by how many patches it is shifted, (dy, dx)."""

    image: npt.NDArray[np.float32]
    shifts: Sequence[Shift]


def shifted(image: npt.NDArray[np.floating], shift: Shift) -> npt.NDArray[np.floating]:
    """Roll an image (H, W, 3) by (dy, dx) pixels and zero what wrapped around."""
    out = np.roll(image, shift, axis=(0, 1))
    for axis, step in enumerate(shift):
        if step:
            wrapped = slice(0, step) if step > 0 else slice(image.shape[axis] + step, None)
            out[(slice(None),) * axis + (wrapped,)] = 0
    return out


def shift_error(fixed: Embedding, moving: Embedding, shift: Shift, method: str) -> float:
    """Error of dy plus that of dx, in patches, of a shift by whole patches."""
    found = estimate_translation(fixed, moving, method)  # type: ignore[arg-type]
    return float(np.abs(np.subtract(found.shift, np.multiply(shift, PATCH))).sum() / PATCH)


def registration_a(settings: Settings, tell: Tell) -> Findings:
    """Table 2 of report A: shifts of (1, 1), (0, 2) and (−2, −1) patches (§3.4, §4.3)."""
    count = _count(settings)

    def trials(modality: str) -> list[Trial]:
        images, _ = generate(modality, count, SIZE, settings.seed)
        return [Trial(image, REPORT_A_SHIFTS) for image in images]

    errors = _errors("report A, registration", REPORT_A_MODALITIES, trials, settings, tell)
    lazy = float(np.mean([abs(dy) + abs(dx) for dy, dx in REPORT_A_SHIFTS]))
    rows = []
    for (modality, backbone), found in errors.items():
        printed = None if column_of(backbone) is None else REPORT_A_SHIFT_ERROR
        rows.append(_row(modality, backbone, printed, lazy, found))
    return Findings(
        tables=(
            make_table(
                "report_a_table_2",
                "Report A, Table 2: mean error of the shift in patches",
                _COLUMNS,
                rows,
            ),
        ),
        figures=(_shift_picture(settings),),
        notes=(
            f"The report's {REPORT_A_SHIFT_ERROR} for everything is the error of always answering 'no "
            f"shift': the mean of |dy| + |dx| over its three shifts is {lazy:.2f}.",
            _largest(errors, "whole-shift", "By the score of whole shifts, which is ours,"),
            _largest(errors, "median", "By the report's own method, the median offset of best matches,")
            + " Patches that look alike along a line have no one best match; a whole shift has.",
        ),
        protocol=(
            f"{count} images of {SIZE} × {SIZE} px of each modality (seed {settings.seed}), each shifted by "
            "(1, 1), (0, 2) and (−2, −1) patches of 16 px with zeros where nothing moves in; mean of "
            "|error of dy| + |error of dx|. The report shifts a single image."
        ),
    )


def registration_b(settings: Settings, tell: Tell) -> Findings:
    """Report B's registration: pairs with known translations of 1 to 3 patches (§3.4, §4.1)."""
    count = 2 * _count(settings)

    def trials(modality: str) -> list[Trial]:
        rng = np.random.default_rng([settings.seed, REPORT_B_MODALITIES.index(modality)])
        images, _ = generate(modality, count, SIZE, settings.seed)
        return [Trial(image, [_random_shift(rng)]) for image in images]

    errors = _errors("report B, registration", REPORT_B_MODALITIES, trials, settings, tell)
    drawn = {
        modality: float(np.mean([abs(dy) + abs(dx) for t in trials(modality) for dy, dx in t.shifts]))
        for modality in REPORT_B_MODALITIES
    }
    rows = [
        _row(modality, backbone, None, drawn[modality], found)
        for (modality, backbone), found in errors.items()
    ]
    for backbone in settings.chosen(PLACEHOLDERS):
        column = column_of(backbone)
        printed = None if column is None else REPORT_B_SHIFT_ERROR[column]
        of_all = [errors[modality, backbone] for modality in REPORT_B_MODALITIES]
        means = {method: float(np.mean([found[method] for found in of_all])) for method in METHODS}
        rows.append(_row("all", backbone, printed, float(np.mean(list(drawn.values()))), means))
    return Findings(
        tables=(
            make_table(
                "report_b_registration",
                "Report B: mean error of the shift in patches",
                _COLUMNS,
                rows,
            ),
        ),
        notes=(
            _largest(errors, "whole-shift", "By the score of whole shifts, which is ours,"),
            _largest(
                errors, "max-correlation", "By the report's own method, the most similar pair of patches,"
            ),
        ),
        protocol=(
            f"{count} pairs of each modality: an image of {SIZE} × {SIZE} px and itself shifted by up to "
            f"{REPORT_B_REACH} patches along each axis (seed {settings.seed}), zeros where nothing moves in; "
            "mean of |error of dy| + |error of dx|. The report gives one number for all modalities."
        ),
    )


def _errors(
    step: str,
    modalities: Sequence[str],
    trials: Callable[[str], list[Trial]],
    settings: Settings,
    tell: Tell,
) -> Errors:
    """Return the mean error of each method, for each modality and backbone."""
    cells = [(m, backbone) for m in modalities for backbone in settings.chosen(PLACEHOLDERS)]
    errors = {}
    for done, (modality, backbone) in enumerate(cells):
        tell(step, done, len(cells))
        errors[modality, backbone] = _mean_errors(trials(modality), backbone)
    tell(step, len(cells), len(cells))
    return errors


def _mean_errors(trials: Sequence[Trial], backbone: str) -> dict[str, float]:
    pairs = [(trial.image, shift) for trial in trials for shift in trial.shifts]
    moved = [shifted(image, (dy * PATCH, dx * PATCH)) for image, (dy, dx) in pairs]
    fixed = embedded(np.stack([image for image, _ in pairs]), backbone)
    moving = embedded(np.stack(moved), backbone)
    return {
        method: float(
            np.mean(
                [
                    shift_error(a, b, shift, method)
                    for a, b, (_, shift) in zip(fixed, moving, pairs, strict=True)
                ]
            )
        )
        for method in METHODS
    }


def _shift_picture(settings: Settings) -> Figure:
    """Draw an image of each modality, itself shifted, and which patches resemble which."""
    backbone = settings.chosen(PLACEHOLDERS)[0]
    shift = REPORT_A_SHIFTS[0]
    rows = {}
    for modality in REPORT_A_MODALITIES:
        image = generate(modality, 1, SIZE, settings.seed)[0][0]
        moved = shifted(image, (shift[0] * PATCH, shift[1] * PATCH))
        similar = patch_correlation(*embedded(np.stack([image, moved]), backbone))
        rows[modality] = [image, moved, (similar + 1) / 2]
    heads = ["fixed", f"moved {shift}", "similarity"]
    title = f"Shifted images and the cosine similarity of all pairs of patches ({shown_name(backbone)})"
    return charts.pictures("report_a_shifts", title, rows, heads)


def _largest(errors: Errors, method: str, said: str) -> str:
    (modality, backbone), found = max(errors.items(), key=lambda item: item[1][method])
    if not found[method]:
        return f"{said} every shift is found exactly."
    return (
        f"{said} the largest mean error is {found[method]:.2f} patches ({modality}, {shown_name(backbone)})."
    )


def _row(
    modality: str, backbone: str, printed: float | None, lazy: float, found: Mapping[str, float]
) -> list[str | float | None]:
    ours = found["whole-shift"]
    difference = None if printed is None else ours - printed
    others = (found["median"], found["max-correlation"])
    return [modality, shown_name(backbone), printed, ours, difference, *others, lazy]


def _count(settings: Settings) -> int:
    return _QUICK_IMAGES if settings.quick else _IMAGES


def _random_shift(rng: np.random.Generator) -> Shift:
    """Draw a shift of up to three patches along each axis, but not none."""
    while True:
        dy, dx = (int(step) for step in rng.integers(-REPORT_B_REACH, REPORT_B_REACH + 1, 2))
        if dy or dx:
            return dy, dx
