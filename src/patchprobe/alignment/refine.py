"""A transform brought to a fraction of a pixel by the slope of the images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from .level import FloatPlane, Level, correlate, seen_through, warped
from .models import generators
from .transform import FloatArray, Transform

_ITERATIONS = 40
# Of a cell, at the corners; far less than what is seen.
_STILL = 0.01
# The slope points the right way only within about the size of what is seen.
_REACH = 12.0
_LEAST_CELLS = 64


@dataclass(frozen=True)
class Fit:
    """How well two levels agree under a matrix.

    Parameters
    ----------
    matrix : ndarray of float64, shape (3, 3)
        In cells.
    correlation : float
        Normalised correlation over what both show, −1 to 1.
    overlap : float
        What both show, as a share of the smaller of the two; 0 to 1.
    support : float, optional
        What the search found for it, where that tells more than intensity on fine cells.
    """

    matrix: FloatArray
    correlation: float
    overlap: float
    support: float | None = None

    @property
    def evidence(self) -> float:
        """Correlation × √overlap; see `ShiftScores.evidence`."""
        return float(self.correlation * np.sqrt(self.overlap))

    @property
    def merit(self) -> float:
        """By which places are compared: the support of the search if there is one, else the evidence."""
        return self.evidence if self.support is None else self.support


def judge(fixed: Level, moving: Level, matrix: FloatArray) -> Fit:
    """Correlate two levels under a matrix in cells."""
    image, mask = seen_through(moving, Transform(matrix), fixed.image.shape)
    both = fixed.mask & mask
    most = max(1, min(int(fixed.mask.sum()), int(moving.mask.sum())))
    return Fit(matrix, correlate(fixed.image, image, both), min(1.0, int(both.sum()) / most))


def refine(fixed: Level, moving: Level, start: FloatArray, model: str) -> Fit:
    """Maximise the normalised correlation of two levels by Gauss-Newton.

    The least squares of ``fixed − gain · moving(matrix) − brightness`` over the pixels that both show, whose
    minimum over gain and brightness is where the correlation is largest (Evangelidis & Psarakis, IEEE
    Trans. PAMI 30, 2008, eq. 2 and 6). Unlike OpenCV's `findTransformECC` it has the model similarity, and
    in all versions a mask on either side.

    Parameters
    ----------
    fixed, moving : Level
    start : ndarray, shape (3, 3)
        In cells, right to a few of them.
    model : {"translation", "rigid", "similarity", "affine"}

    Returns
    -------
    Fit
        Never a lower correlation than at `start`: that is what comes back when it leads nowhere.
    """
    begun = best = judge(fixed, moving, start)
    stacked = _with_slopes(moving)
    frame = _Frame(fixed, model)
    matrix = start
    for _ in range(_ITERATIONS):
        step = frame.step(warped(stacked, matrix, fixed.mask.shape), matrix)
        if step is None:
            break
        after = frame.moved(matrix, step)
        change = frame.distance(after, matrix)
        matrix = after
        if frame.distance(matrix, start) > _REACH:
            break
        if change < _STILL:
            best = judge(fixed, moving, matrix)
            break
    else:
        best = judge(fixed, moving, matrix)
    return best if best.evidence >= begun.evidence else begun


class _Frame:
    """The fixed level's positions, around its middle, and what a step along each parameter does there."""

    def __init__(self, fixed: Level, model: str) -> None:
        self._fixed = fixed
        self._generators = generators(model).astype(np.float32)
        rows, cols = fixed.mask.shape
        self._centre = np.array([(rows - 1) / 2, (cols - 1) / 2])
        self._y = (np.arange(rows, dtype=np.float32) - self._centre[0])[:, None]
        self._x = (np.arange(cols, dtype=np.float32) - self._centre[1])[None, :]
        self._corners = np.array([(y, x, 1.0) for y in (0, rows - 1) for x in (0, cols - 1)]).T

    def step(self, seen: FloatPlane, matrix: FloatArray) -> npt.NDArray[np.float64] | None:
        """Solve for the step from the moving image, its slopes and mask, as seen under the matrix."""
        weight = (self._fixed.mask & (seen[..., 3] > 0.99)).astype(np.float32)
        if weight.sum() < _LEAST_CELLS:
            return None
        image, down, across = (seen[..., k] for k in range(3))
        (a, b), (c, d) = np.asarray(matrix[:2, :2], np.float32)
        # The slope in the fixed frame's own directions, for steps that are made before the matrix.
        slope_y, slope_x = down * a + across * c, down * b + across * d
        columns = [slope_y, slope_x]
        for (g, h), (i, j) in self._generators:
            columns.append(slope_y * (g * self._y + h * self._x) + slope_x * (i * self._y + j * self._x))
        design = np.stack([*columns, image, np.ones_like(image)]).reshape(len(columns) + 2, -1)
        weighted = design * weight.ravel()
        normal = (weighted @ design.T).astype(np.float64)
        right = (weighted @ self._fixed.image.ravel()).astype(np.float64)
        scale = np.sqrt(np.maximum(np.diag(normal), 1e-12))
        solved = np.linalg.lstsq(normal / np.outer(scale, scale), right / scale, rcond=1e-6)[0] / scale
        gain = solved[-2]
        return None if gain <= 1e-3 else np.asarray(solved[:-2] / gain)

    def moved(self, matrix: FloatArray, step: npt.NDArray[np.float64]) -> FloatArray:
        """Make the step, about the middle of the fixed frame, then the matrix."""
        small = np.eye(3)
        small[:2, :2] = expm(np.tensordot(step[2:], self._generators, axes=1))
        small[:2, 2] = self._centre - small[:2, :2] @ self._centre + step[:2]
        return np.asarray(matrix @ small)

    def distance(self, one: FloatArray, other: FloatArray) -> float:
        """How far apart two matrices bring the corners, in cells."""
        return float(np.abs(((one - other) @ self._corners)[:2]).max())


def _with_slopes(level: Level) -> FloatPlane:
    down, across = np.gradient(level.image)
    return np.dstack([level.image, down, across, level.mask.astype(np.float32)]).astype(np.float32)
