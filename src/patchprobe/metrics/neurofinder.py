"""Neurons in calcium movies as the Neurofinder challenge scores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import InputError

Region = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NeuronScore:
    """Neurons that were found, and how well their shapes agree.

    Parameters
    ----------
    recall : float
        Share of the true neurons that are matched.
    precision : float
        Share of the predicted neurons that are matched.
    inclusion : float
        Mean over the matches of the share of the true neuron's pixels that the predicted one has.
    exclusion : float
        Mean over the matches of the share of the predicted neuron's pixels that the true one has.
    matches : tuple of (int, int)
        Numbers of the true and the predicted neuron of each match.
    """

    recall: float
    precision: float
    inclusion: float
    exclusion: float
    matches: tuple[tuple[int, int], ...]

    @property
    def combined(self) -> float:
        """Harmonic mean of recall and precision: the order of the leaderboard."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


def neuron_score(
    truth: Sequence[npt.ArrayLike], prediction: Sequence[npt.ArrayLike], threshold: float = 5.0
) -> NeuronScore:
    """Match neurons by their centres and compare their pixels.

    Each true neuron in turn takes the nearest predicted one that is not taken yet and whose centre (mean of
    its pixels) is nearer than `threshold`. Neurofinder challenge (https://neurofinder.codeneuro.org), after
    the definitions of its evaluation program; threshold 5 px.

    Parameters
    ----------
    truth, prediction : sequence of array_like of int, each (pixels, 2)
        For each neuron the (y, x) of its pixels, as ``coordinates`` in ``regions.json``.
    threshold : float
        Distance of centres in pixels below which neurons match.

    Returns
    -------
    NeuronScore
        Without a match inclusion and exclusion are 0. Without neurons in either, recall and precision are 1.

    Raises
    ------
    InputError
        If a neuron is not a table of whole (y, x), or has no pixel.
    """
    known, found = _regions("truth", truth), _regions("prediction", prediction)
    matches = _matches(known, found, threshold)
    inclusion, exclusion = [], []
    for i, j in matches:
        common = len(_pixels(known[i]) & _pixels(found[j]))
        inclusion.append(common / len(_pixels(known[i])))
        exclusion.append(common / len(_pixels(found[j])))
    nothing = not known and not found
    return NeuronScore(
        recall=1.0 if nothing else len(matches) / max(len(known), 1),
        precision=1.0 if nothing else len(matches) / max(len(found), 1),
        inclusion=float(np.mean(inclusion)) if matches else 0.0,
        exclusion=float(np.mean(exclusion)) if matches else 0.0,
        matches=tuple(matches),
    )


def _matches(known: Sequence[Region], found: Sequence[Region], threshold: float) -> list[tuple[int, int]]:
    centres = np.array([region.mean(axis=0) for region in found]).reshape(-1, 2)
    free = np.ones(len(found), dtype=bool)
    matches = []
    for i, region in enumerate(known):
        distances = np.where(free, np.linalg.norm(centres - region.mean(axis=0), axis=1), np.inf)
        if len(distances) and distances.min() < threshold:
            j = int(distances.argmin())
            free[j] = False
            matches.append((i, j))
    return matches


def _regions(name: str, regions: Sequence[npt.ArrayLike]) -> list[Region]:
    arrays = [np.asarray(region) for region in regions]
    for number, array in enumerate(arrays):
        if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0 or not _are_whole(array):
            raise InputError(
                f"Neuron {number} of the {name} has the shape {array.shape}, {array.dtype}; wanted is a "
                "table of whole (y, x), a row for each of its pixels."
            )
    return [array.astype(np.int64) for array in arrays]


def _are_whole(array: npt.NDArray[np.generic]) -> bool:
    return bool(np.issubdtype(array.dtype, np.number) and (array == np.rint(array)).all())


def _pixels(region: Region) -> set[tuple[int, int]]:
    return {(int(y), int(x)) for y, x in region}
