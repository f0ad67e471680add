"""Linear equations in the positions of a few points of many sections, gathered one by one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .transform import FloatArray


class Equations:
    """Equations ``Σ B_i · y_ip = r_p``, the same for each point `p` of sections `i`.

    Parameters
    ----------
    n_sections, n_points : int
        The unknowns y are (n_sections, n_points, 2), flattened in this order.
    """

    def __init__(self, n_sections: int, n_points: int) -> None:
        self._n_unknowns = n_sections * n_points * 2
        self._n_points = n_points
        self._rows: list[npt.NDArray[np.intp]] = []
        self._columns: list[npt.NDArray[np.intp]] = []
        self._values: list[FloatArray] = []
        self._right: list[FloatArray] = []

    @property
    def n_rows(self) -> int:
        """How many rows there are so far, two for each point of each equation."""
        return len(self._right) * self._n_points * 2

    def add(self, blocks: Mapping[int, FloatArray], right: FloatArray) -> None:
        """Add one equation for each point.

        Parameters
        ----------
        blocks : mapping of int to ndarray, shape (2, 2)
            Factors of sections by their row.
        right : ndarray, shape (n_points, 2)
        """
        row, column = np.indices((2, 2))
        points = 2 * np.arange(self._n_points)[:, None, None]
        for section, block in blocks.items():
            self._rows.append((self.n_rows + points + row).ravel())
            self._columns.append((section * self._n_points * 2 + points + column).ravel())
            self._values.append(np.broadcast_to(block, (self._n_points, 2, 2)).ravel())
        self._right.append(right.ravel())

    def matrix(self) -> sparse.csr_matrix:
        """Return the factors, (n_rows, n_unknowns)."""
        entries = (
            np.concatenate(self._values),
            (np.concatenate(self._rows), np.concatenate(self._columns)),
        )
        return sparse.csr_matrix(entries, shape=(self.n_rows, self._n_unknowns))

    def right_side(self) -> FloatArray:
        """Return the right side, (n_rows,)."""
        return np.concatenate(self._right)
