"""The coarse search: every shift under every angle, by several witnesses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter

from .score import ShiftScores, shift_scores
from .transform import FloatArray

Mask = npt.NDArray[np.bool_]

_MIN_OVERLAP = 0.2
# Under every angle of each witness so many peaks are looked at, and so many of all are kept.
_PEAKS = 3
_KEPT = 6
# Range of the overlap over which its effect can be told from that of a place.
_WIDE = 0.5
# Closer than this many cells, two peaks are one.
_APART = 4.0


@dataclass(frozen=True)
class Witness:
    """What two sections look like to one kind of feature, on a grid of cells.

    Parameters
    ----------
    name : str
    fixed, moving : ndarray of float32, shape (rows, cols, channels)
        Equal channels, of comparable weight.
    fixed_mask, moving_mask : ndarray of bool, shape (rows, cols)
    stride : float
        Of the cells, in pixels.
    origin : tuple of float
        (y, x) in pixels of the centre of cell (0, 0), in both sections.
    """

    name: str
    fixed: npt.NDArray[np.float32]
    moving: npt.NDArray[np.float32]
    fixed_mask: Mask
    moving_mask: Mask
    stride: float
    origin: tuple[float, float]


@dataclass(frozen=True)
class Turn:
    """An orientation of the moving section.

    Parameters
    ----------
    angle : float
        Degrees.
    is_flipped : bool
        Whether it lies on its face: mirrored along x before it is turned.
    """

    angle: float
    is_flipped: bool = False

    @property
    def matrix(self) -> FloatArray:
        """The 2 × 2 matrix from directions in the fixed section to those in the moving one."""
        angle = math.radians(self.angle)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        return turn @ np.diag([1.0, -1.0]) if self.is_flipped else turn


@dataclass(frozen=True)
class Hypothesis:
    """A place where the moving section may lie.

    Parameters
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Fixed to moving, in pixels.
    height : float
        Evidence in standard deviations above the mean of all shifts and angles, summed over witnesses.
    """

    matrix: FloatArray
    height: float


def turns(max_rotation: float, step: float, flips: bool) -> list[Turn]:
    """Angles to look at, no further apart than `step` degrees, 0 among them."""
    if max_rotation >= 180:
        count = math.ceil(180 / step)
        angles = [k * 180 / count for k in range(-count, count)]
    else:
        count = math.ceil(max_rotation / step) if max_rotation > 0 else 0
        angles = [k * max_rotation / max(count, 1) for k in range(-count, count + 1)]
    return [Turn(angle, flip) for flip in ((False, True) if flips else (False,)) for angle in angles]


def search(
    witnesses: Sequence[Witness], orientations: Sequence[Turn], reach: float | None
) -> list[Hypothesis]:
    """Find the likeliest places of the moving section.

    Parameters
    ----------
    witnesses : sequence of Witness
    orientations : sequence of Turn
    reach : float or None
        Farthest that the middle of the fixed section may be displaced along y or x, in pixels.

    Returns
    -------
    list of Hypothesis
        At most six, the likeliest first; empty if no shift leaves enough overlap.
    """
    maps = [_ScoreMaps(witness, orientations, reach) for witness in witnesses]
    found = [matrix for scores in maps for matrix in scores.peaks()]
    ranked = sorted(
        (
            Hypothesis(matrix, sum(scores.height(number, matrix) for scores in maps))
            for number, matrix in found
        ),
        key=lambda hypothesis: -hypothesis.height,
    )
    kept: list[Hypothesis] = []
    apart = _APART * max(witness.stride for witness in witnesses)
    corners = _corners(witnesses[0])
    for one in ranked:
        if all(_distance(one.matrix, other.matrix, corners) > apart for other in kept):
            kept.append(one)
        if len(kept) == _KEPT:
            break
    return kept


class _ScoreMaps:
    """The scores of one witness at every shift under every angle."""

    def __init__(self, witness: Witness, orientations: Sequence[Turn], reach: float | None) -> None:
        self._witness = witness
        self._frames = [_TurnedFrame(witness, turn, reach) for turn in orientations]
        self._level()
        looked_at = np.concatenate([f.evidence[f.is_allowed] for f in self._frames])
        self._mean = float(looked_at.mean()) if looked_at.size else 0.0
        self._spread = max(float(looked_at.std()), 1e-9) if looked_at.size else math.inf

    def _level(self) -> None:
        """Subtract what overlap alone does to the evidence.

        Uneven light, and what features tell of their place in the image, make two sections alike or unlike
        by how much of them is compared, whatever they show.
        """
        overlap = np.concatenate([f.scores.overlap[f.is_allowed] for f in self._frames])
        evidence = np.concatenate([f.evidence[f.is_allowed] for f in self._frames])
        # Within a short reach a place and its overlap are the same thing.
        if overlap.size and np.ptp(overlap) >= _WIDE:
            aside = overlap - overlap.mean(dtype=np.float64)
            slope = np.float32((aside @ evidence) / (aside @ aside))
            for frame in self._frames:
                frame.evidence = frame.evidence - slope * (frame.scores.overlap - 1)

    def peaks(self) -> list[tuple[int, FloatArray]]:
        """Return the number of the angle and the matrix of the highest local peaks."""
        return [
            (number, frame.matrix(shift))
            for number, frame in enumerate(self._frames)
            for shift in frame.peaks(_PEAKS)
        ]

    def height(self, number: int, matrix: FloatArray) -> float:
        """Evidence under an angle within a cell of a matrix, in standard deviations above the mean."""
        return (self._frames[number].evidence_near(matrix) - self._mean) / self._spread


class _TurnedFrame:
    """The moving grid of a witness, turned, and its scores against the fixed one."""

    def __init__(self, witness: Witness, turn: Turn, reach: float | None) -> None:
        self._witness = witness
        self._turn = turn.matrix
        rows, cols = witness.moving_mask.shape
        self._middle = np.array([(rows - 1) / 2, (cols - 1) / 2])
        extent = np.abs(self._turn) @ [rows, cols]
        shape = (math.ceil(extent[0] - 1e-6), math.ceil(extent[1] - 1e-6))
        self._canvas_middle = np.array([(shape[0] - 1) / 2, (shape[1] - 1) / 2])
        moving, mask = self._turned(shape)
        self._fixed_middle = (np.array(witness.fixed_mask.shape) - 1) / 2
        offset = self._canvas_middle - self._fixed_middle
        most = None
        if reach is not None:
            down, across = (math.ceil(reach / witness.stride + abs(o)) + 1 for o in offset)
            most = (down, across)
        if not mask.any():
            mask = np.ones_like(mask)
        self.scores: ShiftScores = shift_scores(
            witness.fixed, moving, witness.fixed_mask, mask, most, _MIN_OVERLAP
        )
        self.evidence = self.scores.evidence
        self.is_allowed = ~np.isnan(self.scores.correlation)
        if reach is not None:
            self.is_allowed &= self._is_within(reach / witness.stride)

    def _turned(self, shape: tuple[int, int]) -> tuple[npt.NDArray[np.float32], Mask]:
        witness = self._witness
        if np.array_equal(self._turn, np.eye(2)):
            return witness.moving, witness.moving_mask
        (a, b), (c, d) = self._turn
        y, x = self._middle - self._turn @ self._canvas_middle
        matrix = np.array([[d, c, x], [b, a, y]])

        def pull(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            return np.asarray(cv2.warpAffine(image, matrix, (shape[1], shape[0]), flags=flags))

        channels = [
            pull(np.ascontiguousarray(witness.moving[:, :, k])) for k in range(witness.moving.shape[2])
        ]
        return np.stack(channels, axis=2), pull(witness.moving_mask.astype(np.float32)) > 0.75

    def _is_within(self, cells: float) -> Mask:
        """Shifts that displace the middle of the fixed section by no more than so many cells."""
        reach_y, reach_x = self.scores.reach
        shifts = np.stack(
            np.meshgrid(np.arange(-reach_y, reach_y + 1), np.arange(-reach_x, reach_x + 1), indexing="ij"), -1
        )
        placed = (shifts + self._fixed_middle - self._canvas_middle) @ self._turn.T + self._middle
        return np.asarray(np.abs(placed - self._fixed_middle).max(axis=2) <= cells + 1)

    def peaks(self, count: int) -> list[tuple[float, float]]:
        """Return the highest local peaks, refined to a fraction of a cell."""
        evidence = np.where(self.is_allowed, self.evidence, -1)
        top = np.flatnonzero((evidence == maximum_filter(evidence, size=5)) & self.is_allowed)
        top = top[np.argsort(-evidence.flat[top])][:count]
        reach_y, reach_x = self.scores.reach
        places = [divmod(int(index), evidence.shape[1]) for index in top]
        return [self.scores.refined((row - reach_y, col - reach_x)) for row, col in places]

    def matrix(self, shift: tuple[float, float]) -> FloatArray:
        """Return the matrix from fixed to moving, in pixels, of a shift in cells on the turned grid."""
        stride, origin = self._witness.stride, np.array(self._witness.origin)
        matrix = np.eye(3)
        matrix[:2, :2] = self._turn
        at_zero = self._middle + self._turn @ (np.array(shift) - self._canvas_middle)
        matrix[:2, 2] = at_zero * stride + origin - self._turn @ origin
        return matrix

    def evidence_near(self, matrix: FloatArray) -> float:
        """Most evidence within a cell of a matrix in pixels that has this orientation."""
        stride, origin = self._witness.stride, np.array(self._witness.origin)
        at_zero = (matrix[:2, 2] - origin + self._turn @ origin) / stride
        shift = self._turn.T @ (at_zero - self._middle) + self._canvas_middle
        row, col = (round(float(s)) + r for s, r in zip(shift, self.scores.reach, strict=True))
        around = self.evidence[max(row - 1, 0) : max(row + 2, 0), max(col - 1, 0) : max(col + 2, 0)]
        return float(around.max(initial=-1.0))


def _corners(witness: Witness) -> FloatArray:
    rows, cols = witness.fixed_mask.shape
    return np.array([(y, x, 1.0) for y in (0, rows * witness.stride) for x in (0, cols * witness.stride)]).T


def _distance(one: FloatArray, other: FloatArray, corners: FloatArray) -> float:
    return float(np.hypot(*((one - other) @ corners)[:2]).mean())
