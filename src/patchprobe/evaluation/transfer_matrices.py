"""Cross-modality transfer: trained on one modality, tested on all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning

from . import charts, segmentation_a, segmentation_b
from .comparison import listed
from .figure import Figure
from .patches import MakeClassifier, constant_f1, fit, judge, patch_set
from .printed import REPORT_A_CLAIMS, REPORT_A_MODALITIES, REPORT_B_CLAIMS, REPORT_B_MODALITIES, Claim
from .result import Findings
from .settings import PLACEHOLDERS, Settings, Tell, shown_name
from .table import Table, make_table

Matrix = npt.NDArray[np.float64]
_NEAR_ZERO, _NEARLY_NONE = 0.1, 0.01
Rows = tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]
# From modality, backbone and seed to the rows of training and of test.
Read = Callable[[str, str, int], tuple[Rows, Rows]]


@dataclass(frozen=True)
class Transfer:
    """Scores after training on each modality (rows) and testing on each (columns).

    Parameters
    ----------
    accuracy, f1 : ndarray, shape (modalities, modalities)
    predicted : ndarray, shape (modalities, modalities)
        Share of the test patches that is predicted foreground.
    foreground : ndarray, shape (modalities,)
        Share of the test patches that is foreground.
    """

    accuracy: Matrix
    f1: Matrix
    predicted: Matrix
    foreground: Matrix


def transfer_a(settings: Settings, tell: Tell) -> Findings:
    """Figure 1 of report A: 6 × 6 accuracies and F1 for each backbone (§3.3, §4.2)."""
    seeds = segmentation_a.draws(settings)
    found = _all(
        "report A, transfer",
        REPORT_A_MODALITIES,
        settings,
        seeds,
        _read_a,
        segmentation_a.make_classifier,
        tell,
    )
    return Findings(
        *_shown("report_a", "Report A", found, REPORT_A_MODALITIES, REPORT_A_CLAIMS),
        notes=_notes(found, REPORT_A_MODALITIES),
        protocol=(
            f"Trained on the {segmentation_a.TRAINING} training images of one modality, tested on the "
            f"{segmentation_a.TEST} test images of each. Mean over {len(seeds)} draws of images (seeds "
            f"{listed(seeds)})."
        ),
    )


def transfer_b(settings: Settings, tell: Tell) -> Findings:
    """Report B's cross-modality experiment: 7 × 7 accuracies and F1 for each backbone (§4.2)."""
    scale = segmentation_b.scale_of(settings)

    def read(modality: str, backbone: str, seed: int) -> tuple[Rows, Rows]:
        patches = patch_set(modality, backbone, scale.images, scale.size, seed)
        training, test = segmentation_b.split(scale.images, seed)
        return patches.rows(training), patches.rows(test)

    seeds = range(settings.seed, settings.seed + 1)
    make = segmentation_b.make_classifier
    found = _all("report B, transfer", REPORT_B_MODALITIES, settings, seeds, read, make, tell)
    return Findings(
        *_shown("report_b", "Report B", found, REPORT_B_MODALITIES, REPORT_B_CLAIMS),
        notes=(*_notes(found, REPORT_B_MODALITIES), _near_zero(found)),
        protocol=(
            f"{scale.images} images of {scale.size} × {scale.size} px of each modality, one random split "
            f"(seed {settings.seed}): trained on the training images of one modality, tested on the test "
            "images of each."
        ),
    )


def _read_a(modality: str, backbone: str, seed: int) -> tuple[Rows, Rows]:
    n = segmentation_a.TRAINING + segmentation_a.TEST
    patches = patch_set(modality, backbone, n, segmentation_a.SIZE, seed)
    return patches.rows(slice(segmentation_a.TRAINING)), patches.rows(slice(segmentation_a.TRAINING, None))


def _all(
    step: str,
    modalities: Sequence[str],
    settings: Settings,
    seeds: Sequence[int],
    read: Read,
    make: MakeClassifier,
    tell: Tell,
) -> dict[str, Transfer]:
    """Return the mean transfer over the seeds, for each backbone."""
    backbones = settings.chosen(PLACEHOLDERS)
    runs = [(backbone, seed) for backbone in backbones for seed in seeds]
    found: dict[str, list[Transfer]] = {backbone: [] for backbone in backbones}
    for done, (backbone, seed) in enumerate(runs):
        tell(step, done, len(runs))
        rows = {modality: read(modality, backbone, seed) for modality in modalities}
        found[backbone].append(_transfer(rows, make))
    tell(step, len(runs), len(runs))
    return {backbone: _mean(each) for backbone, each in found.items()}


def _transfer(rows: Mapping[str, tuple[Rows, Rows]], make: MakeClassifier) -> Transfer:
    scores = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for training, _ in rows.values():
            model = fit(make, *training)
            scores.append([judge(model, *test) for _, test in rows.values()])
    accuracy = np.array([[score.accuracy for score in line] for line in scores])
    f1 = np.array([[score.f1 for score in line] for line in scores])
    predicted = np.array([[score.predicted_foreground for score in line] for line in scores])
    return Transfer(accuracy, f1, predicted, np.array([score.foreground for score in scores[0]]))


def _mean(each: Sequence[Transfer]) -> Transfer:
    return Transfer(
        np.mean([one.accuracy for one in each], axis=0),
        np.mean([one.f1 for one in each], axis=0),
        np.mean([one.predicted for one in each], axis=0),
        np.mean([one.foreground for one in each], axis=0),
    )


def _shown(
    name: str, report: str, found: Mapping[str, Transfer], modalities: Sequence[str], claims: Sequence[Claim]
) -> tuple[tuple[Table, ...], tuple[Figure, ...]]:
    """Return the tables and figures of a report's transfer."""
    tables = [_claims_table(name, report, found, modalities, claims)]
    for metric in ("accuracy", "f1"):
        tables.append(_matrix_table(name, report, found, modalities, metric))
    figures = []
    for metric, label in (("f1", "F1"), ("accuracy", "Accuracy")):
        matrices = {shown_name(backbone): getattr(each, metric) for backbone, each in found.items()}
        title = f"{label} after training on the modality of the row and testing on that of the column"
        figures.append(
            charts.heatmaps(
                f"{name}_transfer_{metric}",
                title,
                matrices,
                modalities,
                modalities,
                "trained on",
                "tested on",
            )
        )
    return tuple(tables), tuple(figures)


def _claims_table(
    name: str, report: str, found: Mapping[str, Transfer], modalities: Sequence[str], claims: Sequence[Claim]
) -> Table:
    """Show what the report says of single transfers beside ours; the difference is to the nearer end."""
    rows = []
    for claim in claims:
        for backbone, each in found.items():
            ours = _claimed(each.f1, modalities, claim)
            difference = ours - min(max(ours, claim.least), claim.most)
            trained = claim.trained or "best of the others"
            ends = (claim.least, claim.most)
            rows.append([trained, claim.tested, shown_name(backbone), *ends, ours, difference])
    columns = ["trained on", "tested on", "backbone", "F1, report, from", "to", "F1, ours"]
    return make_table(
        f"{name}_transfer_claims",
        f"{report}: what it says of single transfers (difference from the range that it gives)",
        [*columns, ("difference", "+.3f")],
        rows,
    )


def _claimed(f1: Matrix, modalities: Sequence[str], claim: Claim) -> float:
    column = modalities.index(claim.tested)
    if claim.trained:
        return float(f1[modalities.index(claim.trained), column])
    return float(np.delete(f1[:, column], column).max())


def _matrix_table(
    name: str, report: str, found: Mapping[str, Transfer], modalities: Sequence[str], metric: str
) -> Table:
    rows: list[list[str | float]] = []
    for backbone, each in found.items():
        for modality, line in zip(modalities, getattr(each, metric), strict=True):
            rows.append([shown_name(backbone), modality, *line])
    share = next(iter(found.values())).foreground
    constant = share if metric == "accuracy" else [constant_f1(each) for each in share]
    rows.append(["none", "everything foreground", *constant])
    label = "accuracy" if metric == "accuracy" else "F1"
    title = f"{report}: {label} after training on one modality (rows) and testing on each (columns)"
    return make_table(f"{name}_transfer_{metric}", title, ["backbone", "trained on", *modalities], rows)


def _notes(found: Mapping[str, Transfer], modalities: Sequence[str]) -> tuple[str, ...]:
    notes = []
    apart = ~np.eye(len(modalities), dtype=bool)
    for backbone, each in found.items():
        best = int((each.f1.argmax(axis=0) == np.arange(len(modalities))).sum())
        above = int(((each.f1 > _of_constant_answer(each)) & apart).sum())
        notes.append(
            f"{shown_name(backbone)}: the best F1 on a modality is that of training on it for {best} of "
            f"{len(modalities)} modalities. Of the {apart.sum()} transfers to another modality {above} beat "
            "calling everything foreground, which is what a moderate F1 after transfer is to be held against."
        )
    return tuple(notes)


def _near_zero(found: Mapping[str, Transfer]) -> str:
    """Hold the matrices against report B's "near zero in most cases"."""
    low = background = foreground = total = 0
    for each in found.values():
        apart = ~np.eye(len(each.f1), dtype=bool)
        low += int(((each.f1 < _NEAR_ZERO) & apart).sum())
        background += int(((each.predicted < _NEARLY_NONE) & apart).sum())
        foreground += int(((each.predicted > 1 - _NEARLY_NONE) & apart).sum())
        total += int(apart.sum())
    return (
        f"The report says that F1 drops to near zero in most cases. Here it is below {_NEAR_ZERO} in {low} "
        f"of {total} transfers. A classifier that is taken to another modality often gives one answer there: "
        f"in {background} transfers it calls 99 % of the patches background or more, in {foreground} "
        "foreground. The first gives an F1 of about zero, the second that of calling everything foreground."
    )


def _of_constant_answer(transfer: Transfer) -> Matrix:
    return np.array([constant_f1(share) for share in transfer.foreground])
