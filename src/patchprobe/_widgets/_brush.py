"""The brush: which class it paints, by key, by click in the class list, or by napari's own controls."""

from __future__ import annotations

from collections.abc import Callable

from napari.layers import Labels
from napari.viewer import Viewer
from psygnal import Signal

from .._state import MAX_CLASSES, ProbeState


class Brush:
    """Keeps the selected class and the labels layer's brush in step, and binds the number keys.

    Parameters
    ----------
    viewer : Viewer
    state : ProbeState

    Attributes
    ----------
    noticed : Signal(str)
        A key was pressed that cannot do anything yet.
    """

    noticed = Signal(str)

    def __init__(self, viewer: Viewer, state: ProbeState) -> None:
        self._viewer = viewer
        self._state = state
        self._layer: Labels | None = None
        state.events.selected.connect(self.take)

    def attach(self, layer: Labels | None) -> None:
        """Paint on this layer from now on."""
        if self._layer is not None:
            self._layer.events.selected_label.disconnect(self._on_label)
            self._layer.events.mode.disconnect(self._on_mode)
            for number in range(MAX_CLASSES + 1):
                self._layer.bind_key(str(number), None)
        self._layer = layer
        if layer is not None:
            for number in range(MAX_CLASSES + 1):
                layer.bind_key(str(number), self._chooser(number), overwrite=True)
            layer.events.selected_label.connect(self._on_label)
            layer.events.mode.connect(self._on_mode)

    def choose(self, number: int) -> None:
        """Paint a class from now on, or erase with 0."""
        if number and self._state.class_of(number) is None:
            self.noticed.emit(f"There is no class {number} yet. Add it with the button Add class.")
        elif self._state.selected == number:
            self.take()
        else:
            self._state.selected = number

    def take(self) -> None:
        """Make the stroke layer active, with the brush for the selected class or the eraser."""
        layer = self._layer
        if layer is None or layer not in self._viewer.layers:
            return
        number = self._state.selected
        self._viewer.layers.selection.active = layer
        if number:
            layer.selected_label = number
        layer.mode = "paint" if number else "erase"

    def _chooser(self, number: int) -> Callable[[Labels], None]:
        return lambda layer: self.choose(number)

    def _on_label(self) -> None:
        assert self._layer is not None
        number = int(self._layer.selected_label)
        if self._state.class_of(number) is not None and self._layer.mode != "erase":
            self._state.selected = number

    def _on_mode(self) -> None:
        assert self._layer is not None
        if self._layer.mode == "erase":
            self._state.selected = 0
        elif self._layer.mode == "paint":
            self._on_label()
