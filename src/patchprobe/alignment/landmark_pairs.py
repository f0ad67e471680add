"""Landmarks of two sections as a value: added, taken away, fitted, written as CSV."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..errors import InputError
from ..io.replace_file import written_beside
from .landmarks import check_landmarks, fit_landmarks
from .models import LANDMARKS_NEEDED, check_model
from .plane_map import FloatArray, PlaneMap
from .transform import Transform

Point = tuple[float, float]

_SECTIONS = ("fixed", "moving")
_PLACES = ("fixed_y", "fixed_x", "moving_y", "moving_x")


@dataclass(frozen=True)
class LandmarkPairs:
    """Places that someone marked in two sections.

    Parameters
    ----------
    fixed, moving : int
        Numbers of the planes.
    pairs : tuple of (Point, Point)
        (y, x) in pixels in the fixed, and of the same thing in the moving section.
    """

    fixed: int
    moving: int
    pairs: tuple[tuple[Point, Point], ...] = ()

    @classmethod
    def of_arrays(cls, fixed: int, moving: int, fixed_points: Any, moving_points: Any) -> Self:
        """Take two arrays (n, 2) of (y, x) in pixels, row by row the same thing."""
        rows = np.hstack([np.reshape(points, (-1, 2)) for points in (fixed_points, moving_points)])
        return cls(fixed, moving, tuple(((y, x), (v, u)) for y, x, v, u in rows.astype(float).tolist()))

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def fixed_points(self) -> FloatArray:
        """(n, 2) in the fixed section."""
        return np.array([pair[0] for pair in self.pairs], dtype=np.float64).reshape(-1, 2)

    @property
    def moving_points(self) -> FloatArray:
        """(n, 2) in the moving section."""
        return np.array([pair[1] for pair in self.pairs], dtype=np.float64).reshape(-1, 2)

    def with_pair(self, fixed_point: Point, moving_point: Point) -> LandmarkPairs:
        """Add a pair."""
        return replace(self, pairs=(*self.pairs, (fixed_point, moving_point)))

    def with_moved(self, number: int, fixed_point: Point | None, moving_point: Point | None) -> LandmarkPairs:
        """Put one or both places of the pair of this number, from 0, somewhere else."""
        here, there = self.pairs[number]
        here = here if fixed_point is None else fixed_point
        there = there if moving_point is None else moving_point
        return replace(self, pairs=(*self.pairs[:number], (here, there), *self.pairs[number + 1 :]))

    def without(self, number: int) -> LandmarkPairs:
        """Take the pair of this number, from 0, away."""
        return replace(self, pairs=self.pairs[:number] + self.pairs[number + 1 :])

    def turned_round(self) -> LandmarkPairs:
        """Return the same landmarks with fixed and moving section exchanged."""
        return LandmarkPairs(self.moving, self.fixed, tuple((there, here) for here, there in self.pairs))

    def lacking(self, model: str) -> int:
        """Say how many pairs the model still needs; 0 if none."""
        check_model(model)
        return max(0, LANDMARKS_NEEDED[model] - len(self))

    def spare(self, model: str) -> int:
        """Say how many pairs there are beyond those that the model needs: only these tell how it fits."""
        check_model(model)
        return max(0, len(self) - LANDMARKS_NEEDED[model])

    def fit(self, model: str, tolerance: float) -> Transform:
        """Fit a transform to them by least squares; see `fit_landmarks`.

        Raises
        ------
        InputError
            If there are too few, or they do not determine the model.
        """
        points = check_landmarks((self.fixed_points, self.moving_points), model)
        return Transform(fit_landmarks(*points, model, tolerance))

    def offsets(self, transform: PlaneMap) -> FloatArray:
        """By how much the transform misses the places in the moving section: (n, 2) as (dy, dx) in pixels."""
        return self.moving_points - transform.points(self.fixed_points)

    def check_sections(self, n_planes: int) -> None:
        """Refuse landmarks of sections that a stack of so many planes does not have.

        Raises
        ------
        InputError
            If a number is not one of a plane, or both are the same.
        """
        numbers = {self.fixed, self.moving}
        if len(numbers) < 2 or not all(0 <= number < n_planes for number in numbers):
            raise InputError(
                f"There are landmarks of sections {self.fixed} and {self.moving}; the stack has sections "
                f"0 to {n_planes - 1}. Load landmarks of this stack, or correct the numbers in the file."
            )

    def as_json(self) -> dict[str, Any]:
        """Describe them by numbers, lists and dictionaries; places are (y, x) in pixels."""
        return {
            "fixed": self.fixed,
            "moving": self.moving,
            "fixed_points": self.fixed_points.tolist(),
            "moving_points": self.moving_points.tolist(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Make it from what `as_json` gave."""
        numbers = int(content["fixed"]), int(content["moving"])
        return cls.of_arrays(*numbers, content["fixed_points"], content["moving_points"])


def save_landmarks(path: str | os.PathLike[str], landmarks: Iterable[LandmarkPairs]) -> Path:
    """Write landmarks as CSV, one line for each pair, beside and then renamed.

    The columns are the numbers of the two sections, ``fixed`` and ``moving``, then ``fixed_y``,
    ``fixed_x``, ``moving_y`` and ``moving_x`` in pixels.
    """
    target = Path(path)
    with written_beside(target) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow((*_SECTIONS, *_PLACES))
        for one in landmarks:
            for here, there in one.pairs:
                lines.writerow((one.fixed, one.moving, *(f"{value:.9g}" for value in (*here, *there))))
    return target


def load_landmarks(
    path: str | os.PathLike[str], sections: tuple[int, int] | None = None
) -> tuple[LandmarkPairs, ...]:
    """Read landmarks as `save_landmarks` writes them.

    Parameters
    ----------
    path : str or path
    sections : tuple of int, optional
        Fixed and moving one of a file that has no columns for them.

    Returns
    -------
    tuple of LandmarkPairs
        One for each two sections, in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or something in it is not a number.
    """
    target = Path(path)
    try:
        with target.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from error
    head = [name.strip().lower() for name in lines[0]] if lines else []
    named = {*_SECTIONS} <= {*head}
    if not {*_PLACES} <= {*head} or not (named or sections):
        wanted = _PLACES if sections else (*_SECTIONS, *_PLACES)
        raise InputError(
            f"{target.name} has the columns {', '.join(head) or 'none'}. Landmarks need {', '.join(wanted)}, "
            "places in pixels."
        )
    found: dict[tuple[int, int], LandmarkPairs] = {}
    for number, line in enumerate(lines[1:], start=2):
        of, pair = _pair_of_line(line, head, sections, f"{target.name}, line {number}")
        found[of] = found.get(of, LandmarkPairs(*of)).with_pair(*pair)
    return tuple(found.values())


def _pair_of_line(
    line: Sequence[str], head: Sequence[str], sections: tuple[int, int] | None, where: str
) -> tuple[tuple[int, int], tuple[Point, Point]]:
    try:
        y, x, v, u = (float(line[head.index(name)]) for name in _PLACES)
        if {*_SECTIONS} <= {*head}:
            fixed, moving = (int(line[head.index(name)]) for name in _SECTIONS)
            sections = fixed, moving
    except (ValueError, IndexError) as error:
        raise InputError(f"{where}: {','.join(line)!r} does not say {', '.join(head)} as numbers.") from error
    if sections is None or not np.isfinite((y, x, v, u)).all():
        raise InputError(f"{where}: {','.join(line)!r} has a place that is not finite. Leave the pair out.")
    return sections, ((y, x), (v, u))
