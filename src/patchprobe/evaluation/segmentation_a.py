"""Report A: six modalities, ten training and five test images, logistic regression on patches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression

from ..synthetic import generate
from . import charts
from .comparison import compared, compared_columns, listed
from .figure import Figure
from .patches import PATCH, Score, constant_f1, fit, judge, patch_set
from .printed import REPORT_A_MODALITIES, report_a_scores
from .result import Findings
from .settings import PLACEHOLDERS, Settings, Tell, shown_name
from .table import Table, make_table

TRAINING, TEST, SIZE = 10, 5, 128
_DRAWS, _QUICK_DRAWS = 5, 2

Scores = Mapping[tuple[str, str], Sequence[Score]]

make_classifier = partial(LogisticRegression, max_iter=1000)


def draws(settings: Settings) -> range:
    """Return the seeds of the images."""
    return range(settings.seed, settings.seed + (_QUICK_DRAWS if settings.quick else _DRAWS))


def segmentation(settings: Settings, tell: Tell) -> Findings:
    """Table 1: accuracy and F1 of foreground patches, for each modality and backbone (§3.2, §3.3)."""
    backbones = settings.chosen(PLACEHOLDERS)
    cells = [(modality, backbone) for modality in REPORT_A_MODALITIES for backbone in backbones]
    scores = {}
    for done, (modality, backbone) in enumerate(cells):
        tell("report A, Table 1", done, len(cells))
        scores[modality, backbone] = [_run_once(modality, backbone, seed) for seed in draws(settings)]
    tell("report A, Table 1", len(cells), len(cells))
    return Findings(
        tables=(_table_1(scores),),
        figures=(_bar_chart(scores, backbones), _pictures(backbones, settings.seed)),
        notes=_notes(scores),
        protocol=(
            f"{TRAINING} training and {TEST} test images of {SIZE} × {SIZE} px; a patch of {PATCH} px is "
            "foreground if any pixel of it is; one logistic regression for each modality and backbone. Mean "
            f"and standard deviation over {len(draws(settings))} draws of images (seeds "
            f"{listed(draws(settings))}); the report has a single run."
        ),
    )


def _run_once(modality: str, backbone: str, seed: int) -> Score:
    """Fit on the first images and judge on the last."""
    patches = patch_set(modality, backbone, TRAINING + TEST, SIZE, seed)
    model = fit(make_classifier, *patches.rows(slice(TRAINING)))
    return judge(model, *patches.rows(slice(TRAINING, None)))


def _table_1(scores: Scores) -> Table:
    rows = []
    for (modality, backbone), found in scores.items():
        accuracy, f1 = report_a_scores(modality, backbone)
        single = sum(score.is_single_class for score in found)
        rows.append(
            [
                modality,
                shown_name(backbone),
                *compared(accuracy, [score.accuracy for score in found]),
                *compared(f1, [score.f1 for score in found]),
                f"one class only in {single} of {len(found)} draws" if single else "",
            ]
        )
    columns = ["modality", "backbone", *compared_columns("accuracy"), *compared_columns("F1"), "note"]
    return make_table("report_a_table_1", "Report A, Table 1: patches of each modality", columns, rows)


def _bar_chart(scores: Scores, backbones: Sequence[str]) -> Figure:
    values = {
        label: {
            shown_name(backbone): [
                [getattr(score, key) for score in scores[modality, backbone]]
                for modality in REPORT_A_MODALITIES
            ]
            for backbone in backbones
        }
        for label, key in (("accuracy", "accuracy"), ("F1", "f1"))
    }
    printed = {
        label: {
            shown_name(backbone): [
                report_a_scores(modality, backbone)[index] for modality in REPORT_A_MODALITIES
            ]
            for backbone in backbones
        }
        for index, label in enumerate(values)
    }
    title = (
        "Accuracy and F1 of each modality: mean over draws, with standard deviation; lines are the report's"
    )
    return charts.bars("report_a_bars", title, REPORT_A_MODALITIES, values, printed)


def _pictures(backbones: Sequence[str], seed: int) -> Figure:
    """Draw the first test image of each modality, its mask and what is predicted."""
    rows = {}
    for modality in REPORT_A_MODALITIES:
        images, masks = generate(modality, TRAINING + TEST, SIZE, seed)
        line = [images[TRAINING], charts.tinted(images[TRAINING], masks[TRAINING] > 0)]
        for backbone in backbones:
            patches = patch_set(modality, backbone, TRAINING + TEST, SIZE, seed)
            model = fit(make_classifier, *patches.rows(slice(TRAINING)))
            side = SIZE // PATCH
            found = model.predict(patches.features[TRAINING]).reshape(side, side)
            line.append(charts.tinted(images[TRAINING], np.kron(found, np.ones((PATCH, PATCH))) > 0))
        rows[modality] = line
    heads = ["image", "mask", *(shown_name(backbone) for backbone in backbones)]
    title = "A test image of each modality, its mask, and the patches that are predicted foreground"
    return charts.pictures("report_a_pictures", title, rows, heads)


def _notes(scores: Scores) -> tuple[str, ...]:
    """Sentences on what differs, from this run's own numbers."""
    notes = [
        "The report gives neither its images nor its numbers of objects: the images are drawn anew after its "
        "§3.2, so that small differences in either direction mean little. From one draw to the next, F1 "
        f"varies by up to {max(np.ptp([score.f1 for score in found]) for found in scores.values()):.3f} here."
    ]
    cells = [
        (ours, printed)
        for (modality, backbone), found in scores.items()
        for printed, ours in zip(
            report_a_scores(modality, backbone),
            (np.mean([score.accuracy for score in found]), np.mean([score.f1 for score in found])),
            strict=True,
        )
        if printed is not None
    ]
    if cells:
        reached = sum(ours >= printed for ours, printed in cells)
        notes.append(f"At or above the report's number: {reached} of {len(cells)} numbers.")
    share = {
        modality: float(np.mean([s.foreground for s in found])) for (modality, _), found in scores.items()
    }
    lowest = min(share, key=lambda name: share[name])
    highest = max(share, key=lambda name: share[name])
    notes.append(
        f"Between {share[lowest]:.0%} ({lowest}) and {share[highest]:.0%} ({highest}) of the test patches "
        "are foreground; calling everything foreground would score an F1 of "
        f"{constant_f1(share[lowest]):.2f} to {constant_f1(share[highest]):.2f}."
    )
    return tuple(notes)
