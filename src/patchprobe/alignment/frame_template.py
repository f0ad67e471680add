"""The template of a movie: the mean of frames brought onto it, made without knowing it before."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from .frame_matcher import FrameFilter, Template
from .intensity import Section
from .level import FloatPlane, Level, warped
from .plane_map import FloatArray
from .refine import refine
from .transform import Transform

# So many frames are tried as the first template, beside the plain mean of all.
_TRIED = 8
_MOST_ROUNDS = 8
# In cells, at the median frame: less than is seen.
_STILL = 0.02
# What resembles the template less than this share of what most frames do is not made part of it.
LEAST_ALIKE = 0.5

# In cells; numbers are those of planes.
Frames = Mapping[int, FloatPlane]


@dataclass(frozen=True, eq=False)
class Placed:
    """Where one frame lies on a template.

    Parameters
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Template to frame, in cells.
    score, distinctness, odds, at_rim
        As of `Match`.
    """

    matrix: FloatArray
    score: float
    distinctness: float
    odds: float
    at_rim: bool


class MeanImage:
    """Frames added up where they lie on the template.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols), in cells.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._sum = np.zeros(shape, np.float32)
        self._weight = np.zeros(shape, np.float32)
        self._members: dict[int, FloatArray] = {}

    def add(self, number: int, frame: FloatPlane, matrix: FloatArray) -> None:
        """Add a frame that lies by `matrix`, template to frame."""
        image, weight = _pulled(frame, matrix)
        self._sum += image
        self._weight += weight
        self._members[number] = matrix

    def __contains__(self, number: int) -> bool:
        return number in self._members

    @property
    def image(self) -> FloatPlane:
        """The mean of all frames, (rows, cols)."""
        return _mean(self._sum, self._weight)

    def without(self, number: int, frame: FloatPlane) -> FloatPlane:
        """Return the mean of all frames but one.

        By its noise a frame resembles a template that it is part of best where it lay before, the more so
        the fewer frames there are.
        """
        if number not in self or len(self._members) == 1:
            return self.image
        image, weight = _pulled(frame, self._members[number])
        return _mean(self._sum - image, self._weight - weight)


class FramePlacer:
    """Places the frames of one movie on templates.

    Parameters
    ----------
    frame_filter : FrameFilter
    model : {"translation", "rigid", "similarity", "affine"}
        More than a translation is found by the slope of the images, from the best shift.
    """

    def __init__(self, frame_filter: FrameFilter, model: str) -> None:
        self.filter = frame_filter
        self._model = model

    def place(self, frame: FloatPlane, template: Template) -> Placed:
        """Find where a frame lies on a template."""
        match = template.match(frame)
        matrix = np.eye(3)
        matrix[:2, 2] = match.shift
        if self._model != "translation":
            matrix = self._turned(frame, template, match.shift)
        return Placed(matrix, match.score, match.distinctness, match.odds, match.at_rim)

    def on_mean(self, number: int, frame: FloatPlane, mean: MeanImage) -> Placed:
        """Find where a frame lies on the mean of the others."""
        return self.place(frame, Template(self.filter, mean.without(number, frame)))

    def _turned(self, frame: FloatPlane, template: Template, shift: tuple[float, float]) -> FloatArray:
        # The template is pulled and not the frame: interpolation would change the noise of the frame with its
        # place, and the slopes of the template have next to none.
        fixed, moving = (
            Level.of_section(Section(one[:, :, None], np.ones(one.shape, np.bool_)), 1)
            for one in (frame, template.image)
        )
        start = Transform.translation((-shift[0], -shift[1])).matrix
        return np.asarray(np.linalg.inv(refine(fixed, moving, start, self._model).matrix))


def make_template(frames: Frames, placer: FramePlacer) -> Generator[None, None, tuple[MeanImage, float]]:
    """Make a template of frames.

    It begins with the plain mean, which is sharp where a movie hardly moves, and with the frame that most
    others resemble, which is sharp where it does; the one that leads to more likeness is gone on with. Then
    all frames are placed on the mean of the others, again and again until none moves.

    Parameters
    ----------
    frames : mapping of int to ndarray of float32, shape (rows, cols)
    placer : FramePlacer

    Yields
    ------
    None
        After each frame that was placed: a place to stop.

    Returns
    -------
    tuple of (MeanImage, float)
        And the score of the median frame.
    """
    still = {number: Placed(np.eye(3), 1.0, 1.0, 0.0, False) for number in frames}
    starts = [_mean_of(frames, still)]
    if len(frames) > 2:
        typical = yield from _most_typical(frames, placer)
        only = Template(placer.filter, frames[typical])
        placed = {}
        for number, frame in frames.items():
            placed[number] = placer.place(frame, only)
            yield
        starts.append(_mean_of(frames, placed))
    rounds = []
    for mean in starts:
        rounds.append((yield from _all_placed(frames, placer, mean)))
    placed = max(rounds, key=_typical_score)
    for _ in range(_MOST_ROUNDS):
        before = placed
        mean = _mean_of(frames, before)
        placed = yield from _all_placed(frames, placer, mean)
        moved = [np.hypot(*(placed[n].matrix - before[n].matrix)[:2, 2]) for n in frames]
        placed = _calmed(before, placed)
        if np.median(moved) < _STILL:
            break
    return _mean_of(frames, placed), _typical_score(placed)


def _most_typical(frames: Frames, placer: FramePlacer) -> Generator[None, None, int]:
    """Return the frame, of some spread over the movie, that the others resemble most."""
    numbers = list(frames)
    tried = [numbers[i] for i in np.unique(np.linspace(0, len(numbers) - 1, _TRIED).astype(int))]
    likeness: dict[int, float] = {}
    for number in tried:
        template = Template(placer.filter, frames[number])
        likeness[number] = sum(template.match(frames[other]).score for other in tried if other != number)
        yield
    best: int = max(tried, key=lambda number: likeness[number])
    return best


def _all_placed(
    frames: Frames, placer: FramePlacer, mean: MeanImage
) -> Generator[None, None, dict[int, Placed]]:
    placed = {}
    for number, frame in frames.items():
        placed[number] = placer.on_mean(number, frame, mean)
        yield
    return placed


def _mean_of(frames: Frames, placed: Mapping[int, Placed]) -> MeanImage:
    """Add up the frames that resemble the template, about the middle of where they lie."""
    least = LEAST_ALIKE * _typical_score(placed)
    alike = [number for number in frames if placed[number].score >= least]
    middle = np.eye(3)
    middle[:2, 2] = -np.median([placed[number].matrix[:2, 2] for number in alike], axis=0)
    shape = next(iter(frames.values())).shape
    mean = MeanImage((shape[0], shape[1]))
    for number in alike:
        mean.add(number, frames[number], placed[number].matrix @ middle)
    return mean


def _calmed(before: Mapping[int, Placed], after: Mapping[int, Placed]) -> dict[int, Placed]:
    """Let each frame stay by its share in the mean where it was.

    Else two frames, each placed on the other at once, would change places for ever.
    """
    share = 1 / len(after)
    return {
        number: Placed(
            (1 - share) * one.matrix + share * before[number].matrix,
            one.score,
            one.distinctness,
            one.odds,
            one.at_rim,
        )
        for number, one in after.items()
    }


def _typical_score(placed: Mapping[int, Placed]) -> float:
    return float(np.median([one.score for one in placed.values()]))


def _pulled(frame: FloatPlane, matrix: FloatArray) -> tuple[FloatPlane, FloatPlane]:
    """Pull a frame onto the template, and where it reaches; beyond, it is continued by its last pixels."""
    rows, cols = frame.shape
    image = warped(frame, matrix, (rows, cols), cv2.BORDER_REPLICATE)
    # A little, so that any frame that does reach there counts more.
    weight = np.maximum(warped(np.ones_like(frame), matrix, (rows, cols)), np.float32(0.01))
    return image * weight, weight


def _mean(total: FloatPlane, weight: FloatPlane) -> FloatPlane:
    return np.asarray(total / weight, np.float32)
