"""Landmarks on the picture of two sections: two layers of numbered points, and the clicks that mark them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from napari.layers import Image, Points
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal

from .._landmark_book import Marks
from ..alignment.landmark_pairs import Point
from ._layers import kept_selection, remove_ours
from ._pair_canvas import PairCanvas
from ._view_layers import add_landmarks, lay_over_planes
from ._visible import camera_of

# In pixels of the canvas: a mouse that moved less has clicked, and a landmark this near is taken hold of.
_CLICK_REACH, _GRAB_REACH = 4.0, 10.0
_LEFT = 1
# Told apart by colour and by shape.
_FIXED = {"color": "#ff5a1f", "symbol": "disc"}
_MOVING = {"color": "#00a2ff", "symbol": "square"}


class LandmarkLayers:
    """Shows landmarks, and says where the mouse marks or moves one.

    Places in the moving section are seen where the picture shows that section now, so that they move with it.

    Parameters
    ----------
    canvas : PairCanvas

    Attributes
    ----------
    clicked : Signal(object, object)
        Side ("fixed", "moving", or "both" where the two lie on each other) and the place (y, x) in the
        fixed frame, in pixels; see `in_section`.
    undo_requested : Signal()
        The keys for it were pressed.
    moved : Signal(str, int, object)
        The landmark of this number was dragged to a place (y, x) in its section: side, number, place.
    """

    clicked = Signal(object, object)
    moved = Signal(str, int, object)
    undo_requested = Signal()

    def __init__(self, canvas: PairCanvas) -> None:
        self._canvas = canvas
        self._marks: Marks | None = None
        self.layers: dict[str, Points] = {}

    @property
    def is_on(self) -> bool:
        """Whether landmarks are shown and marked."""
        return self._marks is not None

    def start(self, marks: Marks) -> None:
        """Show landmarks from now on, and listen to the mouse."""
        if self._marks is None:
            self._canvas.viewer.mouse_drag_callbacks.append(self._on_press)
            self._canvas.drawn.connect(self._show)
        self._marks = marks
        self._show()

    def stop(self) -> None:
        """Take the layers away, and listen no more."""
        if self._marks is None:
            return
        self._marks = None
        self._canvas.viewer.mouse_drag_callbacks.remove(self._on_press)
        self._canvas.drawn.disconnect(self._show)
        self._remove()

    def in_section(self, side: str, point: Point) -> Point:
        """Turn a place of the fixed frame into one of the fixed or the moving section."""
        if side == "fixed":
            return point
        y, x = self._canvas.transform.points([point])[0]
        return float(y), float(x)

    # --- what is shown ---

    def _show(self) -> None:
        canvas, marks = self._canvas, self._marks
        if marks is None:
            return
        if canvas.layer is None or canvas.image is None:
            self._remove()
            return
        if not all(layer in canvas.viewer.layers for layer in self.layers.values()) or not self.layers:
            self._remove()
            self.layers = _add(canvas.viewer, canvas.image)
            for layer in self.layers.values():
                layer.bind_key("Control-Z", self._on_undo, overwrite=True)
            # napari gives keys to the active layer only.
            canvas.viewer.layers.selection.active = self.layers["fixed"]
        for side, points in self._places(marks).items():
            self._fill(self.layers[side], points, canvas.image)

    def _places(self, marks: Marks) -> dict[str, np.ndarray]:
        """Where landmarks are seen, in the fixed frame and in pixels; the pending one is the last."""
        fixed = marks.pairs.fixed_points
        if marks.pending is not None:
            fixed = np.vstack([fixed, marks.pending])
        moving = self._canvas.transform.inverse().points(marks.pairs.moving_points)
        return {"fixed": fixed, "moving": np.add(moving, (0, self._canvas.offset))}

    def _fill(self, layer: Points, points: np.ndarray, image: Image) -> None:
        lay_over_planes(layer, image)
        layer.data = points
        layer.features = {"number": np.arange(1, len(points) + 1)}
        layer.selected_data = set()

    def _remove(self) -> None:
        layers, self.layers = self.layers, {}
        for layer in layers.values():
            remove_ours(self._canvas.viewer, layer)

    # --- the mouse ---

    def _on_press(self, viewer: Viewer, event: Event) -> Iterator[None]:
        """Take hold of a landmark, or click; a drag elsewhere moves the view."""
        active = viewer.layers.selection.active
        if event.button != _LEFT or (active is not None and active.mode != "pan_zoom"):
            return
        start, held = np.asarray(event.pos), self._near(event.position, camera_of(viewer).zoom)
        event.handled = held is not None
        yield
        reach = 0.0
        while event.type == "mouse_move":
            reach = max(reach, float(np.abs(event.pos - start).max()))
            if held is not None:
                event.handled = True
                self._carry(*held, event.position)
            yield
        spot = self._canvas.spot(event.position)
        if held is not None and reach > _CLICK_REACH:
            self._drop(*held)
        elif reach <= _CLICK_REACH and spot is not None:
            self.clicked.emit(*spot)

    def _on_undo(self, layer: Points) -> None:
        self.undo_requested.emit()

    def _near(self, position: tuple[float, ...], zoom: float) -> tuple[str, int] | None:
        """Return side and number of the landmark under the mouse."""
        found = None
        nearest = _GRAB_REACH
        for side, layer in self.layers.items():
            for number, point in enumerate(layer.data):
                apart = np.subtract(layer.data_to_world(point), np.asarray(position)[-2:])
                distance = float(np.hypot(*apart)) * zoom
                if distance <= nearest:
                    nearest, found = distance, (side, number)
        return found

    def _carry(self, side: str, number: int, position: tuple[float, ...]) -> None:
        layer = self.layers.get(side)
        if layer is None or number >= len(layer.data):
            return
        points = np.array(layer.data)
        points[number] = layer.world_to_data(np.asarray(position)[-2:])
        layer.data = points

    def _drop(self, side: str, number: int) -> None:
        layer = self.layers.get(side)
        if layer is None or number >= len(layer.data):
            return
        y, x = layer.data[number]
        seen = (float(y), float(x) - (self._canvas.offset if side == "moving" else 0.0))
        self.moved.emit(side, number, self.in_section(side, seen))


def _add(viewer: Viewer, image: Image) -> dict[str, Points]:
    with kept_selection(viewer):
        return {
            "fixed": add_landmarks(viewer, image, "landmarks, fixed", **_FIXED),
            "moving": add_landmarks(viewer, image, "landmarks, moving", **_MOVING),
        }
