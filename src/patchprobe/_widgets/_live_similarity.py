"""Similarity to the point under the cursor, painted while the mouse moves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from napari.layers import Image
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._feature_work import Prepared, prepare_plane
from .._work import Computing, Embedded, Source
from ._jobs import JobRunner
from ._layers import current_plane, plane_shape, shows_planes
from ._session import session_of
from ._similarity_layer import SimilarityLayer
from ._status import Mood
from ._timers import single_shot

# Values that are computed and sent to the graphics card for each move of the mouse.
_MOST_PIXELS = 1 << 18
# A plane that the slider only passes is not worth embedding.
_SETTLE_MS = 100
# A mouse that moved less between press and release clicked, in pixels of the canvas.
_CLICK_REACH = 4.0
_LEFT = 1
_TURN_BACK = "Turn back to the 2D view of y and x"
_HOVER = "Move the mouse over the image. A click keeps the point."


@dataclass(frozen=True)
class Kept:
    """A point that was clicked.

    Parameters
    ----------
    plane : int
    point : tuple of float
        (y, x) in pixels.
    features : ndarray of float32, shape (channels,)
    """

    plane: int
    point: tuple[float, float]
    features: npt.NDArray[np.float32]


class LiveSimilarity:
    """Paints where the plane looks like the point under the cursor, or like one that was clicked.

    It owns no widget: a widget shows what its signals say. A plane is embedded and prepared in the
    background. One position of the mouse then takes a few milliseconds; where several come together, the
    last one counts. A clicked point is kept, and looked for on other planes too.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.
    parent : QObject
        What the background jobs end with.

    Attributes
    ----------
    status : Signal(Mood, str)
        What it is doing, or what can be done.
    failed : Signal(Exception)
        To be shown where it happened.
    dismissed : Signal()
        Its layer was deleted: enough of it.
    """

    status = Signal(Mood, str)
    failed = Signal(Exception)
    dismissed = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self.layers: SimilarityLayer | None = None
        self.kept: Kept | None = None
        self.prepared: Prepared | None = None
        self._viewer = viewer
        self._cache = session_of(viewer).cache
        self._source: Source | None = None
        self._block: int | None = None
        self._waits = False
        self._wanted: int | None = None
        self._cursor: tuple[float, float] | None = None
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(self._on_prepared)
        self._jobs.failed.connect(self._on_failed)
        self._soon = single_shot(parent, self._paint)
        self._settled = single_shot(parent, self._prepare, _SETTLE_MS)

    # --- on and off ---

    @property
    def is_on(self) -> bool:
        """Whether it listens to the mouse."""
        return self._source is not None

    def watch(self, image: Image, source: Source, block: int | None, waits: bool = False) -> None:
        """Paint on an image from now on, or go on doing so.

        Parameters
        ----------
        image : Image
        source : Source
            Of `image`, as it is now.
        block : int or None
            Number of the block; None for all.
        waits : bool
            Whether something else embeds planes now: then only those at hand are prepared.
        """
        self._waits = waits
        if not self._is_of(image, source, block):
            self.stop()
            self._source, self._block = source, block
            height, width = plane_shape(image)
            step = max(1, math.ceil(math.sqrt(height * width / _MOST_PIXELS)))
            self.layers = SimilarityLayer(self._viewer, image, step)
            self._listen(True)
        self._follow()

    def stop(self) -> None:
        """Hide the layers and listen no more."""
        if self.layers is None:
            return
        self._listen(False)
        self._jobs.drop()
        for timer in (self._soon, self._settled):
            timer.stop()
        self.layers.hide()
        self.layers.unmark()
        self.layers = self.prepared = self.kept = None
        self._source = self._wanted = self._cursor = None

    def close(self) -> None:
        """Let go of the viewer: the widget is gone."""
        if self.is_on:
            self._listen(False)
            self._source = None

    def _is_of(self, image: Image, source: Source, block: int | None) -> bool:
        return (
            self.layers is not None
            and self._source is not None
            and self.layers.image is image
            and (self._source.identity, self._source.backbone) == (source.identity, source.backbone)
            and self._block == block
        )

    def _listen(self, on: bool) -> None:
        viewer = self._viewer
        for callbacks, callback in (
            (viewer.mouse_move_callbacks, self._on_move),
            (viewer.mouse_drag_callbacks, self._on_press),
        ):
            (callbacks.append if on else callbacks.remove)(callback)
        for event, slot in (
            (viewer.events.mouse_over_canvas, self._on_over_canvas),
            (viewer.dims.events.current_step, self._follow),
            (viewer.dims.events.ndisplay, self._follow),
            (viewer.layers.events.removed, self._on_removed),
        ):
            (event.connect if on else event.disconnect)(slot)

    def _on_removed(self, event: Event) -> None:
        layers = self.layers
        if layers is None or event.value not in (layers.layer, layers.ring):
            return
        was_ring = event.value is layers.ring
        layers.forget(event.value)
        if was_ring:
            self._let_go()
        else:
            self.dismissed.emit()

    # --- the plane ---

    def _follow(self, event: Event | None = None) -> None:
        """Turn to the plane that is shown; where it has to be prepared, soon."""
        plane = self._plane()
        if plane != self._wanted:
            self._wanted, self.prepared = plane, None
            self._jobs.drop()
            self._hide()
            if plane is not None:
                self._settled.start()
        self._say()

    def _plane(self) -> int | None:
        """Return the plane of the image that is shown, or None."""
        layers = self.layers
        if layers is None or layers.image not in self._viewer.layers or not shows_planes(self._viewer):
            return None
        return current_plane(self._viewer, layers.image)

    def _prepare(self) -> None:
        source, plane = self._source, self._wanted
        if source is None or plane is None or self.layers is None:
            return
        if self._waits and plane not in self._cache.planes(source.identity, source.backbone):
            self._wanted = None
            self._say()
            return
        self._jobs.start(prepare_plane, source, plane, self._cache, self._block, self.layers.step)

    def _on_step(self, step: Computing | Embedded) -> None:
        source = self._source
        if source is None or not isinstance(step, Computing):
            return
        if step.plane not in self._cache.planes(source.identity, source.backbone):
            self.status.emit(Mood.WORKING, f"computing features of {self._name(step.plane)}")

    def _on_prepared(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._paint()
        self._say()

    def _on_failed(self, error: Exception) -> None:
        self.status.emit(Mood.LOOK, "stopped: see the message below")
        self.failed.emit(error)

    # --- the mouse ---

    def _on_move(self, viewer: Viewer, event: Event) -> None:
        self._cursor = self._place(event.position)
        if self.kept is None:
            self._soon.start()

    def _on_over_canvas(self, event: Event) -> None:
        if not self._viewer.mouse_over_canvas:
            self._cursor = None
            self._soon.start()

    def _on_press(self, viewer: Viewer, event: Event) -> Iterator[None]:
        """Take a click that nobody else wants, such as a brush; a drag moves the view."""
        active = viewer.layers.selection.active
        if event.button != _LEFT or (active is not None and active.mode != "pan_zoom"):
            return
        start = np.asarray(event.pos)
        yield
        reach = 0.0
        while event.type == "mouse_move":
            reach = max(reach, float(np.abs(event.pos - start).max()))
            yield
        if reach <= _CLICK_REACH:
            self._on_click(self._place(event.position))

    def _on_click(self, place: tuple[float, float] | None) -> None:
        if self.kept is not None:
            self._cursor = place
            self._let_go()
        elif self.prepared is not None and self.layers is not None and place is not None:
            features = self.prepared.similarity.features_at(place)
            self.kept = Kept(self.prepared.plane, place, features)
            self.layers.mark(self.prepared.plane, place)
            self._paint()
            self._say()

    def _let_go(self) -> None:
        """Follow the cursor again."""
        self.kept = None
        if self.layers is not None:
            self.layers.unmark()
        self._soon.start()
        self._say()

    def _place(self, position: Sequence[float]) -> tuple[float, float] | None:
        """Turn a position in the world into a pixel (y, x) of the image; None outside of it."""
        if self.layers is None:
            return None
        image = self.layers.image
        at = image.world_to_data(np.asarray(position, dtype=float)[-image.ndim :])[-2:]
        if not np.all((at >= -0.5) & (at <= np.subtract(plane_shape(image), 0.5))):
            return None
        return float(at[0]), float(at[1])

    # --- what is shown ---

    def _paint(self) -> None:
        """Bring the layer up to date; several moves in a row lead to one picture."""
        prepared, layers = self.prepared, self.layers
        if prepared is None or layers is None:
            return
        if self.kept is not None:
            features = self.kept.features
        elif self._cursor is not None:
            features = prepared.similarity.features_at(self._cursor)
        else:
            self._hide()
            return
        layers.paint(prepared.plane, prepared.similarity.to_features(features))

    def _hide(self) -> None:
        if self.layers is not None:
            self.layers.hide()

    def _say(self) -> None:
        if self._wanted is None:
            self.status.emit(Mood.IDLE, "Wait for the run" if self._waits else _TURN_BACK)
        elif self.prepared is None:
            return
        elif self.kept is None:
            self.status.emit(Mood.READY, _HOVER)
        else:
            y, x = (round(at) for at in self.kept.point)
            where = f"y {y}, x {x} of {self._name(self.kept.plane)}"
            self.status.emit(Mood.READY, f"Similar to {where}. Click again to follow the mouse.")

    def _name(self, plane: int) -> str:
        many = self._source is not None and self._source.stack.n_planes > 1
        return f"plane {plane}" if many else "this plane"
