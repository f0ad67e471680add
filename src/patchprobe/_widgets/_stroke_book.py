"""What is painted on a labels layer: a copy of each painted plane, and what was read from it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QTimer

from .._state import MAX_CLASSES
from .._work import Counted, RowsRead
from ..errors import InputError
from ..probe import TrainingRows
from ..tiled_array import TiledArray
from ._layers import current_plane, plane_view, possibly_painted, shows_planes


class StrokeBook:
    """Follows the strokes on a labels layer, however they change: brush, fill, polygon, undo, code.

    napari announces a finished stroke, but not what an undo changed. So each event only leads to a look
    at the planes that it can concern, compared with their copies; or, on a tiled layer, with what the layer
    knows of its changes, so that a stroke costs the same on planes of any size.

    Parameters
    ----------
    viewer : Viewer

    Attributes
    ----------
    planes : dict of int to ndarray of uint8, shape (H, W)
        Copies of the planes that carry strokes; another array whenever a plane changed.
    counts : dict of int to dict of int to tuple of int
        (strokes, pixels) of each class, by plane; filled from outside as they are counted.
    rows : dict of int to TrainingRows
        Features under the strokes, by plane; filled from outside. An entry goes when its plane changes.
    revision : int
        Grows with every change.
    is_refused : bool
        Whether the layer holds what cannot be strokes.
    changed, refused : Signal
        Strokes changed; the layer cannot be used as strokes (with the `InputError`).
    """

    changed = Signal()
    refused = Signal(InputError)

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.layer: Labels | None = None
        self.planes: dict[int, npt.NDArray[np.uint8]] = {}
        self.counts: dict[int, dict[int, tuple[int, int]]] = {}
        self.rows: dict[int, TrainingRows] = {}
        self._revisions: dict[int, int] = {}
        self.revision = 0
        self.is_refused = False

    def attach(self, layer: Labels | None) -> None:
        """Follow a layer from now on; everything that is on it counts as new."""
        if self.layer is not None:
            self.layer.events.paint.disconnect(self._on_paint)
            self.layer.events.set_data.disconnect(self._on_set_data)
        self.layer = layer
        for held in (self.planes, self.counts, self.rows, self._revisions):
            held.clear()
        self.revision += 1
        if layer is not None:
            layer.events.paint.connect(self._on_paint)
            layer.events.set_data.connect(self._on_set_data)
            self.look()

    def totals(self) -> dict[int, tuple[int, int]]:
        """(strokes, pixels) of each class over all planes."""
        sums: dict[int, tuple[int, int]] = {}
        for counts in self.counts.values():
            for number, (strokes, pixels) in counts.items():
                before = sums.get(number, (0, 0))
                sums[number] = (before[0] + strokes, before[1] + pixels)
        return sums

    def painted(self) -> set[int]:
        """Numbers of the classes that have strokes."""
        return {number for counts in self.counts.values() for number in counts}

    def look(self, planes: Iterable[int] | None = None) -> None:
        """Compare planes, by default all of them, with their copies, and announce a change."""
        if self.layer is None:
            return
        try:
            chosen = possibly_painted(self.layer) if planes is None else planes
            changed = [plane for plane in chosen if self._update(plane)]
        except InputError as error:
            self.is_refused = True
            self.refused.emit(error)
            return
        self.is_refused = False
        if changed:
            self.revision += 1
            self.changed.emit()

    def keep(self, read: Counted | RowsRead) -> bool:
        """Keep what was read of a plane if nothing was painted there since; return whether it is kept."""
        if self.planes.get(read.plane) is not read.strokes:
            return False
        if isinstance(read, Counted):
            self.counts[read.plane] = read.counts
        else:
            self.rows[read.plane] = read.rows
        return True

    def erase(self) -> None:
        """Erase all strokes, as one step that undo brings back."""
        if self.layer is None:
            return
        leading = self.layer.data.shape[:-2]
        with self.layer.block_history():
            for plane, strokes in list(self.planes.items()):
                inside = np.nonzero(strokes)
                at = np.unravel_index(plane, leading) if leading else ()
                index = tuple(np.full(len(inside[0]), i) for i in at) + inside
                self.layer.data_setitem(index, 0)
        self.look()

    def _update(self, plane: int) -> bool:
        assert self.layer is not None
        now = self._changed_plane(plane)
        if now is None:
            return False
        self.rows.pop(plane, None)
        self.counts.pop(plane, None)
        if now.any():
            self.planes[plane] = now
        else:
            self.planes.pop(plane, None)
        return True

    def _changed_plane(self, plane: int) -> npt.NDArray[np.uint8] | None:
        """Return a copy of a plane, or None if it is as it was."""
        assert self.layer is not None
        data = self.layer.data
        if isinstance(data, TiledArray):
            if data.revision(plane) == self._revisions.get(plane, 0):
                return None
            self._check(*data.plane_extremes(plane))
            self._revisions[plane] = data.revision(plane)
            return np.asarray(plane_view(data, plane), np.uint8)
        now = np.asarray(plane_view(data, plane))
        held = self.planes.get(plane)
        if np.array_equal(now, held) if held is not None else not now.any():
            return None
        self._check(now.min(), now.max())
        return now.astype(np.uint8)

    def _check(self, low: int, high: int) -> None:
        if low < 0 or high > MAX_CLASSES:
            assert self.layer is not None
            raise InputError(
                f"{self.layer.name} holds labels up to {high}; strokes are classes 1 to {MAX_CLASSES}. "
                "Choose another layer, or erase what is not a stroke."
            )

    def _on_paint(self) -> None:
        # napari says so before it writes where no mouse is dragged: filling, and paint by a program.
        QTimer.singleShot(0, self._look_at_paint)

    def _look_at_paint(self) -> None:
        if self.layer is None:
            return
        flat = shows_planes(self._viewer) and self.layer.n_edit_dimensions == 2
        self.look([current_plane(self._viewer, self.layer)] if flat else None)

    def _on_set_data(self) -> None:
        assert self.layer is not None
        self.look({current_plane(self._viewer, self.layer), *self.planes})
