"""The global solution: where sections lie so that all edges between them fit best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.optimize import least_squares

from .edges import Edge
from .equations import Equations
from .rigid import Rigid, rigid_part
from .robust_fit import fit_robustly
from .transform import FloatArray, Transform

# An edge is as exact as its two sections are alike. On jittered neighbours of two EM stacks errors grow from
# 0.15 px at a score of 0.5 to 1–3 px at 0.25, about as fast as the ratio of unlike to like, (1 − s²) / s².
_SCORES = (0.05, 0.9)
# Edges that call themselves doubtful count for less.
_DOUBTFUL = 0.5
# More than all others of a section together.
_BY_HAND = 30.0
# How much of a correction beyond rigid one edge must account for, against staying rigid: scale and shear
# add up along a stack, and hardly any section is really so deformed.
_STAY_RIGID = 0.1
# Drift is what remains of the mean over this many sections to each side: jitter averages out.
_SLOW = 4
# Above this many parameters dense algebra takes longer than sparse.
_DENSE = 400
_RIGID = 1e-9

_OfValues = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Frame:
    """What a plane is measured by.

    Parameters
    ----------
    points : ndarray of float64, shape (4, 2)
        Halfway from the middle to the four corners, (y, x) in pixels. Distances there are what is minimised.
    """

    points: FloatArray

    @classmethod
    def of_plane(cls, shape: tuple[int, int]) -> Frame:
        """Take the points of a plane (H, W)."""
        half = (np.array(shape, dtype=np.float64) - 1) / 2
        corners = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
        return cls(half + corners * np.maximum(half, 1) / 2)

    @property
    def centre(self) -> FloatArray:
        """Middle of the plane, (y, x) in pixels."""
        return np.asarray(self.points.mean(axis=0))

    @property
    def arms(self) -> FloatArray:
        """The points as seen from the middle."""
        return self.points - self.centre

    @property
    def radius(self) -> float:
        """Distance of the points from the middle, in pixels."""
        return float(np.hypot(*self.arms[0]))


@dataclass(frozen=True)
class Pull:
    """What sections are pulled to besides their edges; 1 weighs as much as an edge.

    Parameters
    ----------
    smoothness : float
        Pulls each section between those before and after it.
    drift : float
        Pulls the mean of nine sections to where they were.
    depth : int, optional
        Planes of one volume; nothing is smooth from the last plane of one to the first of the next.
    """

    smoothness: float = 0.0
    drift: float = 0.0
    depth: int | None = None

    def spans(self, before: int, after: int) -> bool:
        """Whether two planes are of one volume."""
        return self.depth is None or before // self.depth == after // self.depth


def solve(
    sections: Sequence[int],
    edges: Sequence[Edge],
    anchor: int,
    frame: Frame,
    pull: Pull,
    scale: float,
) -> dict[int, Transform]:
    """Place the sections of one part.

    Minimises, over the transforms from the common frame to each section, the soft-L1 norm of
    ``T_moving(p) − E(T_fixed(p))`` over all edges `E` and points `p`. Turns and shifts come first; if
    edges say more than that, small affine corrections about that solution follow.

    Parameters
    ----------
    sections : sequence of int
        Numbers of the planes, in order; the edges join all of them.
    edges : sequence of Edge
    anchor : int
        The section that stays where it is.
    frame : Frame
    pull : Pull
    scale : float
        Pixels beyond which a misfit of the best edge counts in proportion, not squared.

    Returns
    -------
    dict of int to Transform
    """
    row = {number: i for i, number in enumerate(sections)}
    system = _System(sections, row, edges, anchor, frame, pull, scale)
    placed = system.solve_rigid()
    if all(_is_rigid(edge.transform.matrix, frame) for edge in edges):
        return dict(zip(sections, placed, strict=True))
    return dict(zip(sections, system.correct(placed), strict=True))


def residuals(
    edges: Sequence[Edge], placed: dict[int, Transform], frame: Frame
) -> dict[tuple[int, int], float]:
    """Return by how many pixels each edge does not fit (root mean square over the points)."""
    out = {}
    for edge in edges:
        a, b = placed[edge.fixed], placed[edge.moving]
        gap = b.points(frame.points) - edge.transform.points(a.points(frame.points))
        out[edge.pair] = float(np.sqrt((gap**2).sum(axis=1).mean()))
    return out


def _is_rigid(matrix: FloatArray, frame: Frame) -> bool:
    return bool(np.abs(rigid_part(matrix, frame.centre).matrix(frame.centre) - matrix).max() < _RIGID)


@dataclass(frozen=True)
class _System:
    """The equations: they are linear in where the points of the frame lie in each section."""

    sections: Sequence[int]
    row: dict[int, int]
    edges: Sequence[Edge]
    anchor: int
    frame: Frame
    pull: Pull
    scale: float

    @cached_property
    def weights(self) -> list[float]:
        """How exact each edge is; 1 for the best, more for those set by hand."""
        found = []
        for edge in self.edges:
            alike = float(np.clip(edge.score, *_SCORES)) ** 2
            found.append(alike / (1 - alike) * (_DOUBTFUL if edge.status == "doubtful" else 1.0))
        return [
            _BY_HAND if edge.by_hand else weight / max(found)
            for edge, weight in zip(self.edges, found, strict=True)
        ]

    def solve_rigid(self) -> list[Transform]:
        """Solve for (dy, dx, angle · radius) of each section, all in pixels."""
        centre, radius, arms = self.frame.centre, self.frame.radius, self.frame.arms
        parts = [rigid_part(edge.transform.matrix, centre) for edge in self.edges]
        turns = any(part.angle for part in parts)
        free = 3 if turns else 2
        start = np.array([(*r.shift, r.angle * radius)[:free] for r in self._along_tree(parts)])

        def positions(values: FloatArray) -> FloatArray:
            angles = values[:, 2] / radius if turns else np.zeros(len(values))
            return self.frame.centre + values[:, None, :2] + _turned(arms, angles)

        def slopes(values: FloatArray) -> FloatArray:
            out = np.zeros((len(values), len(arms), 2, free))
            out[..., :2] = np.eye(2)
            if turns:
                out[..., 2] = _turned(arms, values[:, 2] / radius + np.pi / 2) / radius
            return out

        equations, robust = self._equations([part.matrix(centre) for part in parts], None)
        solved = self._minimise(start, positions, slopes, equations, robust)
        return [
            Transform(Rigid((v[0], v[1]), v[2] / radius if turns else 0.0).matrix(centre)) for v in solved
        ]

    def correct(self, placed: list[Transform]) -> list[Transform]:
        """Solve for small affine corrections; the parameters move the ends of two arms and the middle."""
        arms = np.column_stack([self.frame.arms / self.frame.radius, np.ones(len(self.frame.points))])
        rigid = np.stack([transform.points(self.frame.points) for transform in placed])
        slope = np.einsum("pk,ac->pack", arms, np.eye(2)).reshape(len(arms), 2, 6)

        def positions(values: FloatArray) -> FloatArray:
            return np.asarray(rigid + np.einsum("pak,nk->npa", slope, values))

        def slopes(values: FloatArray) -> FloatArray:
            return np.broadcast_to(slope, (len(values), *slope.shape))

        equations, robust = self._equations([edge.transform.matrix for edge in self.edges], rigid)
        solved = self._minimise(np.zeros((len(placed), 6)), positions, slopes, equations, robust)
        corrected = []
        for transform, values in zip(placed, solved, strict=True):
            change = values.reshape(2, 3)
            linear = change[:, :2] / self.frame.radius
            matrix = transform.matrix.copy()
            matrix[:2, :2] += linear
            matrix[:2, 2] += change[:, 2] - linear @ self.frame.centre
            corrected.append(Transform(matrix))
        return corrected

    def _along_tree(self, parts: list[Rigid]) -> list[Rigid]:
        """Compose edges outwards from the anchor, those of the higher score first, to start from."""
        centre = self.frame.centre
        order = np.argsort([-weight for weight in self.weights], kind="stable")
        known = {self.anchor: np.eye(3)}
        while len(known) < len(self.sections):
            for i in order:
                edge, step = self.edges[i], parts[i].matrix(centre)
                if edge.fixed in known and edge.moving not in known:
                    known[edge.moving] = step @ known[edge.fixed]
                    break
                if edge.moving in known and edge.fixed not in known:
                    known[edge.fixed] = np.linalg.inv(step) @ known[edge.moving]
                    break
        return [rigid_part(known[number], centre) for number in self.sections]

    def _equations(self, steps: list[FloatArray], rigid: FloatArray | None) -> tuple[Equations, int]:
        """Return the equations for the positions of all points, and how many rows are to be robust."""
        n_points = len(self.frame.points)
        equations = Equations(len(self.sections), n_points)
        for edge, step, weight in zip(self.edges, steps, self.weights, strict=True):
            blocks = {
                self.row[edge.moving]: weight * np.eye(2),
                self.row[edge.fixed]: -weight * step[:2, :2],
            }
            equations.add(blocks, np.tile(weight * step[:2, 2], (n_points, 1)))
        robust = equations.n_rows
        self._pull(equations)
        if rigid is not None:
            for i in range(len(self.sections)):
                equations.add({i: np.sqrt(_STAY_RIGID) * np.eye(2)}, np.sqrt(_STAY_RIGID) * rigid[i])
        return equations, robust

    def _pull(self, equations: Equations) -> None:
        points = self.frame.points
        smooth, drift = np.sqrt(self.pull.smoothness), np.sqrt(self.pull.drift)
        if smooth:
            for i in range(1, len(self.sections) - 1):
                before, here, after = self.sections[i - 1 : i + 2]
                if not self.pull.spans(before, after):
                    continue
                share = (here - before) / (after - before)
                weights = {i: 1.0, i - 1: share - 1, i + 1: -share}
                blocks = {j: smooth * weight * np.eye(2) for j, weight in weights.items()}
                equations.add(blocks, np.zeros_like(points))
        if drift:
            for i in range(len(self.sections)):
                around = range(max(i - _SLOW, 0), min(i + _SLOW + 1, len(self.sections)))
                equations.add({j: drift / len(around) * np.eye(2) for j in around}, drift * points)

    def _minimise(
        self,
        start: FloatArray,
        positions: _OfValues,
        slopes: _OfValues,
        equations: Equations,
        robust: int,
    ) -> FloatArray:
        """Vary the parameters (n, k) of all sections but the anchor."""
        if len(start) == 1:
            return start
        matrix, right_side = equations.matrix(), equations.right_side()
        n, k = start.shape
        free = np.repeat(np.arange(n) != self.row[self.anchor], k)

        def whole(values: FloatArray) -> FloatArray:
            out = start.ravel().copy()
            out[free] = values
            return out.reshape(n, k)

        def misfit(values: FloatArray) -> FloatArray:
            return np.asarray(matrix @ positions(whole(values)).ravel() - right_side)

        def jacobian(values: FloatArray) -> sparse.csr_matrix:
            blocks = slopes(whole(values)).reshape(n, -1, k)
            return (matrix @ sparse.block_diag(list(blocks), format="csc"))[:, np.flatnonzero(free)].tocsr()

        if free.sum() > _DENSE:
            return whole(fit_robustly(misfit, jacobian, start.ravel()[free], robust, self.scale))
        result = least_squares(
            misfit,
            start.ravel()[free],
            lambda values: jacobian(values).toarray(),
            loss=lambda squares: _soft_l1(squares, robust),
            f_scale=self.scale,
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
        )
        return whole(result.x)


def _turned(arms: FloatArray, angles: FloatArray) -> FloatArray:
    """Turn arms (n_points, 2) by each of n angles: (n, n_points, 2)."""
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    rows, cols = arms.T
    return np.stack([cos * rows - sin * cols, sin * rows + cos * cols], axis=-1)


def _soft_l1(squares: FloatArray, robust: int) -> FloatArray:
    """Loss of squared misfits and its two derivatives: soft-L1 for the first ones, plain for the rest."""
    out = np.stack([squares, np.ones_like(squares), np.zeros_like(squares)])
    root = np.sqrt(1 + squares[:robust])
    out[:, :robust] = 2 * (root - 1), 1 / root, -0.5 / root**3
    return out
