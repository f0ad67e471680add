"""Positions on one layer as pixels of another, where both lie in the same world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from napari.layers import Layer

from ..alignment.plane_map import FloatArray


def pixels_on(target: Layer, source: Layer, positions: FloatArray) -> FloatArray:
    """Return positions (n, axes) given in the pixels of `source` in those of `target`."""
    matrix, offset = _affine(lambda at: target.world_to_data(source.data_to_world(at)), target.ndim)
    return np.asarray(positions, dtype=np.float64) @ matrix.T + offset


def _affine(moved: Callable[[FloatArray], Sequence[Any]], axes: int) -> tuple[FloatArray, FloatArray]:
    """Read the matrix and offset off an affine map of single positions."""
    offset = np.asarray(moved(np.zeros(axes)), dtype=np.float64)
    columns = [np.asarray(moved(unit), dtype=np.float64) - offset for unit in np.eye(axes)]
    return np.stack(columns, axis=1), offset
