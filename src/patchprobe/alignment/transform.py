"""A map from one plane to another, as one 3 × 3 matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .plane_map import Factor, FloatArray, PlaneMap, as_points, scaling

__all__ = ["FloatArray", "Transform"]


@dataclass(frozen=True, eq=False)
class Transform(PlaneMap):
    """Affine map of pixel positions from a fixed plane to a moving plane.

    What lies at `p` in the fixed plane lies at ``matrix @ (y, x, 1)`` in the moving plane. So the same
    matrix pulls the moving plane into the frame of the fixed one: ``aligned[p] = moving[matrix @ p]``,
    which is the convention of `scipy.ndimage.affine_transform`.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Acts on columns (row, col, 1), in pixels; the last row is (0, 0, 1).

    Raises
    ------
    InputError
        If the matrix is not 3 × 3, not finite, not affine or cannot be inverted.
    """

    matrix: FloatArray

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not np.allclose(matrix[2], (0, 0, 1)):
            raise InputError(
                "A transform is a finite 3 × 3 matrix on (row, col, 1) with last row 0, 0, 1; "
                f"got {matrix.tolist()}."
            )
        if abs(np.linalg.det(matrix)) < 1e-12:
            raise InputError(f"The transform {matrix.tolist()} maps the plane to a line and has no inverse.")
        matrix.flags.writeable = False
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def identity(cls) -> Transform:
        """Return the map that leaves every position where it is."""
        return cls(np.eye(3))

    @classmethod
    def translation(cls, shift: Sequence[float]) -> Transform:
        """Return the map that adds `shift`, (dy, dx) in pixels."""
        matrix = np.eye(3)
        matrix[:2, 2] = shift
        return cls(matrix)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transform) and bool(np.array_equal(self.matrix, other.matrix))

    def __hash__(self) -> int:
        return hash(self.matrix.tobytes())

    @property
    def shift(self) -> tuple[float, float]:
        """Where the fixed plane's pixel (0, 0) lies in the moving plane: (dy, dx) in pixels."""
        return float(self.matrix[0, 2]), float(self.matrix[1, 2])

    @property
    def is_translation(self) -> bool:
        """Whether positions are only shifted."""
        return bool(np.array_equal(self.matrix[:2, :2], np.eye(2)))

    @property
    def affine_part(self) -> Transform:
        """The transform itself."""
        return self

    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Map positions (n, 2), in (y, x) order, from the fixed to the moving plane."""
        return as_points(points) @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def inverse(self) -> Transform:
        """Return the map from the moving plane back to the fixed one."""
        if self.is_translation:
            return Transform.translation((-self.matrix[0, 2], -self.matrix[1, 2]))
        matrix = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        matrix[2] = (0, 0, 1)
        return Transform(matrix)

    @overload
    def compose(self, after: Transform) -> Transform: ...
    @overload
    def compose(self, after: PlaneMap) -> PlaneMap: ...
    def compose(self, after: PlaneMap) -> PlaneMap:
        """Return the map that does this one first, then `after`.

        With this one from plane 0 to plane 1 and `after` from 1 to 2, the result is from 0 to 2.
        """
        return self.followed_by(after) if isinstance(after, Transform) else super().compose(after)

    def followed_by(self, after: Transform) -> Transform:
        """Return the affine map that does this one first, then `after`."""
        return Transform(after.matrix @ self.matrix)

    def scaled(self, factor: Factor, *, thinned: bool = False) -> Transform:
        """Return the same map between planes of another resolution, as of `PlaneMap`.

        With S from a position of this resolution to the other, the result is S · matrix · S⁻¹.
        """
        scale, offset = scaling(factor, thinned)
        matrix = np.array(self.matrix)
        matrix[:2, :2] *= scale[:, None] / scale[None, :]
        matrix[:2, 2] = scale * self.matrix[:2, 2] + offset - matrix[:2, :2] @ offset
        return Transform(matrix)
