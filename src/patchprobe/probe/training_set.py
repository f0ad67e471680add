"""The training rows of all planes in one piece: what a classifier is fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .reference import Reference, pool
from .strokes import TrainingRows, check_same_source

ClassWeight = Literal["balanced"] | None
_FOLDS = 5
_MOST_DRAWN = 4096


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Rows of one or more planes, with strokes numbered over all of them.

    Parameters
    ----------
    features : ndarray of float32, shape (n, channels)
    classes : ndarray of int, shape (k,)
        Painted classes, ascending.
    target : ndarray of int, shape (n,)
        Index in `classes` of each row.
    strokes : ndarray of int, shape (n,)
        Ascending.
    pixels : ndarray of float64, shape (n,)
        How many painted pixels a row stands for.
    reference : Reference
        Of all planes together.
    channels : tuple of int
        Of each block.
    """

    features: npt.NDArray[np.float32]
    classes: npt.NDArray[np.intp]
    target: npt.NDArray[np.intp]
    strokes: npt.NDArray[np.intp]
    pixels: npt.NDArray[np.float64]
    reference: Reference
    channels: tuple[int, ...]

    def weights(self, class_weight: ClassWeight) -> npt.NDArray[np.float64]:
        """Weight of each row: painted pixels, or as many for each class if ``"balanced"``."""
        if class_weight is None:
            return self.pixels
        painted = np.bincount(self.target, weights=self.pixels)
        balance = painted.sum() / (len(painted) * painted)
        return np.asarray(self.pixels * balance[self.target], dtype=np.float64)

    def drawn(self, class_weight: ClassWeight) -> npt.NDArray[np.intp]:
        """Draw up to 4096 rows as often as their weights say, for fits that take no weights.

        Returns
        -------
        ndarray of int
            Ascending.
        """
        return drawn_evenly(self.weights(class_weight), min(len(self.target), _MOST_DRAWN))

    @property
    def fewest_strokes(self) -> int:
        """Strokes of the class that has the fewest."""
        return min(np.unique(self.strokes[self.target == c]).size for c in range(len(self.classes)))

    def count_strokes(self) -> dict[int, int]:
        """Strokes of each class, by its number."""
        return {
            int(c): int(np.unique(self.strokes[self.target == i]).size) for i, c in enumerate(self.classes)
        }

    def part(self, chosen: npt.NDArray[np.bool_]) -> TrainingSet:
        """Return the rows that are chosen, which must hold every class."""
        return replace(
            self,
            features=self.features[chosen],
            target=self.target[chosen],
            strokes=self.strokes[chosen],
            pixels=self.pixels[chosen],
        )

    def folds(self) -> Iterator[npt.NDArray[np.bool_]]:
        """Yield masks of rows to hold out: whole strokes, each at most once, a fifth of them at a time.

        The strokes of each class take turns, so that every fold leaves strokes of every class to learn
        from. The only stroke of a class is never held out.
        """
        fold = np.full(len(self.strokes), -1)
        for c in range(len(self.classes)):
            of_class = self.target == c
            _, order = np.unique(self.strokes[of_class], return_inverse=True)
            if order.max() > 0:
                fold[of_class] = order % _FOLDS
        yield from (fold == index for index in range(_FOLDS) if (fold == index).any())


def gather(rows: Sequence[TrainingRows]) -> TrainingSet:
    """Bring the rows of painted planes together.

    Raises
    ------
    InputError
        If fewer than two classes are painted, nothing tells them apart, or the rows are of different
        backbones.
    """
    painted = [part for part in rows if len(part.classes)]
    numbers = np.concatenate([part.classes for part in painted] or [np.empty(0, dtype=np.intp)])
    classes = np.unique(numbers)
    if len(classes) < 2:
        found = f"only class {classes[0]} is" if len(classes) else "nothing is"
        what = "a second class" if len(classes) else "a little of each"
        raise InputError(f"A probe needs strokes of two classes; {found} painted. Paint {what}.")
    check_same_source(rows)
    features = np.concatenate([part.features for part in painted])
    reference = pool([part.reference for part in painted])
    if reference.is_constant and (features == features[0]).all():
        raise InputError(
            "The painted planes are constant, so nothing tells the classes apart. "
            "Check that the right file, data set or channel was opened, or paint on another plane."
        )
    return TrainingSet(
        features=features,
        classes=classes,
        target=np.searchsorted(classes, numbers),
        strokes=_number_strokes(painted),
        pixels=np.concatenate([part.weights for part in painted]),
        reference=reference,
        channels=painted[0].channels,
    )


def drawn_evenly(weights: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.intp]:
    """Draw rows as often as they weigh, without chance: at even steps of the summed weight.

    Returns
    -------
    ndarray of int, shape (count,)
        Ascending.
    """
    summed = np.cumsum(weights)
    at = (np.arange(count) + 0.5) * summed[-1] / count
    drawn: npt.NDArray[np.intp] = np.minimum(np.searchsorted(summed, at), len(weights) - 1)
    return drawn


def _number_strokes(rows: Sequence[TrainingRows]) -> npt.NDArray[np.intp]:
    """Give the strokes of all planes numbers of their own: each plane's go on where the last plane's end."""
    starts = np.cumsum([0] + [int(part.strokes.max()) + 1 for part in rows])
    return np.concatenate([part.strokes + start for part, start in zip(rows, starts, strict=False)])
