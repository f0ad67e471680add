"""Dense features of a large plane, computed tile by tile when they are needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np
import numpy.typing as npt

Window = tuple[slice, slice]
# Side in pixels: of all sizes that stay in memory easily, the one that wastes least on the overlap.
TILE = 1024


def windows(shape: tuple[int, int], side: int = TILE) -> Iterator[Window]:
    """Cut (H, W) into windows of at most `side` pixels, row by row, without overlap."""
    for top in range(0, shape[0], side):
        for left in range(0, shape[1], side):
            yield slice(top, min(top + side, shape[0])), slice(left, min(left + side, shape[1]))


def tiles_meeting(window: Window, shape: tuple[int, int], side: int) -> Iterator[Window]:
    """List the tiles of a fixed raster over (H, W) that a window meets.

    What is computed tile by tile of a fixed raster is the same for every window that asks for it.

    Parameters
    ----------
    window : Window
    shape : tuple of int
        (H, W) of the plane.
    side : int
        Of the tiles; a divisor of 1024. Those within one tile of `TiledFeatures` follow each other, so that
        it is computed once.
    """
    for large in windows(shape):
        if not meet(large, window):
            continue
        top, left = large[0].start, large[1].start
        for rows, cols in windows((large[0].stop - top, large[1].stop - left), side):
            tile = slice(top + rows.start, top + rows.stop), slice(left + cols.start, left + cols.stop)
            if meet(tile, window):
                yield tile


def shared(tile: Window, window: Window) -> tuple[Window, Window]:
    """Where tile and window overlap, counted within the tile and within the window."""
    both = [
        (max(a.start, b.start), min(a.stop, b.stop), a.start, b.start)
        for a, b in zip(tile, window, strict=True)
    ]
    (y0, y1, tile_y, window_y), (x0, x1, tile_x, window_x) = both
    return (
        (slice(y0 - tile_y, y1 - tile_y), slice(x0 - tile_x, x1 - tile_x)),
        (slice(y0 - window_y, y1 - window_y), slice(x0 - window_x, x1 - window_x)),
    )


def meet(one: Window, other: Window) -> bool:
    """Whether two windows have a pixel in common."""
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def widened(window: Window, reach: int, shape: tuple[int, int]) -> tuple[Window, Window]:
    """Widen a window by `reach` pixels within the plane.

    Returns
    -------
    wide : Window
        In the plane.
    inner : Window
        Where the given window lies in the wide one.
    """
    starts = [max(0, part.start - reach) for part in window]
    wide = tuple(
        slice(start, min(part.stop + reach, size))
        for start, part, size in zip(starts, window, shape, strict=True)
    )
    inner = tuple(
        slice(part.start - start, part.stop - start) for start, part in zip(starts, window, strict=True)
    )
    return (wide[0], wide[1]), (inner[0], inner[1])


class TiledFeatures:
    """Features (H, W, channels) in float16 that are computed tile by tile when they are read.

    Tiles that were sampled are kept, since what is painted on is sampled again and again; a walk over the
    whole plane keeps none. All methods may be called from any thread.

    Parameters
    ----------
    shape : tuple of int
        (H, W, channels).
    compute : callable
        Takes a window of the plane and returns its features. Each tile is computed by itself, so that its
        features do not depend on which others are, or on whether the plane is held whole.
    max_bytes : int
        Most memory for tiles that are kept, in bytes; one tile is kept in any case.
    """

    dtype = np.dtype(np.float16)
    ndim = 3

    def __init__(
        self,
        shape: tuple[int, int, int],
        compute: Callable[[Window], npt.NDArray[np.float16]],
        max_bytes: int,
    ) -> None:
        self.shape = shape
        self.max_bytes = max_bytes
        self._compute = compute
        self._kept: OrderedDict[tuple[int, int], npt.NDArray[np.float16]] = OrderedDict()
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Most memory that the tiles can come to take."""
        return self.max_bytes

    def tiles(self, within: Window | None = None) -> Iterator[tuple[Window, npt.NDArray[np.float16]]]:
        """Walk over all tiles, or those that meet a window: where each lies, and its features.

        What is looked at is looked at again, so the tiles of a window are kept.
        """
        for window in windows(self.shape[:2]):
            if within is None or meet(window, within):
                yield window, self._tile(window, keep=within is not None)

    def gather(self, rows: npt.NDArray[np.integer], cols: npt.NDArray[np.integer]) -> npt.NDArray[np.float16]:
        """Features (n, channels) at pixels."""
        out = np.empty((len(rows), self.shape[2]), dtype=self.dtype)
        for window in windows(self.shape[:2]):
            top, left = window[0].start, window[1].start
            here = np.flatnonzero(
                (rows >= top) & (rows < window[0].stop) & (cols >= left) & (cols < window[1].stop)
            )
            if here.size:
                out[here] = self._tile(window, keep=True)[rows[here] - top, cols[here] - left]
        return out

    def read(self, window: Window) -> npt.NDArray[np.float16]:
        """Features (h, w, channels) of a window, channel-first in memory."""
        shape = [part.stop - part.start for part in window]
        out = np.empty((self.shape[2], *shape), dtype=self.dtype)
        for tile in windows(self.shape[:2]):
            if meet(tile, window):
                within, at = shared(tile, window)
                out[:, *at] = np.moveaxis(self._tile(tile, keep=True)[within], 2, 0)
        return np.moveaxis(out, 0, 2)

    def whole(self) -> npt.NDArray[np.float16]:
        """Compute all tiles into one array, channel-first in memory."""
        if max(self.shape[:2]) <= TILE:
            return self._tile((slice(0, self.shape[0]), slice(0, self.shape[1])), keep=False)
        out = np.empty((self.shape[2], *self.shape[:2]), dtype=self.dtype)
        for (rows, cols), features in self.tiles():
            out[:, rows, cols] = np.moveaxis(features, 2, 0)
        return np.moveaxis(out, 0, 2)

    def _tile(self, window: Window, keep: bool) -> npt.NDArray[np.float16]:
        key = (window[0].start, window[1].start)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        features = self._compute(window)
        if keep:
            with self._lock:
                self._kept[key] = features
                while len(self._kept) > 1 and sum(f.nbytes for f in self._kept.values()) > self.max_bytes:
                    self._kept.popitem(last=False)
        return features
