"""Backbones, heads and numbers of strokes compared on a task."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..embedding import Embedding
from ..probe import LinearProbe
from .methods import PEER, Forest, Method, Predicted, by_head, embeddings_of, heads
from .settings import Settings, shown_name
from .table import Table, make_table
from .task import Strokes, Task
from .task_scores import TaskScore, mean_of, score

STROKES, QUICK_STROKES = (1, 2, 4, 8, 16, 32), (1, 4, 16)
_SCRIBBLES, _QUICK_SCRIBBLES = 5, 2

# The scores of each scribbling, by what was compared.
Scores = Mapping[str, Sequence[TaskScore]]


@dataclass(frozen=True)
class Compared:
    """Scores of methods over the same scribblings.

    Parameters
    ----------
    scores : mapping of str to list of TaskScore
        By method, one for each scribbling.
    seconds : mapping of str to float
        Mean time to fit and predict, features at hand, of all judged planes.
    shown : mapping of str to (Strokes, Predicted)
        By method, the first scribbling and what was predicted from it.
    """

    scores: Mapping[str, list[TaskScore]]
    seconds: Mapping[str, float]
    shown: Mapping[str, tuple[Strokes, Predicted]]


def scribblings(settings: Settings) -> int:
    """Return how many sets of strokes are drawn."""
    return _QUICK_SCRIBBLES if settings.quick else _SCRIBBLES


def stroke_numbers(settings: Settings) -> tuple[int, ...]:
    """Return the numbers of strokes of each class that few-shot curves are made of."""
    return QUICK_STROKES if settings.quick else STROKES


def methods_of(task: Task, backbones: Sequence[str]) -> dict[str, Callable[[], Method]]:
    """Return what is compared, by its name in tables: a linear probe on each backbone, and the peer.

    Each is made when it is needed, so that the features of one are in memory at a time.
    """
    makers: dict[str, Callable[[], Method]] = {
        shown_name(backbone): partial(_linear_probe, task, backbone) for backbone in backbones
    }
    return makers | {PEER: partial(Forest, task)}


def _linear_probe(task: Task, backbone: str) -> Method:
    return partial(by_head, task, embeddings_of(task, backbone), LinearProbe)


def compare(
    task: Task,
    makers: Mapping[str, Callable[[], Method]],
    strokes: Sequence[Strokes],
    tell: Callable[[str], None],
) -> Compared:
    """Fit each method on each scribbling and score it."""
    scores: dict[str, list[TaskScore]] = {}
    seconds: dict[str, float] = {}
    shown: dict[str, tuple[Strokes, Predicted]] = {}
    for name, make in makers.items():
        tell(name)
        method = make()
        scores[name], times = [], []
        for painted in strokes:
            began = time.perf_counter()
            predicted = method(painted)
            times.append(time.perf_counter() - began)
            scores[name].append(score(task, predicted))
            shown.setdefault(name, (painted, predicted))
        seconds[name] = float(np.mean(times))
    return Compared(scores, seconds, shown)


def compare_heads(
    task: Task, backbone: str, strokes: Sequence[Strokes], quick: bool, tell: Callable[[str], None]
) -> Compared:
    """Compare heads on one backbone: all on the strokes, and the segmentation head on whole masks too."""
    embeddings = embeddings_of(task, backbone)
    makers: dict[str, Callable[[], Method]] = {
        name: partial(_head, task, embeddings, make) for name, make in heads(quick).items()
    }
    found = compare(task, makers, strokes, tell)
    *_, (name, make) = heads(quick).items()
    dense = {f"{name}, whole masks": partial(_head, task, embeddings, make)}
    on_masks = compare(task, dense, [task.paint], tell)
    return Compared(
        {**found.scores, **on_masks.scores},
        {**found.seconds, **on_masks.seconds},
        {**found.shown, **on_masks.shown},
    )


def _head(task: Task, embeddings: Mapping[int, Embedding], make: Callable[[], Any]) -> Method:
    return partial(by_head, task, embeddings, make)


def few_shot(
    task: Task,
    makers: Mapping[str, Callable[[], Method]],
    numbers: Sequence[int],
    seeds: Sequence[int],
    tell: Callable[[str], None],
) -> dict[str, list[float]]:
    """Return the mean F1 over the seeds for each number of strokes, by method."""
    strokes = {number: [task.strokes(seed, number) for seed in seeds] for number in numbers}
    found = {}
    for name, make in makers.items():
        tell(name)
        method = make()
        found[name] = [
            float(np.mean([score(task, method(painted)).f1 for painted in strokes[number]]))
            for number in numbers
        ]
    return found


def score_table(name: str, title: str, task: Task, found: Compared, against: str | None = None) -> Table:
    """Return a row for each method: F1 of each class, and what else the task is judged by.

    Parameters
    ----------
    name, title : str
    task : Task
    found : Compared
    against : str, optional
        The method from which the others' difference in F1 is told.
    """
    some = next(iter(found.scores.values()))
    extra = [
        (key, head)
        for key, head in (("average_precision", "average precision"), ("object_f1", "F1 of objects"))
        if mean_of(some, key) is not None
    ]
    base = None if against is None else mean_of(found.scores[against], "f1")
    rows = []
    for method, scores in found.scores.items():
        f1 = [each.f1 for each in scores]
        row: list[str | float | None] = [method, float(np.mean(f1)), float(np.std(f1))]
        if base is not None:
            row.append(None if method == against else float(np.mean(f1)) - base)
        row += [float(np.mean([each.dice[i] for each in scores])) for i in range(len(task.classes))]
        row.append(float(np.mean([np.mean(each.iou) for each in scores])))
        rows.append([*row, *(mean_of(scores, key) for key, _ in extra), found.seconds[method]])
    columns: list[str | tuple[str, str]] = ["method", "F1", "±"]
    if base is not None:
        columns.append((f"more than {against}", "+.3f"))
    columns += [f"Dice, {task.class_names[number]}" for number in task.classes]
    columns += ["mean IoU", *(head for _, head in extra), ("seconds", ".2f")]
    return make_table(name, title, columns, rows)
