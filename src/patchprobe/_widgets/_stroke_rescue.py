"""A stroke layer that was deleted comes back: napari cannot undo it, and the key for it is near."""

from __future__ import annotations

from napari.layers import Image, Labels
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from ._timers import single_shot


class StrokeRescue:
    """Puts the stroke layer back into the viewer as long as its image is there.

    Parameters
    ----------
    viewer : Viewer
    parent : QObject

    Attributes
    ----------
    rescued : Signal()
        The layer is back.
    """

    rescued = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self._viewer = viewer
        self._image: Image | None = None
        self._strokes: Labels | None = None
        self._soon = single_shot(parent, self._put_back)
        viewer.layers.events.removed.connect(self._on_removed)

    def watch(self, image: Image | None, strokes: Labels | None) -> None:
        """Keep this stroke layer from now on."""
        self._image, self._strokes = image, strokes

    def close(self) -> None:
        """Let go of the viewer."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def _on_removed(self, event: Event) -> None:
        if event.value is self._strokes:
            # After the event: napari is still taking the layer apart.
            self._soon.start()

    def _put_back(self) -> None:
        layers = self._viewer.layers
        if self._strokes is not None and self._strokes not in layers and self._image in layers:
            self._viewer.add_layer(self._strokes)
            self.rescued.emit()
