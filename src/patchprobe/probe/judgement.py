"""What can be said of each class from held-out strokes, in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .held_out import STROKES_TO_JUDGE, HeldOut

TOO_FEW = "Paint three strokes of each class to see how good it is."
_NUMBERS = {1: "one", 2: "two", 3: "three"}


@dataclass(frozen=True)
class ClassScore:
    """How well the strokes of one class were predicted while they were held out.

    Parameters
    ----------
    number : int
        Label of the class.
    name : str
    strokes : int
        As painted now.
    f1 : float or None
        None where it cannot be said.
    shares : tuple of float
        Share of its painted pixels that got each class, in the order of `Judgement.classes`; empty
        where it cannot be said.
    counts : tuple of int
        The same in whole strokes; empty too where the probe does not know.
    """

    number: int
    name: str
    strokes: int
    f1: float | None = None
    shares: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def missing(self) -> str:
        """What to do so that this class can be judged; empty where it is."""
        if self.f1 is not None:
            return ""
        if self.strokes >= STROKES_TO_JUDGE:
            return f"{self.name}: {count_of(self.strokes)}, judged at the next fit"
        if not self.strokes:
            return f"{self.name}: no strokes yet"
        wanted = _NUMBERS[STROKES_TO_JUDGE - self.strokes]
        return f"{self.name}: {count_of(self.strokes)}, paint {wanted} more to see how good it is"


@dataclass(frozen=True)
class Judgement:
    """The held-out score of a probe as it is shown to people.

    Parameters
    ----------
    accuracy : float or None
        None where nothing can be said yet.
    classes : tuple of ClassScore
        In the order of the list of classes.
    """

    accuracy: float | None
    classes: tuple[ClassScore, ...]

    @property
    def headline(self) -> str:
        """The score in one line, or what to do to get one."""
        if self.accuracy is None:
            return TOO_FEW
        judged = sum(score.strokes for score in self.classes if score.f1 is not None)
        return f"{judged} held-out strokes: accuracy {self.accuracy:.2f}"

    @property
    def missing(self) -> tuple[str, ...]:
        """Sentences on the classes that are too thin to be judged; empty before anything is painted."""
        if not any(score.strokes for score in self.classes):
            return ()
        return tuple(score.missing for score in self.classes if score.missing)

    @property
    def in_words(self) -> str:
        """The whole table as lines of text."""
        lines = [self._line(score) for score in self.classes if score.f1 is not None]
        return "\n".join(["Each stroke is predicted by a probe fitted on all others.", *lines])

    def _line(self, score: ClassScore) -> str:
        shares = ", ".join(
            f"{share:.0%} as {other.name}"
            + (f" ({count_of(score.counts[i])})" if score.counts and score.counts[i] else "")
            for i, (share, other) in enumerate(zip(score.shares, self.classes, strict=True))
            if share > 0
        )
        return f"{score.name}: F1 {score.f1:.2f}; {shares}"


def judgement(
    names: Mapping[int, str],
    strokes: Mapping[int, int],
    fitted: Sequence[int] = (),
    held_out: HeldOut | None = None,
) -> Judgement:
    """Bring a held-out score into the order of a list of classes.

    Parameters
    ----------
    names : mapping of int to str
        Name of each class by its number, in the order in which they are to be shown.
    strokes : mapping of int to int
        Strokes of each class as they are painted now; classes without any may be left out.
    fitted : sequence of int
        Numbers of the classes that the probe was fitted on, ascending.
    held_out : HeldOut, optional
        The score of that probe; its classes are those of `fitted`.

    Returns
    -------
    Judgement
        A class that the list no longer has is left out, with its row and column.
    """
    if held_out is None:
        scores = tuple(ClassScore(number, name, strokes.get(number, 0)) for number, name in names.items())
        return Judgement(None, scores)
    at = {number: index for index, number in enumerate(fitted)}

    def score_of(number: int, name: str) -> ClassScore:
        index = at.get(number)
        f1 = None if index is None else held_out.f1[index]
        if index is None or f1 is None:
            return ClassScore(number, name, strokes.get(number, 0))
        counts = held_out.stroke_confusion[index] if held_out.stroke_confusion else ()
        return ClassScore(
            number,
            name,
            held_out.strokes[index],
            f1,
            tuple(held_out.confusion[index][at[n]] if n in at else 0.0 for n in names),
            tuple(counts[at[n]] if n in at else 0 for n in names) if counts else (),
        )

    return Judgement(held_out.accuracy, tuple(score_of(number, name) for number, name in names.items()))


def count_of(strokes: int) -> str:
    """Return ``"1 stroke"``, ``"2 strokes"`` and so on."""
    return f"{strokes} stroke{'' if strokes == 1 else 's'}"
