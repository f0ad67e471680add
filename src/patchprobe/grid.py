"""A grid of feature vectors over a plane, and the two ways between grid and pixels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .blas import one_blas_thread
from .half_precision import SCALE, widen
from .tiles import TILE, TiledFeatures, Window, meet, shared, windows

# Cells per block of `project`: a block in single precision stays inside the second-level cache.
_BLOCK = 4096
# Groups along each axis that points of a large plane stand in.
_GROUPS = 3


@dataclass(frozen=True)
class PatchGrid:
    """Feature vectors on a regular grid of cells over one plane.

    A vision transformer gives one cell per patch; a dense filter bank is the same thing with stride 1.

    Parameters
    ----------
    features : ndarray or TiledFeatures, shape (rows, cols, channels)
        float16 or float32. Any memory layout; channel-first memory is fastest for dense grids. Those of
        a large dense grid may be computed as they are read.
    stride : float
        Pixels from one cell to the next, along both axes.
    origin : tuple of float
        Pixel position (y, x) of the centre of cell (0, 0). Pixel centres are whole numbers.
    image_shape : tuple of int
        (H, W) of the plane, in pixels.
    name : str
        What the block holds, such as ``"filters"``.
    """

    features: npt.NDArray[np.floating] | TiledFeatures
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
    def array(self) -> npt.NDArray[np.floating]:
        """The features (rows, cols, channels) as an array; computed now where they are not held."""
        held = self.features
        return held.whole() if isinstance(held, TiledFeatures) else held

    def tiles(self, within: Window | None = None) -> Iterator[tuple[Window, npt.NDArray[np.floating]]]:
        """Walk over the grid in windows, the same ones whether features are held or computed.

        Parameters
        ----------
        within : tuple of slice, optional
            Only those that meet this window of cells.
        """
        held = self.features
        if isinstance(held, TiledFeatures):
            yield from held.tiles(within)
        else:
            yield from (
                (window, held[window])
                for window in windows(self.shape)
                if within is None or meet(window, within)
            )

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
            return self._gather(rows, cols)
        (r0, r1, wr), (c0, c1, wc) = (_neighbours(cells[:, axis], self.shape[axis]) for axis in (0, 1))
        wr, wc = wr[:, None], wc[:, None]
        upper = (1 - wc) * self._gather(r0, c0) + wc * self._gather(r0, c1)
        lower = (1 - wc) * self._gather(r1, c0) + wc * self._gather(r1, c1)
        return np.asarray((1 - wr) * upper + wr * lower, dtype=np.float32)

    def _gather(self, rows: npt.NDArray[np.intp], cols: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Features (n, channels) of cells."""
        held = self.features
        found = held.gather(rows, cols) if isinstance(held, TiledFeatures) else held[rows, cols]
        return np.asarray(found, dtype=np.float32)

    def project(
        self,
        weights: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
        window: Window | None = None,
    ) -> npt.NDArray[np.float32]:
        """Linear map of the feature vector of each cell, ``features @ weights + bias``.

        Parameters
        ----------
        weights : ndarray of float32, shape (channels, k)
        bias : ndarray of float32, shape (k,)
        window : tuple of slice, optional
            The cells that are wanted; all of them if not given. They get the same numbers either way, to
            the bit.

        Returns
        -------
        ndarray of float32, shape (rows, cols, k), or that of the window
            A view with the last axis slowest in memory.
        """
        wanted = window or (slice(0, self.shape[0]), slice(0, self.shape[1]))
        out = np.empty((weights.shape[1], *(part.stop - part.start for part in wanted)), dtype=np.float32)
        for tile, features in self.tiles(wanted if window else None):
            of_tile, of_out = shared(tile, wanted)
            _project(features, weights, bias, of_tile, out[:, of_out[0], of_out[1]])
        return np.moveaxis(out, 0, 2)

    def map_to_pixels(
        self,
        weights: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
        window: Window | None = None,
    ) -> npt.NDArray[np.float32]:
        """Linear map of the features, ``features @ weights + bias``, at pixels.

        Parameters
        ----------
        weights, bias
            See `project`.
        window : tuple of slice, optional
            The pixels that are wanted, without steps; all of them if not given. They get the same numbers
            either way, to the bit.

        Returns
        -------
        ndarray of float32, shape (H, W, k), or that of the window
        """
        if self.is_dense:
            return self.project(weights, bias, window)
        return self.upsample(self.project(weights, bias), window)

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

    def crop(self, window: Window, step: int = 1) -> PatchGrid:
        """Return the cells that every `step`-th pixel of a window depends on, as a grid over these pixels."""
        height, width = (-(-(part.stop - part.start) // step) for part in window)
        if self.is_dense:
            held = self.features
            features = held.read(window) if isinstance(held, TiledFeatures) else held[window]
            return replace(self, features=features[::step, ::step], image_shape=(height, width))
        spans = [
            _cells_around(part, self.shape[axis], self.stride, self.origin[axis])
            for axis, part in enumerate(window)
        ]
        top, left = (
            self.origin[axis] + self.stride * spans[axis].start - part.start
            for axis, part in enumerate(window)
        )
        return replace(
            self,
            features=self.array[spans[0], spans[1]],
            stride=self.stride / step,
            origin=(top / step, left / step),
            image_shape=(height, width),
        )

    def upsample(
        self, values: npt.NDArray[np.floating], window: Window | None = None
    ) -> npt.NDArray[np.float32]:
        """Bring values on the grid to pixels, bilinearly.

        Parameters
        ----------
        values : ndarray, shape (rows, cols, k)
            Typically class logits: linear maps commute with this interpolation, so that bringing k
            logits to pixels equals bringing all channels to pixels first.
        window : tuple of slice, optional
            The pixels that are wanted; all of them if not given.

        Returns
        -------
        ndarray of float32, shape (H, W, k), or that of the window
        """
        if self.is_dense:
            return (values if window is None else values[window]).astype(np.float32, copy=False)
        along_y, along_x = self.interpolation
        if window is not None:
            along_y, along_x = along_y[window[0]], along_x[window[1]]
        out = np.empty((values.shape[2], along_y.shape[0], along_x.shape[0]), dtype=np.float32)
        for k in range(values.shape[2]):
            rows_done = along_y @ np.asarray(values[:, :, k], dtype=np.float32)
            out[k] = (along_x @ rows_done.T).T
        return np.moveaxis(out, 0, 2)


def _project(
    features: npt.NDArray[np.floating],
    weights: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    window: Window,
    out: npt.NDArray[np.float32],
) -> None:
    """Write ``features @ weights + bias`` of a window into `out` (k, rows, cols), in several threads.

    The blocks are those of the whole array, whatever the window: a product of other blocks would be rounded
    differently.
    """
    channel_first = np.moveaxis(features, 2, 0)
    channels, rows, cols = channel_first.shape
    is_half = channel_first.dtype == np.float16
    # Widened numbers are too small by SCALE; one half of it goes into the weights and one into the result,
    # so that neither the weights overflow nor their products underflow.
    root = np.sqrt(SCALE) if is_half else np.float32(1)
    weights_t = np.ascontiguousarray(weights.T * root, dtype=np.float32)
    # Rows along their whole length, which is read fastest.
    step = max(1, _BLOCK // cols)

    def fill(starts: Sequence[int]) -> None:
        scratch = np.empty((channels, step, cols), dtype=np.int32)
        for start in starts:
            block = channel_first[:, start : start + step]
            if is_half:
                block = widen(block, scratch[:, : block.shape[1]])
            part = weights_t @ block.astype(np.float32, copy=False).reshape(channels, -1)
            part *= root
            part += bias[:, None]
            whole = slice(start, min(start + step, rows)), slice(0, cols)
            of_block, of_out = shared(whole, window)
            out[:, *of_out] = part.reshape(len(part), -1, cols)[:, *of_block]

    starts = range(window[0].start // step * step, window[0].stop, step)
    threads = min(os.cpu_count() or 1, max(1, len(starts) // 4))
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, (starts[i::threads] for i in range(threads))))


def even_points(image_shape: tuple[int, int], count: int) -> npt.NDArray[np.intp]:
    """Spread pixel positions evenly over a plane.

    Parameters
    ----------
    image_shape : tuple of int
        (H, W) in pixels.
    count : int
        About how many.

    Returns
    -------
    ndarray of int, shape (n, 2)
        (y, x). On a large plane they stand in groups, so that few tiles have to be computed for them.
    """
    step = max(1, int(np.sqrt(image_shape[0] * image_shape[1] / count)))
    rows, cols = (_even_positions(size, step) for size in image_shape)
    return np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)


def _even_positions(size: int, step: int) -> npt.NDArray[np.intp]:
    positions = np.arange(min(step // 2, size - 1), size, step)
    if size <= _GROUPS * TILE:
        return positions
    centres = (np.arange(_GROUPS) + 0.5) * size / _GROUPS
    offsets = (np.arange(len(positions) // _GROUPS) + 0.5) / (len(positions) // _GROUPS)
    tops = centres.astype(np.intp) // TILE * TILE
    inside = np.concatenate([top + (offsets * min(TILE, size - top)).astype(np.intp) for top in tops])
    return np.asarray(inside, dtype=np.intp)


def _neighbours(
    position: npt.NDArray[np.floating], size: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Find the two cells around each position and the weight of the second."""
    clamped = np.clip(position, 0, size - 1)
    first = np.minimum(clamped.astype(np.intp), max(size - 2, 0))
    second = np.minimum(first + 1, size - 1)
    return first, second, (clamped - first).astype(np.float32)


def _cells_around(pixels: slice, cells: int, stride: float, origin: float) -> slice:
    """Cells that pixels along one axis are interpolated from."""
    ends = (np.array([pixels.start, pixels.stop - 1]) - origin) / stride
    first, second, _ = _neighbours(ends, cells)
    return slice(int(first[0]), int(second[1]) + 1)


def _interpolation_matrix(pixels: int, cells: int, stride: float, origin: float) -> sparse.csr_array:
    """Linear interpolation from cells to pixels along one axis, constant beyond the outermost centres."""
    first, second, weight = _neighbours((np.arange(pixels) - origin) / stride, cells)
    row = np.tile(np.arange(pixels), 2)
    matrix = sparse.coo_array(
        (np.concatenate([1 - weight, weight]), (row, np.concatenate([first, second]))), shape=(pixels, cells)
    )
    return matrix.tocsr()
