"""A section put somewhere by mouse and keys, on the picture of it and the one that it belongs on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from napari.layers import Image
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal

from .._pair_work import turned_about
from ..alignment import Transform
from ._pair_canvas import PairCanvas
from ._visible import camera_of

_LEFT = 1
_STEPS = (("", 1.0), ("Shift-", 10.0), ("Alt-", 0.1))
_ARROWS = {"Up": (-1.0, 0.0), "Down": (1.0, 0.0), "Left": (0.0, -1.0), "Right": (0.0, 1.0)}
# Degrees; [ turns against the clock.
_TURNS = {"[": 0.1, "]": -0.1, "Shift-[": 1.0, "Shift-]": -1.0}

# Said in the widget, word for word.
KEYS = (
    ("drag", "move the section"),
    ("Shift-drag", "turn it about the middle of the view"),
    ("arrow keys", "1 px; with Shift 10, with Alt 0.1"),
    ("[ and ]", "turn by 0.1°; with Shift 1°"),
    ("Enter", "use this place"),
    ("Escape", "put it back"),
)


class SectionDrag:
    """Moves and turns the moving section while it is on; the picture's layer has to be the active one.

    Parameters
    ----------
    canvas : PairCanvas

    Attributes
    ----------
    transform : Transform or None
        From fixed to moving, where the section is held now; None while it is off.
    moved : Signal()
        It is held somewhere else.
    used, put_back : Signal()
        The keys for it were pressed.
    """

    moved = Signal()
    used = Signal()
    put_back = Signal()

    def __init__(self, canvas: PairCanvas) -> None:
        self._canvas = canvas
        self._layer: Image | None = None
        self.transform: Transform | None = None

    @property
    def is_on(self) -> bool:
        """Whether the section follows the mouse."""
        return self.transform is not None

    def start(self, transform: Transform) -> None:
        """Take hold of the section where it lies."""
        if not self.is_on:
            self._canvas.viewer.mouse_drag_callbacks.append(self._on_press)
            self._canvas.drawn.connect(self._take_layer)
        self.transform = transform
        self._canvas.put(transform)
        self._take_layer()

    def stop(self) -> None:
        """Let go of it; it is seen where the alignment puts it."""
        if not self.is_on:
            return
        self.transform = None
        self._canvas.viewer.mouse_drag_callbacks.remove(self._on_press)
        self._canvas.drawn.disconnect(self._take_layer)
        if self._layer is not None:
            self._layer.mouse_pan = True
            for key in _keys(self):
                self._layer.bind_key(key, None)
            self._layer = None
        self._canvas.put(None)

    def shift(self, down: float, across: float) -> None:
        """Move the section on the screen, in pixels."""
        if self.transform is not None:
            self._hold(Transform.translation((-down, -across)).followed_by(self.transform))

    def turn(self, degrees: float) -> None:
        """Turn the section on the screen against the clock, about the middle of the view."""
        if self.transform is not None:
            back = turned_about(self._middle(), -degrees)
            self._hold(back.followed_by(self.transform))

    def _hold(self, transform: Transform) -> None:
        self.transform = transform
        self._canvas.put(transform)
        self.moved.emit()

    def _take_layer(self) -> None:
        """Let the mouse and the keys be the picture's, which napari gives to the active layer only."""
        layer = self._canvas.layer
        if layer is None or layer is self._layer:
            return
        self._layer = layer
        # Dragging moves the section, not the view; the wheel still zooms.
        layer.mouse_pan = False
        for key, action in _keys(self).items():
            layer.bind_key(key, _of_layer(action), overwrite=True)
        self._canvas.viewer.layers.selection.active = layer

    def _on_press(self, viewer: Viewer, event: Event) -> Iterator[None]:
        if event.button != _LEFT or viewer.layers.selection.active is not self._layer or not self.is_on:
            return
        turning = "Shift" in event.modifiers
        start, about, last = self.transform, self._middle(), self._at(event)
        angle = 0.0
        yield
        while event.type == "mouse_move" and self.is_on:
            here = self._at(event)
            if turning:
                # Added up, so that a hand can go round and round.
                angle += _angle_between(np.subtract(last, about), np.subtract(here, about))
                self._hold(turned_about(about, -angle).followed_by(start))
            else:
                self.shift(*np.subtract(here, last))
            last = here
            yield

    def _at(self, event: Event) -> tuple[float, float]:
        return self._canvas.place_of(event.position)

    def _middle(self) -> tuple[float, float]:
        """Return the place of the fixed frame in the middle of the view."""
        return self._canvas.place_of(camera_of(self._canvas.viewer).center)


def _keys(drag: SectionDrag) -> dict[str, Callable[[], object]]:
    """Name the keys, in napari's words, and what they do."""
    keys: dict[str, Callable[[], object]] = {
        with_key + arrow: partial(drag.shift, step * down, step * across)
        for with_key, step in _STEPS
        for arrow, (down, across) in _ARROWS.items()
    }
    keys |= {key: partial(drag.turn, degrees) for key, degrees in _TURNS.items()}
    return keys | {"Enter": drag.used.emit, "Escape": drag.put_back.emit}


def _of_layer(action: Callable[[], object]) -> Callable[[Image], None]:
    def act(layer: Image) -> None:
        action()

    return act


def _angle_between(one: np.ndarray, other: np.ndarray) -> float:
    """Angle in degrees from one direction (y, x) to another, against the clock on the screen."""
    return math.degrees(math.atan2(one[0] * other[1] - one[1] * other[0], float(np.dot(one, other))))
