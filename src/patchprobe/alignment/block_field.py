"""A smooth field through the places where the parts of a section fit best, each by itself."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from .blocks import BlockTest, blocks_of
from .field import FieldTransform
from .information import Mask
from .level import Level
from .plane_map import FloatArray
from .transform import Transform

# From one block, and one node of the field, to the next, as a share of a block's side.
_STEP = 0.25
# What bending costs beside a block that is out of place.
_STIFFNESS = 3.0
_ROUNDS = 12
# Blocks are not placed more exactly than this, in cells.
_LEAST_SPREAD = 0.3
_LEAST_BLOCKS = 12


def block_field(
    fixed: Level, moving: Level, start: Transform, side: int, held: Mask | None = None
) -> FieldTransform | None:
    """Draw a smooth field through the best places of blocks.

    Parts that tell nothing or fit by chance elsewhere are outvoted by those around: robust least squares of
    the displacements (Geman & McClure's weights), each weighted by how well its block correlates, plus the
    squares of the field's second differences, as of a thin plate. So it takes no harm from detail that
    differs, as of sections that are some way apart or stained in different ways.

    Parameters
    ----------
    fixed, moving : Level
    start : Transform
        Fixed to moving, in pixels.
    side : int
        Of a block, in cells. Displacements of a quarter of it are found.
    held : ndarray of bool, shape (rows, cols), optional
        Cells that are not looked at.

    Returns
    -------
    FieldTransform or None
        Fixed to moving, in pixels; None where there are too few blocks.
    """
    seen = fixed
    if held is not None:
        seen = Level(np.where(held, np.float32(0), fixed.image), fixed.mask, fixed.cell)
    cell, step = fixed.cell, max(1, round(side * _STEP))
    blocks = blocks_of(seen, moving, start.scaled(1 / cell), side, step)
    # At the end of what was looked at, the best place lies further out.
    inside = np.abs(blocks.displacements).max(axis=1, initial=0) < blocks.reach - cell / 2
    if inside.sum() < _LEAST_BLOCKS:
        return None
    shape = tuple(math.ceil(n / step) + 2 for n in fixed.mask.shape)
    nodes = _through(blocks, inside, (shape[0], shape[1]), step * cell, cell)
    # Blocks say where they lie as seen in the fixed frame; a field adds in the moving one.
    displacements = nodes @ start.matrix[:2, :2].T
    origin = ((cell - 1) / 2,) * 2
    return FieldTransform.through(start, displacements, (step * cell, step * cell), origin)


def _through(
    blocks: BlockTest, inside: Mask, shape: tuple[int, int], spacing: float, cell: int
) -> FloatArray:
    """Solve for displacements (rows, cols, 2) at nodes, in pixels."""
    wanted = blocks.displacements[inside]
    basis = _bilinear((blocks.centres[inside] - (cell - 1) / 2) / spacing, shape)
    bending = _STIFFNESS * _bending(shape)
    alike = np.clip(blocks.correlations[inside], 0, 1) ** 2
    weight = alike
    for _ in range(_ROUNDS):
        weighted = basis.T @ sparse.diags_array(weight)
        nodes = splu((weighted @ basis + bending).tocsc()).solve(weighted @ wanted)
        off = np.hypot(*(basis @ nodes - wanted).T)
        # 1.4826 makes the median deviation that of a normal distribution; two of them are half as likely.
        spread = 2 * max(1.4826 * float(np.median(off)), _LEAST_SPREAD * cell)
        weight = alike / (1 + (off / spread) ** 2) ** 2
    return np.asarray(nodes).reshape(*shape, 2)


def _bilinear(places: FloatArray, shape: tuple[int, int]) -> sparse.csr_array:
    """Weights of the four nodes around each place (n, 2), in nodes."""
    low = np.clip(np.floor(places).astype(int), 0, np.array(shape) - 2)
    down, across = (places - low).T
    first = low[:, 0] * shape[1] + low[:, 1]
    columns = np.stack([first, first + 1, first + shape[1], first + shape[1] + 1], axis=1)
    values = np.stack(
        [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across], axis=1
    )
    rows = np.repeat(np.arange(len(places)), 4)
    size = (len(places), shape[0] * shape[1])
    return sparse.csr_array((values.ravel(), (rows, columns.ravel())), shape=size)


def _bending(shape: tuple[int, int]) -> sparse.csr_array:
    """Sum of squares of the second differences of a field on nodes, as a matrix."""

    def differences(n: int, values: tuple[float, ...]) -> sparse.dia_array:
        rows = n - len(values) + 1
        offsets = range(len(values))
        return sparse.diags_array(values, offsets=list(offsets), shape=(rows, n), dtype=np.float64)

    def kept(n: int) -> npt.NDArray[np.float64] | sparse.dia_array:
        return sparse.eye_array(n, dtype=np.float64)

    rows, cols = shape
    parts = sparse.vstack(
        [
            sparse.kron(differences(rows, (1.0, -2.0, 1.0)), kept(cols)),
            sparse.kron(kept(rows), differences(cols, (1.0, -2.0, 1.0))),
            math.sqrt(2) * sparse.kron(differences(rows, (-1.0, 1.0)), differences(cols, (-1.0, 1.0))),
        ]
    )
    # A trace of weight on each node, for those that no block sees.
    return sparse.csr_array(parts.T @ parts + 1e-6 * sparse.eye_array(rows * cols))
