"""Rigid motions about the middle of a plane: the closest one to a transform, and what lies between two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .transform import FloatArray, Transform


@dataclass(frozen=True)
class Rigid:
    """A turn about a point, then a shift.

    Parameters
    ----------
    shift : tuple of float
        (dy, dx) of that point, in pixels.
    angle : float
        In radians; positive turns the row axis towards the column axis.
    """

    shift: tuple[float, float]
    angle: float

    def matrix(self, centre: FloatArray) -> FloatArray:
        """Return the 3 × 3 matrix on (row, col, 1) of the turn about `centre`, (y, x)."""
        out = np.eye(3)
        if self.angle:
            out[:2, :2] = turn(self.angle)
            out[:2, 2] = centre - out[:2, :2] @ centre
        out[:2, 2] += self.shift
        return out


def turn(angle: float) -> FloatArray:
    """Return the 2 × 2 matrix of a turn on (row, col)."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def angle_of(matrix: FloatArray) -> float:
    """Return the angle, in radians, of the turn on (row, col) that is nearest to a matrix.

    That is the orthogonal factor of the polar decomposition, in closed form for 2 × 2. It is positive from
    row towards col, against the clock as seen, for rows go downwards.
    """
    (a, b), (c, d) = matrix[:2, :2]
    return math.atan2(c - b, a + d)


def rigid_part(matrix: FloatArray, centre: FloatArray) -> Rigid:
    """Return the rigid motion that takes `centre` where `matrix` does and turns as it does on average."""
    shift = matrix[:2, :2] @ centre + matrix[:2, 2] - centre
    if np.array_equal(matrix[:2, :2], np.eye(2)):
        shift = matrix[:2, 2]
    return Rigid((float(shift[0]), float(shift[1])), angle_of(matrix))


def between(before: Transform, after: Transform, share: float, centre: FloatArray) -> Transform:
    """Return what lies between two transforms: `share` 0 is the first, 1 the second.

    The shift of `centre` and the angle are interpolated, and so is what each of the two has beyond its
    rigid part; interpolated matrices would shrink what turns.
    """
    one, other = (rigid_part(transform.matrix, centre) for transform in (before, after))
    beyond = [
        np.linalg.solve(rigid.matrix(centre), transform.matrix)
        for rigid, transform in ((one, before), (other, after))
    ]
    # The short way round.
    difference = math.remainder(other.angle - one.angle, math.tau)
    dy, dx = ((1 - share) * a + share * b for a, b in zip(one.shift, other.shift, strict=True))
    rigid = Rigid((dy, dx), one.angle + share * difference)
    matrix = rigid.matrix(centre)
    if not (before.is_translation and after.is_translation):
        matrix = matrix @ ((1 - share) * beyond[0] + share * beyond[1])
        matrix[2] = (0, 0, 1)
    return Transform(matrix)
