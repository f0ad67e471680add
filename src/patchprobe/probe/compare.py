"""Which classifier predicts strokes best that it has not seen."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..errors import InputError
from ..steps import TileDone
from .base import Probe
from .held_out import STROKES_TO_JUDGE, HeldOut, judge
from .registry import CLASSIFIERS, classifier_type
from .strokes import TrainingRows
from .training_set import TrainingSet, gather


@dataclass(frozen=True)
class Compared:
    """How one classifier did.

    Parameters
    ----------
    name, title : str
        See `Probe`.
    held_out : HeldOut
        Of strokes predicted by fits without them, the same ones for every classifier.
    seconds : float
        Time of a fit on all strokes, with its held-out score.
    behind, error : float
        How far its accuracy is behind the best one's, and the standard error of that difference.
    """

    name: str
    title: str
    held_out: HeldOut
    seconds: float
    behind: float = 0.0
    error: float = 0.0

    @property
    def is_as_good_as_the_best(self) -> bool:
        """Whether the strokes cannot tell it from the best: within one standard error."""
        return self.behind <= self.error


@dataclass(frozen=True)
class Comparison:
    """All classifiers that were compared.

    Parameters
    ----------
    candidates : tuple of Compared
        The simplest first.
    left_out : tuple of str
        Titles of those that need images which are not at hand.
    """

    candidates: tuple[Compared, ...]
    left_out: tuple[str, ...] = field(default=())

    @property
    def best(self) -> Compared:
        """The one with the highest accuracy on held-out strokes."""
        return min(self.candidates, key=lambda each: each.behind)

    @property
    def recommended(self) -> Compared:
        """The simplest that the strokes cannot tell from the best."""
        return next(each for each in self.candidates if each.is_as_good_as_the_best)

    def in_words(self) -> str:
        """Say what is recommended and why, in one or two sentences."""
        chosen, best = self.recommended, self.best
        if len(self.candidates) == 1:
            return f"Only {chosen.title} could be compared: accuracy {chosen.held_out.accuracy:.3f}."
        if chosen is best:
            return f"Recommended: {chosen.title}, which predicts held-out strokes best."
        return (
            f"Recommended: {chosen.title}, the simplest of those as good as the best "
            f"({best.title} is {chosen.behind:.3f} ahead, within the error of {chosen.error:.3f})."
        )


def compare_classifiers(
    rows: Sequence[TrainingRows],
    embeddings: Sequence[Embedding | None] | None = None,
    names: Sequence[str] | None = None,
) -> Generator[TileDone, None, Comparison]:
    """Compare classifiers by held-out strokes, with places to stop.

    Whole strokes are held out, a fifth of each class at a time; all classifiers see the same ones.

    Parameters
    ----------
    rows : sequence of TrainingRows
        One entry for each plane; see `read_rows`.
    embeddings : sequence of Embedding, optional
        That of each plane. Without them, classifiers that look around the strokes are left out.
    names : sequence of str, optional
        Which classifiers; all of them if not given.

    Yields
    ------
    TileDone
        After each fit.

    Returns
    -------
    Comparison
        `patchprobe.steps.finish` runs it to this end.

    Raises
    ------
    InputError
        If a class has fewer than three strokes.
    """
    kinds = [classifier_type(name) for name in (CLASSIFIERS if names is None else names)]
    training = gather(rows)
    if training.fewest_strokes < STROKES_TO_JUDGE:
        raise InputError(
            "Classifiers are compared by held-out strokes, and a class has fewer than three. "
            "Paint three strokes of each class first."
        )
    painted = [index for index, part in enumerate(rows) if len(part.classes)]
    given = [None if embeddings is None else embeddings[index] for index in painted]
    planes = [(rows[index], embedding) for index, embedding in zip(painted, given, strict=True)]
    able = [kind for kind in kinds if not kind.looks_around or None not in given]
    folds = list(training.folds())
    total = len(able) * (len(folds) + 1)
    outcomes = []
    for number, kind in enumerate(able):
        work = _outcome(kind, planes, training, folds)
        outcomes.append((yield from _counted(work, number * (len(folds) + 1), total, kind.title)))
    left_out = tuple(kind.title for kind in kinds if kind not in able)
    return Comparison(_ranked(training, outcomes), left_out)


_Planes = Sequence[tuple[TrainingRows, Embedding | None]]
_Outcome = tuple[Compared, npt.NDArray[np.bool_]]


def _outcome(
    kind: type[Probe], planes: _Planes, training: TrainingSet, folds: Sequence[npt.NDArray[np.bool_]]
) -> Generator[None, None, _Outcome]:
    """Predict all strokes by fits without them; return the score and which rows were right."""
    scores = np.zeros((len(training.target), len(training.classes)))
    ends = np.cumsum([len(part.classes) for part, _ in planes])[:-1]
    embeddings = [embedding for _, embedding in planes]
    for held_out in folds:
        masks = np.split(held_out, ends)
        seen = [part.part(~mask) for (part, _), mask in zip(planes, masks, strict=True)]
        probe = kind().fit_rows(seen, embeddings, judged=False)
        scores[held_out, 1:] = np.concatenate(
            [
                probe.logits_of(part.part(mask), embedding)
                for (part, embedding), mask in zip(planes, masks, strict=True)
                if mask.any()
            ]
        )
        yield
    began = time.perf_counter()
    kind().fit_rows([part for part, _ in planes], embeddings)
    seconds = time.perf_counter() - began
    yield
    held_out_score = judge(scores, training.target, training.pixels, training.strokes)
    assert held_out_score is not None
    is_right = scores.argmax(axis=1) == training.target
    return Compared(kind.name, kind.title, held_out_score, seconds), is_right


def _counted(
    work: Generator[None, None, _Outcome], before: int, total: int, title: str
) -> Generator[TileDone, None, _Outcome]:
    done = before
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: _Outcome = end.value
            return found
        done += 1
        yield TileDone(done, total, title)


def _ranked(training: TrainingSet, outcomes: Sequence[_Outcome]) -> tuple[Compared, ...]:
    """Fill in how far each is behind the best, and how sure that is."""
    _, best_right = max(outcomes, key=lambda outcome: outcome[0].held_out.accuracy)
    ranked = []
    for compared, is_right in outcomes:
        behind, error = _difference(training, best_right.astype(float) - is_right)
        ranked.append(
            Compared(compared.name, compared.title, compared.held_out, compared.seconds, behind, error)
        )
    return tuple(ranked)


def _difference(training: TrainingSet, difference: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean over classes of a difference of rows, and its standard error with strokes as what was drawn."""
    means, variances = [], []
    for index in range(len(training.classes)):
        of_class = training.target == index
        _, stroke = np.unique(training.strokes[of_class], return_inverse=True)
        pixels = np.bincount(stroke, weights=training.pixels[of_class])
        mean_of_stroke = (
            np.bincount(stroke, weights=training.pixels[of_class] * difference[of_class]) / pixels
        )
        share = pixels / pixels.sum()
        mean = share @ mean_of_stroke
        means.append(mean)
        n = len(pixels)
        variances.append((share**2 * (mean_of_stroke - mean) ** 2).sum() * n / (n - 1))
    return float(np.mean(means)), float(np.sqrt(np.sum(variances)) / len(means))
