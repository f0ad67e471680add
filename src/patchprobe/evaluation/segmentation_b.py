"""Report B's segmentation: seven modalities, 200 images each, random splits, liblinear."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from . import charts
from .comparison import compared, compared_columns, listed
from .figure import Figure
from .patches import PatchSet, Score, constant_f1, fit, judge, patch_set
from .printed import REPORT_B_MODALITIES, REPORT_B_TABLE_1, report_b_scores
from .result import Findings
from .settings import PLACEHOLDERS, Settings, Tell, shown_name
from .table import Table, make_table

TEST_SHARE = 0.3

Scores = Mapping[tuple[str, str], Sequence[Score]]

make_classifier = partial(LogisticRegression, solver="liblinear", max_iter=200)


@dataclass(frozen=True)
class Scale:
    """How much of report B's protocol is run.

    Parameters
    ----------
    images, size, splits : int
        Images of each modality, their side in pixels, and random splits into training and test images.
    """

    images: int
    size: int
    splits: int


FULL, QUICK = Scale(200, 128, 10), Scale(40, 64, 3)


def scale_of(settings: Settings) -> Scale:
    """Return how much is run."""
    return QUICK if settings.quick else FULL


def split(images: int, seed: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return the numbers of the training and of the test images."""
    training, test = train_test_split(np.arange(images), test_size=TEST_SHARE, random_state=seed)
    return training, test


def run_split(patches: PatchSet, seed: int) -> Score:
    """Fit on a random part of the images and judge on the others."""
    training, test = split(len(patches.features), seed)
    with warnings.catch_warnings():
        # Stopping after 200 iterations is the protocol.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = fit(make_classifier, *patches.rows(training))
    return judge(model, *patches.rows(test))


def segmentation(settings: Settings, tell: Tell) -> Findings:
    """Table 1: mean and deviation of accuracy and F1 over random splits, with confusion (§3.2, §3.4)."""
    backbones = settings.chosen(PLACEHOLDERS)
    scale = scale_of(settings)
    seeds = range(settings.seed, settings.seed + scale.splits)
    total = len(REPORT_B_MODALITIES) * len(backbones) * len(seeds)
    scores: dict[tuple[str, str], list[Score]] = {}
    for modality in REPORT_B_MODALITIES:
        for backbone in backbones:
            patches = patch_set(modality, backbone, scale.images, scale.size, settings.seed)
            scores[modality, backbone] = []
            for seed in seeds:
                tell("report B, Table 1", sum(map(len, scores.values())), total)
                scores[modality, backbone].append(run_split(patches, seed))
    tell("report B, Table 1", total, total)
    return Findings(
        tables=(_table_1(scores), _confusion_table(scores)),
        figures=(_bar_chart(scores, backbones), _confusion_figure(scores)),
        notes=_notes(scores),
        protocol=(
            f"{scale.images} images of {scale.size} × {scale.size} px of each modality (seed "
            f"{settings.seed}), {1 - TEST_SHARE:.0%} for training; logistic regression by liblinear with at "
            f"most 200 iterations; mean and standard deviation over {len(seeds)} random splits (seeds "
            f"{listed(seeds)})."
            + ("" if scale == FULL else f" Report B has {FULL.images} images and {FULL.splits} splits.")
        ),
    )


def _table_1(scores: Scores) -> Table:
    rows = []
    for (modality, backbone), found in scores.items():
        accuracy, f1 = report_b_scores(backbone)
        single = sum(score.is_single_class for score in found)
        rows.append(
            [
                modality,
                shown_name(backbone),
                *compared(accuracy, [score.accuracy for score in found]),
                *compared(f1, [score.f1 for score in found]),
                f"one class only in {single} of {len(found)} splits" if single else "",
            ]
        )
    columns = ["modality", "backbone", *compared_columns("accuracy"), *compared_columns("F1"), "note"]
    return make_table("report_b_table_1", "Report B, Table 1: patches of each modality", columns, rows)


def _confusion_table(scores: Scores) -> Table:
    rows = [
        [modality, shown_name(backbone), *np.sum([score.confusion for score in found], axis=0).ravel()]
        for (modality, backbone), found in scores.items()
    ]
    columns = [
        "modality",
        "backbone",
        "background as background",
        "background as foreground",
        "foreground as background",
        "foreground as foreground",
    ]
    title = "Report B: confusion of test patches, summed over the splits"
    return make_table("report_b_confusion", title, columns, rows)


def _confusion_figure(scores: Scores) -> Figure:
    matrices = {}
    for (modality, backbone), found in scores.items():
        counts = np.sum([score.confusion for score in found], axis=0)
        matrices[f"{modality}\n{shown_name(backbone)}"] = counts / np.maximum(
            counts.sum(axis=1, keepdims=True), 1
        )
    kinds = ("back", "fore")
    title = "Confusion of background and foreground patches, each row a true class, as shares of it"
    return charts.heatmaps("report_b_confusion", title, matrices, kinds, kinds, "true", "predicted", 4)


def _bar_chart(scores: Scores, backbones: Sequence[str]) -> Figure:
    values = {
        label: {
            shown_name(backbone): [
                [getattr(score, key) for score in scores[modality, backbone]]
                for modality in REPORT_B_MODALITIES
            ]
            for backbone in backbones
        }
        for label, key in (("accuracy", "accuracy"), ("F1", "f1"))
    }
    printed = {
        label: {
            shown_name(backbone): [report_b_scores(backbone)[index]] * len(REPORT_B_MODALITIES)
            for backbone in backbones
        }
        for index, label in enumerate(values)
    }
    title = "Accuracy and F1 over random splits: mean and standard deviation; lines are the report's"
    return charts.bars("report_b_bars", title, REPORT_B_MODALITIES, values, printed)


def _notes(scores: Scores) -> tuple[str, ...]:
    """Sentences on what differs, from this run's own numbers."""
    f1 = {key: np.mean([score.f1 for score in found]) for key, found in scores.items()}
    share = [np.mean([score.foreground for score in found]) for found in scores.values()]
    single = [
        f"{modality} with {shown_name(backbone)}"
        for (modality, backbone), found in scores.items()
        if any(score.is_single_class for score in found)
    ]
    accuracy, printed_f1 = REPORT_B_TABLE_1[0]
    return (
        "The report prints one pair of numbers for all seven modalities. Here they differ: mean F1 goes from "
        f"{min(f1.values()):.2f} to {max(f1.values()):.2f}, and the share of foreground from "
        f"{min(share):.0%} to {max(share):.0%}, so that one pair for all is not what this protocol gives.",
        f"Nor is the report's pair that of a constant answer: calling everything foreground with an accuracy "
        f"of {accuracy:.2f} gives an F1 of {constant_f1(accuracy):.2f}, not {printed_f1:.2f}.",
        "All test patches were predicted alike in at least one split: " + ", ".join(single) + "."
        if single
        else "In no split were all test patches predicted alike.",
    )
