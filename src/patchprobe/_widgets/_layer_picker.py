"""Choosing a layer: a list that follows the viewer's layers, their names and their removal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.layers import Image, Layer
from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QWidget

from ._elided_combo import ElidedCombo
from ._layers import image_layers, layer_data


class LayerPicker(ElidedCombo):
    """A list of the layers that `choices` finds; keeps its choice when layers come, go or are renamed.

    Parameters
    ----------
    viewer : Viewer
    choices : callable
        Takes the viewer and returns the layers to offer; the last one is chosen at first.
    empty : str
        Shown when there is none.

    Attributes
    ----------
    picked : Signal(object)
        The layer that is chosen now, or None; only when it is another one than before.
    """

    picked = Signal(object)

    def __init__(
        self,
        viewer: Viewer,
        choices: Callable[[Viewer], Sequence[Layer]] = image_layers,
        empty: str = "no image layer: open or drop one",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._choices = choices
        self._empty = empty
        self._layers: list[Layer] = []
        self._current: Layer | None = None
        self.currentIndexChanged.connect(self._on_index)
        for event in (viewer.layers.events.inserted, viewer.layers.events.removed):
            event.connect(self._on_layers)
        viewer.layers.events.reordered.connect(self._on_layers)
        self._fill()

    @property
    def layer(self) -> Layer | None:
        """The chosen layer."""
        return self._current

    def pick(self, layer: Layer) -> None:
        """Choose a layer that is in the list."""
        self.setCurrentIndex(self._layers.index(layer))

    def refresh(self) -> None:
        """Ask for the choices again, where they depend on more than which layers there are."""
        self._fill()

    def _on_layers(self, event: object = None) -> None:
        self._fill()

    def _fill(self) -> None:
        for layer in self._layers:
            layer.events.name.disconnect(self._on_layers)
        self._layers = list(self._choices(self._viewer))
        for layer in self._layers:
            layer.events.name.connect(self._on_layers)
        with QSignalBlocker(self):
            self.clear()
            self.addItems([describe(layer) for layer in self._layers] or [self._empty])
            self.setEnabled(bool(self._layers))
            kept = self._current in self._layers
            self.setCurrentIndex(self._layers.index(self._current) if kept else max(len(self._layers) - 1, 0))
        self._on_index()

    def _on_index(self, index: int = -1) -> None:
        layer = self._layers[self.currentIndex()] if self._layers else None
        self.setToolTip(self.currentText())
        if layer is not self._current:
            self._current = layer
            self.picked.emit(layer)


def describe(layer: Layer) -> str:
    """Name and size of a layer: ``"EM stack (30 × 512 × 512)"``."""
    if not isinstance(layer, Image):
        return str(layer.name)
    shape = layer_data(layer).shape[: layer.ndim]
    return f"{layer.name} ({' × '.join(str(n) for n in shape)})"
