"""A found alignment put to the test: each part of the section is asked by itself.

A correlation over the whole section is always positive where it was searched for. But the parts of two
sections that do not belong together each prefer another place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .level import FloatPlane, Level, seen_through
from .plane_map import PlaneMap
from .score import parabola_peak
from .transform import FloatArray, Transform

# Blocks along the shorter side; they overlap by half.
_ALONG = 5
_SMALLEST = 16
# Of a block's side, how far around it is looked.
_AROUND = 0.25
_COVERED = 0.7
# Of the reach: nearer than this to where the alignment puts it, a block agrees. By chance
# 0.35² = 12 % of them do.
_NEAR = 0.35


@dataclass(frozen=True)
class BlockTest:
    """What the blocks of a section say of an alignment.

    Parameters
    ----------
    centres : ndarray of float64, shape (n, 2)
        (y, x) in pixels of the fixed section.
    displacements : ndarray of float64, shape (n, 2)
        How much further each block lies in the moving section than the alignment says: (dy, dx) in pixels,
        seen in the fixed frame.
    correlations : ndarray of float64, shape (n,)
        Of each block at its own best place.
    reach : float
        How far was looked, in pixels.
    """

    centres: FloatArray
    displacements: FloatArray
    correlations: FloatArray
    reach: float

    @property
    def agreeing(self) -> float:
        """Share of blocks whose best place is near where the alignment puts them; 0 without blocks."""
        if not len(self.displacements):
            return 0.0
        return float((np.abs(self.displacements).max(axis=1) <= _NEAR * self.reach).mean())

    def residual(self, pixel_size: tuple[float, float] = (1.0, 1.0)) -> float:
        """Median length of the displacements, in the unit of the pixel size; NaN without blocks."""
        if not len(self.displacements):
            return float("nan")
        return float(np.median(np.hypot(*(self.displacements * pixel_size).T)))


def blocks_of(
    fixed: Level, moving: Level, plane_map: PlaneMap, side: int | None = None, step: int | None = None
) -> BlockTest:
    """Let each block of the fixed level find its own place around where a map (in cells) puts it.

    Parameters
    ----------
    fixed, moving : Level
    plane_map : PlaneMap
        In cells.
    side, step : int, optional
        Side of a block and distance to the next, in cells; about five blocks along the shorter side that
        overlap by half, if not given.
    """
    rows, cols = fixed.mask.shape
    side = side or max(_SMALLEST, 2 * min(rows, cols) // (_ALONG + 1))
    step = step or max(1, side // 2)
    reach = max(4, round(side * _AROUND))
    # With room around the fixed frame, for parts of its rim that would rather lie further out.
    outwards = Transform.translation((-reach, -reach)).compose(plane_map)
    image, mask = seen_through(moving, outwards, (rows + 2 * reach, cols + 2 * reach))
    both = (fixed.mask & mask[reach:-reach, reach:-reach]).astype(np.float32)
    centres, displacements, correlations = [], [], []
    for top in range(0, rows - side + 1, step):
        for left in range(0, cols - side + 1, step):
            place = (slice(top, top + side), slice(left, left + side))
            if both[place].mean() < _COVERED or fixed.image[place].std() < 1e-3:
                continue
            around = image[top : top + side + 2 * reach, left : left + side + 2 * reach]
            offset, correlation = _best_place(fixed.image[place], around, reach)
            centres.append((top + (side - 1) / 2, left + (side - 1) / 2))
            displacements.append(offset)
            correlations.append(correlation)
    cell = fixed.cell
    return BlockTest(
        np.array(centres, dtype=np.float64).reshape(-1, 2) * cell + (cell - 1) / 2,
        np.array(displacements, dtype=np.float64).reshape(-1, 2) * cell,
        np.array(correlations, dtype=np.float64),
        float(reach * cell),
    )


def _best_place(block: FloatPlane, around: FloatPlane, reach: int) -> tuple[tuple[float, float], float]:
    """Offset (dy, dx) of the best match within reach, to a fraction of a cell, and its correlation."""
    scores: FloatPlane = cv2.matchTemplate(  # type: ignore[assignment]
        np.ascontiguousarray(around), np.ascontiguousarray(block), cv2.TM_CCOEFF_NORMED
    )
    row, col = np.unravel_index(int(np.argmax(scores)), scores.shape)
    dy = parabola_peak(scores[max(row - 1, 0) : row + 2, col])
    dx = parabola_peak(scores[row, max(col - 1, 0) : col + 2])
    return (int(row) + dy - reach, int(col) + dx - reach), float(scores[row, col])
