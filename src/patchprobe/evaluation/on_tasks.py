"""What goes beyond the reports: heads and few strokes, on synthetic images and on real data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..synthetic import MODALITIES
from . import charts
from .comparison import listed
from .comparisons import (
    Compared,
    compare,
    compare_heads,
    few_shot,
    methods_of,
    score_table,
    scribblings,
    stroke_numbers,
)
from .figure import Figure
from .methods import PEER, ROWS_PER_TREE
from .result import Findings
from .settings import PLACEHOLDERS, Settings, Tell, shown_name
from .table import Table, make_table
from .task import PER_CLASS, Task, synthetic_task
from .task_scores import mean_of

BACKBONES = ("filters", *PLACEHOLDERS)
_PAINTED, _JUDGED, _SIZE = 1, 3, 128
_STOPPED_EARLY = " In a quick run LinearSegHead stops before it has converged."
# The segmentation head takes seconds to minutes for each.
_FOR_HEADS = 2
_FEW_SHOT_SEEDS, _QUICK_FEW_SHOT_SEEDS = 3, 2

MakeTask = Callable[[Path, bool], Task]


def heads_on_synthetic(settings: Settings, tell: Tell) -> Findings:
    """Compare heads on each backbone, pixel by pixel, over all modalities."""
    backbones = settings.chosen(BACKBONES)
    steps = _Steps("heads", tell, len(MODALITIES) * len(backbones) * 4)
    count = scribblings(settings)
    f1: dict[str, dict[tuple[str, str], float]] = {}
    for modality in MODALITIES:
        task = synthetic_task(modality, _PAINTED, _JUDGED, _SIZE, settings.seed)
        strokes = task.scribbles(count, settings.seed)
        for backbone in backbones:
            found = compare_heads(task, backbone, strokes, settings.quick, steps.next)
            for head, scores in found.scores.items():
                f1.setdefault(head, {})[modality, backbone] = float(np.mean([each.f1 for each in scores]))
    rows = [
        [shown_name(backbone), head, *cells, float(np.mean(cells))]
        for backbone in backbones
        for head, values in f1.items()
        for cells in [[values[modality, backbone] for modality in MODALITIES]]
    ]
    title = "Heads: F1 of the foreground's pixels in images without strokes"
    return Findings(
        tables=(make_table("heads", title, ["backbone", "head", *MODALITIES, "mean"], rows),),
        protocol=(
            f"Synthetic images of {_SIZE} × {_SIZE} px (seed {settings.seed}): {PER_CLASS} strokes of each "
            f"class on one, {_JUDGED} others judged at every pixel; mean over {count} scribblings. All heads "
            "see the same strokes; the last one sees the whole mask of the painted image instead."
            + (_STOPPED_EARLY if settings.quick else "")
        ),
    )


def few_shot_on_synthetic(settings: Settings, tell: Tell) -> Findings:
    """Draw F1 against the number of strokes, for each modality, backbone and the peer."""
    backbones = settings.chosen(BACKBONES)
    numbers, seeds = stroke_numbers(settings), _few_shot_seeds(settings)
    steps = _Steps("few strokes", tell, len(MODALITIES) * (len(backbones) + 1))
    found = {}
    for modality in MODALITIES:
        task = synthetic_task(modality, _PAINTED, _JUDGED, _SIZE, settings.seed)
        found[modality] = few_shot(task, methods_of(task, backbones), numbers, seeds, steps.next)
    title = "Few strokes: F1 of the foreground's pixels by the number of strokes of each class"
    return Findings(
        tables=(_few_shot_table("few_shot", title, found, numbers),),
        figures=(charts.curves("few_shot", title, numbers, found, "strokes of each class", "F1"),),
        protocol=(
            f"Synthetic images of {_SIZE} × {_SIZE} px (seed {settings.seed}): strokes on one, {_JUDGED} "
            f"others judged at every pixel; linear probe; mean over {len(seeds)} scribblings (seeds "
            f"{listed(seeds)}). Where a class has no room for more strokes, fewer are drawn."
        ),
    )


def on_real(make_task: MakeTask, settings: Settings, tell: Tell) -> Findings:
    """Compare backbones with the peer, heads, and numbers of strokes on a set of real data."""
    assert settings.data is not None
    task = make_task(settings.data, settings.quick)
    backbones = settings.chosen(BACKBONES)
    steps = _Steps(task.title, tell, 2 * (len(backbones) + 1) + 4)
    strokes = task.scribbles(scribblings(settings), settings.seed)
    makers = methods_of(task, backbones)
    found = compare(task, makers, strokes, steps.next)
    by_heads = compare_heads(task, backbones[0], strokes[:_FOR_HEADS], settings.quick, steps.next)
    numbers, seeds = stroke_numbers(settings), _few_shot_seeds(settings)
    few = {task.title: few_shot(task, makers, numbers, seeds, steps.next)}
    title, first = task.title, shown_name(backbones[0])
    few_title = f"{title}: F1 by the number of strokes of each class"
    return Findings(
        tables=(
            score_table(task.name, f"{title}: linear probe on each backbone", task, found, PEER),
            score_table(f"{task.name}_heads", f"{title}: heads on {first}", task, by_heads),
            _few_shot_table(f"{task.name}_few_shot", few_title, few, numbers),
        ),
        figures=(
            _picture(task, found),
            charts.curves(
                f"{task.name}_few_shot", few_title, numbers, few, "strokes of each class", "F1", size=4.2
            ),
        ),
        notes=(_best_note(found),),
        protocol=(
            f"{task.about} Mean and standard deviation over {len(strokes)} scribblings; all methods see the "
            f"same strokes. {PEER} is its trainable segmentation with the settings of its gallery, save "
            f"that each tree sees at least {ROWS_PER_TREE} pixels. F1 is that of "
            + (f"{task.class_names[2]}." if len(task.classes) == 2 else "the classes on average.")
            + (_STOPPED_EARLY if settings.quick else "")
            + " Seconds are those to fit and to predict the judged planes, features at hand, on this machine."
        ),
    )


class _Steps:
    """Counts what is done, and tells it."""

    def __init__(self, what: str, tell: Tell, total: int) -> None:
        self._what, self._tell, self._total, self._done = what, tell, total, 0

    def next(self, name: str) -> None:
        self._tell(self._what, min(self._done, self._total), self._total)
        self._done += 1


def _few_shot_seeds(settings: Settings) -> range:
    count = _QUICK_FEW_SHOT_SEEDS if settings.quick else _FEW_SHOT_SEEDS
    return range(settings.seed, settings.seed + count)


def _few_shot_table(
    name: str, title: str, found: dict[str, dict[str, list[float]]], numbers: tuple[int, ...]
) -> Table:
    rows = [[task, method, *f1] for task, methods in found.items() for method, f1 in methods.items()]
    columns = ["images", "method", *(str(number) for number in numbers)]
    if len(found) == 1:
        columns, rows = columns[1:], [row[1:] for row in rows]
    return make_table(name, title, columns, rows)


def _best_note(found: Compared) -> str:
    """Say which method is best, and whether by more than the scribblings differ."""
    means = {name: mean_of(scores, "f1") or 0.0 for name, scores in found.scores.items()}
    spread = {name: float(np.std([each.f1 for each in scores])) for name, scores in found.scores.items()}
    best = max(means, key=lambda name: means[name])
    if best == PEER:
        return f"{PEER} has the highest F1 ({means[best]:.3f})."
    ahead = means[best] - means[PEER]
    wider = "more" if ahead > max(spread[best], spread[PEER]) else "no more"
    return (
        f"{best} has the highest F1, {means[best]:.3f}, {ahead:.3f} above {PEER}: {wider} than the standard "
        "deviation from one scribbling to the next."
    )


def _picture(task: Task, found: Compared) -> Figure:
    """Draw the first painted plane with strokes, a judged one with its truth and what was predicted."""
    painted, judged = next(iter(task.paint)), next(iter(task.judged))
    strokes, _ = next(iter(found.shown.values()))
    normalisation = task.stack.normalisation()
    seen, other = (normalisation.apply(task.stack.plane(plane)) for plane in (painted, judged))
    counted = task.judged[judged] > 0
    images = {
        "strokes": charts.coloured(seen, strokes[painted], 1.0),
        "truth": charts.coloured(other, _but_the_first(task.judged[judged])),
    }
    for method, (_, predicted) in found.shown.items():
        labels = np.asarray(task.classes)[predicted[judged].argmax(axis=2)]
        images[method] = charts.coloured(other, _but_the_first(np.where(counted, labels, 0)))
    title = f"{task.title}: strokes, truth, and what each method makes of them; class 1 is left as it is"
    return charts.gallery(f"{task.name}_pictures", title, images)


def _but_the_first(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Leave out class 1, which is what lies around."""
    return np.where(labels == 1, 0, labels)
