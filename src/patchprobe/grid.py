"""A grid of feature vectors over a plane, and the two ways between grid and pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .blas import one_blas_thread
from .half_precision import SCALE, widen

# Cells per block of `project`: a block in single precision stays inside the second-level cache.
_BLOCK = 4096


@dataclass(frozen=True)
class PatchGrid:
    """Feature vectors on a regular grid of cells over one plane.

    A vision transformer gives one cell per patch; a dense filter bank is the same thing with stride 1.

    Parameters
    ----------
    features : ndarray, shape (rows, cols, channels)
        float16 or float32. Any memory layout; channel-first memory is fastest for dense grids.
    stride : float
        Pixels from one cell to the next, along both axes.
    origin : tuple of float
        Pixel position (y, x) of the centre of cell (0, 0). Pixel centres are whole numbers.
    image_shape : tuple of int
        (H, W) of the plane, in pixels.
    name : str
        What the block holds, such as ``"filters"``.
    """

    features: npt.NDArray[np.floating]
    stride: float
    origin: tuple[float, float]
    image_shape: tuple[int, int]
    name: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return self.features.shape[0], self.features.shape[1]

    @property
    def channels(self) -> int:
        """Length of a feature vector."""
        return int(self.features.shape[2])

    @property
    def is_dense(self) -> bool:
        """Whether cells and pixels are the same thing."""
        return self.stride == 1 and self.origin == (0, 0) and self.shape == self.image_shape

    def cell_coordinates(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Turn pixel positions (n, 2), in (y, x) order, into fractional (row, col) of the grid."""
        return (np.asarray(points, dtype=np.float64) - self.origin) / self.stride

    def sample(self, points: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Features at pixel positions, interpolated bilinearly between cell centres.

        Parameters
        ----------
        points : array_like, shape (n, 2)
            Positions (y, x) in pixels. Outside the outermost centres the nearest edge holds.

        Returns
        -------
        ndarray of float32, shape (n, channels)
        """
        cells = self.cell_coordinates(points)
        if self.is_dense and np.array_equal(cells, np.rint(cells)):
            rows, cols = np.clip(cells.astype(np.intp), 0, np.subtract(self.shape, 1)).T
            return np.asarray(self.features[rows, cols], dtype=np.float32)
        (r0, r1, wr), (c0, c1, wc) = (_neighbours(cells[:, axis], self.shape[axis]) for axis in (0, 1))
        f = self.features
        wr, wc = wr[:, None], wc[:, None]
        upper = (1 - wc) * f[r0, c0] + wc * f[r0, c1]
        lower = (1 - wc) * f[r1, c0] + wc * f[r1, c1]
        return np.asarray((1 - wr) * upper + wr * lower, dtype=np.float32)

    def project(
        self, weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Linear map of the feature vector of each cell, ``features @ weights + bias``.

        Parameters
        ----------
        weights : ndarray of float32, shape (channels, k)
        bias : ndarray of float32, shape (k,)

        Returns
        -------
        ndarray of float32, shape (rows, cols, k)
            A view with the last axis slowest in memory.
        """
        rows, cols = self.shape
        channel_first = np.moveaxis(self.features, 2, 0)
        is_half = channel_first.dtype == np.float16
        # Widened numbers are too small by SCALE; one half of it goes into the weights and one into the
        # result, so that neither the weights overflow nor their products underflow.
        root = np.sqrt(SCALE) if is_half else np.float32(1)
        weights_t = np.ascontiguousarray(weights.T * root, dtype=np.float32)
        out = np.empty((weights.shape[1], rows, cols), dtype=np.float32)
        step = max(1, _BLOCK // cols)

        def fill(starts: Sequence[int]) -> None:
            scratch = np.empty((len(channel_first), step, cols), dtype=np.int32)
            for start in starts:
                block = channel_first[:, start : start + step]
                if is_half:
                    block = widen(block, scratch[:, : block.shape[1]])
                part = weights_t @ block.astype(np.float32, copy=False).reshape(len(block), -1)
                part *= root
                part += bias[:, None]
                out[:, start : start + step] = part.reshape(len(part), -1, cols)

        starts = range(0, rows, step)
        threads = min(os.cpu_count() or 1, max(1, len(starts) // 4))
        with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, (starts[i::threads] for i in range(threads))))
        return np.moveaxis(out, 0, 2)

    @cached_property
    def interpolation(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Bilinear interpolation as two sparse matrices, (H, rows) and (W, cols).

        ``upsampled = along_y @ values @ along_x.T`` for one channel; their transposes are the adjoint.
        """
        along_y, along_x = (
            _interpolation_matrix(self.image_shape[axis], self.shape[axis], self.stride, self.origin[axis])
            for axis in (0, 1)
        )
        return along_y, along_x

    def upsample(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Bring values on the grid to pixels, bilinearly.

        Parameters
        ----------
        values : ndarray, shape (rows, cols, k)
            Typically class logits: linear maps commute with this interpolation, so that bringing k
            logits to pixels equals bringing all channels to pixels first.

        Returns
        -------
        ndarray of float32, shape (H, W, k)
        """
        if self.is_dense:
            return values.astype(np.float32, copy=False)
        along_y, along_x = self.interpolation
        height, width = self.image_shape
        out = np.empty((values.shape[2], height, width), dtype=np.float32)
        for k in range(values.shape[2]):
            rows_done = along_y @ np.asarray(values[:, :, k], dtype=np.float32)
            out[k] = (along_x @ rows_done.T).T
        return np.moveaxis(out, 0, 2)


def _neighbours(
    position: npt.NDArray[np.floating], size: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Find the two cells around each position and the weight of the second."""
    clamped = np.clip(position, 0, size - 1)
    first = np.minimum(clamped.astype(np.intp), max(size - 2, 0))
    second = np.minimum(first + 1, size - 1)
    return first, second, (clamped - first).astype(np.float32)


def _interpolation_matrix(pixels: int, cells: int, stride: float, origin: float) -> sparse.csr_array:
    """Linear interpolation from cells to pixels along one axis, constant beyond the outermost centres."""
    first, second, weight = _neighbours((np.arange(pixels) - origin) / stride, cells)
    row = np.tile(np.arange(pixels), 2)
    matrix = sparse.coo_array(
        (np.concatenate([1 - weight, weight]), (row, np.concatenate([first, second]))), shape=(pixels, cells)
    )
    return matrix.tocsr()
