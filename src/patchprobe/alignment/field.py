"""A map that bends: an affine part and smooth displacements on a coarse grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .plane_map import Factor, FloatArray, PlaneMap, as_points, scaling
from .spline import Degree, basis, basis_matrix, coefficients_through
from .transform import Transform

# The inverse is iterated until no position moves further than this, in pixels.
TOLERANCE = 1e-6
_MOST_STEPS = 100
# Between two nodes a cubic spline is looked at for folds at this many places along each axis.
_LOOKS = 8


@dataclass(frozen=True, eq=False)
class FieldTransform(PlaneMap):
    """Affine map plus displacements: ``points(p) = affine(p) + u(p)``.

    Parameters
    ----------
    affine : Transform
        From the fixed to the moving plane.
    displacements : array_like, shape (rows, cols, 2)
        u as (dy, dx) in pixels of the moving plane, at the nodes of a grid over the fixed plane; at least 2
        nodes along each axis. With ``"cubic"`` they are the coefficients of a uniform cubic B-spline (as of
        elastix and ITK); `through` makes them from values that the field shall take at the nodes.
    spacing : tuple of float
        (y, x) pixels of the fixed plane from one node to the next.
    origin : tuple of float
        (y, x) of node (0, 0) in the fixed plane, in pixels.
    degree : {"cubic", "linear"}
        Between the nodes. Beyond the outer ones the displacement there holds on.

    Raises
    ------
    InputError
        If the numbers are not finite or not in these shapes.

    References
    ----------
    Rueckert et al., "Nonrigid registration using free-form deformations", IEEE TMI 18(8), 1999, eq. 2.
    """

    affine: Transform
    displacements: FloatArray
    spacing: tuple[float, float]
    origin: tuple[float, float] = (0.0, 0.0)
    degree: Degree = "cubic"

    def __post_init__(self) -> None:
        nodes = np.array(self.displacements, dtype=np.float64)
        finite = bool(np.isfinite(nodes).all())
        if nodes.ndim != 3 or nodes.shape[2] != 2 or min(nodes.shape[:2]) < 2 or not finite:
            raise InputError(
                "Displacements are finite numbers (rows, cols, 2) with at least 2 × 2 nodes, (dy, dx) in "
                f"pixels; got shape {nodes.shape}{'' if finite else ' with NaN or infinity'}."
            )
        spacing, origin = _two(self.spacing, "spacing"), _two(self.origin, "origin")
        if min(spacing) <= 0:
            raise InputError(f"The spacing of nodes is positive along both axes; got {self.spacing}.")
        if self.degree not in get_args(Degree):
            raise InputError(f"Between nodes a field is 'cubic' or 'linear'; got {self.degree!r}.")
        nodes.flags.writeable = False
        for name, value in (("displacements", nodes), ("spacing", spacing), ("origin", origin)):
            object.__setattr__(self, name, value)

    @classmethod
    def through(
        cls,
        affine: Transform,
        values: npt.ArrayLike,
        spacing: tuple[float, float],
        origin: tuple[float, float] = (0.0, 0.0),
    ) -> FieldTransform:
        """Return the cubic field that takes these displacements (rows, cols, 2) at the nodes."""
        checked = cls(affine, np.asarray(values, dtype=np.float64), spacing, origin)
        return replace(checked, displacements=coefficients_through(checked.displacements))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FieldTransform)
            and (self.affine, self.spacing, self.origin, self.degree)
            == (other.affine, other.spacing, other.origin, other.degree)
            and bool(np.array_equal(self.displacements, other.displacements))
        )

    def __hash__(self) -> int:
        return hash((self.affine, self.spacing, self.origin, self.degree, self.displacements.tobytes()))

    @property
    def affine_part(self) -> Transform:
        """The map without its displacements."""
        return self.affine

    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Map positions (n, 2), in (y, x) order, from the fixed to the moving plane."""
        array = as_points(points)
        return self.affine.points(array) + self.displacement(array)

    def displacement(self, points: npt.ArrayLike) -> FloatArray:
        """Return u at positions (n, 2): (dy, dx) in pixels."""
        return self._sum_of_nodes(as_points(points), None)

    def raster(self, rows: npt.ArrayLike, cols: npt.ArrayLike) -> FloatArray:
        """Map all crossings of rows and columns, as of `PlaneMap`, at the price of two small products."""
        y, x = (np.asarray(part, dtype=np.float64) for part in (rows, cols))
        (down, near_rows), (across, near_cols) = (
            basis_matrix((positions - start) / step, n, self.degree)
            for positions, start, step, n in zip(
                (y, x), self.origin, self.spacing, self.displacements.shape[:2], strict=True
            )
        )
        matrix = self.affine.matrix
        nodes = self.displacements[near_rows, near_cols]
        bent = [down @ nodes[:, :, axis] @ across.T for axis in (0, 1)]
        return np.stack(
            [
                bent[axis] + (matrix[axis, 0] * y + matrix[axis, 2])[:, None] + matrix[axis, 1] * x
                for axis in (0, 1)
            ]
        )

    def jacobian(self, points: npt.ArrayLike) -> FloatArray:
        """Return the derivatives (n, 2, 2) at positions: entry [i, j] is of output axis i by input axis j."""
        array = as_points(points)
        slopes = [self._sum_of_nodes(array, axis) / self.spacing[axis] for axis in (0, 1)]
        return self.affine.matrix[:2, :2] + np.stack(slopes, axis=2)

    @cached_property
    def least_area(self) -> float:
        """Smallest area that a pixel is mapped to, relative to the affine part; 0 or less where it folds.

        Exact for linear fields, whose area is largest and smallest at the corners of the cells. Cubic ones
        are looked at in 8 places along each side of a cell.
        """
        looks = _LOOKS if self.degree == "cubic" else 1
        least = np.inf
        for row in range(self.displacements.shape[0] - 1):
            least = min(least, self._least_area_of_row(row, looks))
        return float(least)

    @property
    def folds(self) -> bool:
        """Whether it maps two places to one somewhere: the determinant of the Jacobian is not positive."""
        return self.least_area <= 0

    def inverse(self) -> PlaneMap:
        """Return the map from the moving plane back, iterated to 10⁻⁶ px.

        Raises
        ------
        InputError
            If the field folds, for then a position has several origins.
        """
        return InverseField(self)

    def compose(self, after: PlaneMap) -> PlaneMap:
        """Return the map that does this one first, then `after`; still one field if `after` is affine."""
        if not isinstance(after, Transform):
            return super().compose(after)
        return replace(
            self,
            affine=self.affine.followed_by(after),
            displacements=self.displacements @ after.matrix[:2, :2].T,
        )

    def scaled(self, factor: Factor, *, thinned: bool = False) -> FieldTransform:
        """Return the same map between planes of another resolution, as of `PlaneMap`."""
        scale, offset = scaling(factor, thinned)
        return replace(
            self,
            affine=self.affine.scaled(factor, thinned=thinned),
            displacements=self.displacements * scale,
            spacing=_two(scale * self.spacing, "spacing"),
            origin=_two(scale * self.origin + offset, "origin"),
        )

    def _sum_of_nodes(self, points: FloatArray, slope_along: int | None) -> FloatArray:
        """Weigh the nodes around each position; with `slope_along`, by the slope per node of that axis."""
        sides = [
            basis(
                (points[:, axis] - self.origin[axis]) / self.spacing[axis],
                self.displacements.shape[axis],
                self.degree,
                slope=slope_along == axis,
            )
            for axis in (0, 1)
        ]
        (rows, row_weights), (cols, col_weights) = sides
        out = np.zeros((len(points), 2))
        for i in range(rows.shape[1]):
            for j in range(cols.shape[1]):
                weight = row_weights[:, i] * col_weights[:, j]
                out += weight[:, None] * self.displacements[rows[:, i], cols[:, j]]
        return out

    def _least_area_of_row(self, row: int, looks: int) -> float:
        """Smallest relative area in one row of cells, looked at from within each."""
        # Just inside the cell: on the border of two cells a linear field has two slopes.
        within = np.linspace(1e-9, 1 - 1e-9, looks + 1)
        cells = np.arange(self.displacements.shape[1] - 1)
        y, x = np.meshgrid(row + within, (cells[:, None] + within).ravel(), indexing="ij")
        places = np.stack([y.ravel(), x.ravel()], axis=1) * self.spacing + self.origin
        area = np.linalg.det(self.jacobian(places)) / np.linalg.det(self.affine.matrix)
        return float(area.min())


@dataclass(frozen=True)
class InverseField(PlaneMap):
    """The way back through a field: from its moving plane to its fixed one.

    Parameters
    ----------
    field : FieldTransform
        Without folds.
    """

    field: FieldTransform

    def __post_init__(self) -> None:
        if self.field.folds:
            raise InputError(
                "The displacement field folds (it maps two places to one), so it has no inverse. "
                "Use a coarser grid or a smoother field."
            )

    @property
    def affine_part(self) -> Transform:
        """The inverse of the affine part."""
        return self.field.affine.inverse()

    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Map positions (n, 2), iterated until none moves by more than 10⁻⁶ px.

        ``p ← p + affine⁻¹(q) − affine⁻¹(field(p))`` converges where the field changes slowly; positions that
        do not come to rest are solved by Newton's steps.

        Raises
        ------
        InputError
            If a position does not come to rest, which is so only next to a fold.
        """
        wanted = as_points(points)
        back = self.affine_part
        found = back.points(wanted)
        active = np.arange(len(found))
        for step in range(_MOST_STEPS):
            error = wanted[active] - self.field.points(found[active])
            move = error @ back.matrix[:2, :2].T if step < 8 else self._newton(found[active], error)
            found[active] += move
            active = active[np.abs(move).max(axis=1, initial=0) > TOLERANCE]
            if not active.size:
                return found
        raise InputError(
            f"{active.size} of {len(found)} positions have no origin that the displacement field leads to, "
            f"such as {wanted[active[0]].tolist()}: the field nearly folds there. Use a smoother field."
        )

    def inverse(self) -> PlaneMap:
        """Return the field."""
        return self.field

    def scaled(self, factor: Factor, *, thinned: bool = False) -> PlaneMap:
        """Return the same map between planes of another resolution, as of `PlaneMap`."""
        return InverseField(self.field.scaled(factor, thinned=thinned))

    def _newton(self, found: FloatArray, error: FloatArray) -> FloatArray:
        moves = np.linalg.solve(self.field.jacobian(found), error[:, :, None])[:, :, 0]
        # Half a cell at most, so that a steep place does not throw a position out of its neighbourhood.
        reach = np.array(self.field.spacing) / 2
        return np.asarray(np.clip(moves, -reach, reach))


def as_field(
    plane_map: PlaneMap, plane_shape: tuple[int, int], spacing: tuple[float, float] = (32.0, 32.0)
) -> FieldTransform:
    """Draw any map, such as a chain of fields, together into one field over a plane.

    Parameters
    ----------
    plane_map : PlaneMap
    plane_shape : tuple of int
        (H, W) of the fixed plane; the nodes reach two beyond it.
    spacing : tuple of float
        (y, x) pixels between nodes, at which the field agrees with the map. The error between them falls
        with the fourth power of the spacing.
    """
    rows, cols = (
        np.arange(-2, np.ceil((size - 1) / step) + 3) * step
        for size, step in zip(plane_shape, spacing, strict=True)
    )
    y, x = np.meshgrid(rows, cols, indexing="ij")
    nodes = np.stack([y.ravel(), x.ravel()], axis=1)
    bent = plane_map.points(nodes) - plane_map.affine_part.points(nodes)
    values = bent.reshape(len(rows), len(cols), 2)
    return FieldTransform.through(plane_map.affine_part, values, spacing, (float(rows[0]), float(cols[0])))


def _two(values: Sequence[float] | FloatArray, what: str) -> tuple[float, float]:
    pair = np.asarray(values, dtype=np.float64)
    if pair.shape != (2,) or not np.isfinite(pair).all():
        raise InputError(f"The {what} of a field is two finite numbers, (y, x) in pixels; got {values}.")
    return float(pair[0]), float(pair[1])
