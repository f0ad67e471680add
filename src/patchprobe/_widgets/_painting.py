"""Everything that hangs on the layer that is painted on: brush, keys, colours, strokes, undo."""

from __future__ import annotations

import numpy as np
from napari.layers import Image, Labels
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._state import ProbeState
from ..errors import InputError
from ..tiled_array import TiledArray
from ._brush import Brush
from ._class_edits import ClassEdits
from ._class_layers import show_classes, take_classes_of
from ._layers import current_plane, label_colormap, show_plane, stack_shape
from ._stroke_book import StrokeBook
from ._stroke_keys import StrokeKeys
from ._stroke_rescue import StrokeRescue


def check_strokes(layer: Labels, image: Image) -> None:
    """Refuse a labels layer that no strokes on `image` can be painted on.

    Raises
    ------
    InputError
        If it is of another size, or a pyramid, which napari does not paint on.
    """
    if layer.multiscale:
        raise InputError(
            f"{layer.name} holds several levels of resolution, and napari paints on none of them. "
            "Open only the finest level, or choose another labels layer."
        )
    wanted = stack_shape(image)
    if layer.data.shape != wanted:
        raise InputError(
            f"{layer.name} is {_size(layer.data.shape)}, but {image.name} is {_size(wanted)}. "
            "Choose a labels layer of the same size as the image."
        )


class Painting:
    """Moves from one stroke layer to another as a whole, and keeps the layer in the look of the classes.

    Parameters
    ----------
    viewer : Viewer
    state : ProbeState
    parent : QObject

    Attributes
    ----------
    layer : Labels or None
    brush : Brush
    book : StrokeBook
    edits : ClassEdits
    noticed : Signal(str)
        Something that the user should know; no error.
    next_wanted : Signal()
        The key for the next place to paint was pressed.
    """

    noticed = Signal(str)
    next_wanted = Signal()

    def __init__(self, viewer: Viewer, state: ProbeState, parent: QObject) -> None:
        self._viewer = viewer
        self._state = state
        self.layer: Labels | None = None
        self.brush = Brush(viewer, state)
        self.book = StrokeBook(viewer)
        self.edits = ClassEdits(viewer, state)
        self._keys = StrokeKeys(
            viewer,
            {
                "Control-Z": self.edits.undo,
                "Control-Shift-Z": self.edits.redo,
                "Alt-Left": lambda: self.show_painted(-1),
                "Alt-Right": lambda: self.show_painted(1),
                "N": self.next_wanted.emit,
            },
        )
        self._rescue = StrokeRescue(viewer, parent)
        self._rescue.rescued.connect(self._on_rescued)
        self.brush.noticed.connect(self.noticed.emit)
        state.events.classes.connect(self._dress)

    def attach(self, layer: Labels | None, image: Image | None = None) -> None:
        """Paint on another layer, over an image, or on none; classes that it brings along are taken over."""
        self.layer = layer
        self._rescue.watch(image, layer)
        if layer is not None:
            _make_writable(layer)
            take_classes_of(layer, self._state)
        self._dress()
        for follower in (self.brush, self.edits, self._keys, self.book):
            follower.attach(layer)

    def close(self) -> None:
        """Let go of the viewer."""
        self._rescue.close()
        self.attach(None)

    @property
    def plane(self) -> int:
        """Number of the plane that the viewer shows."""
        return 0 if self.layer is None else current_plane(self._viewer, self.layer)

    def show_plane(self, plane: int) -> None:
        """Move the viewer's sliders to a plane."""
        if self.layer is not None:
            show_plane(self._viewer, self.layer, plane)

    def show_painted(self, direction: int) -> None:
        """Go to the next plane that carries strokes, or with -1 to the one before; round at the ends."""
        painted = sorted(self.book.planes)
        if self.layer is None or not painted:
            self.noticed.emit("Nothing is painted yet.")
            return
        ahead = [plane for plane in painted if (plane - self.plane) * direction > 0]
        self.show_plane((ahead or painted)[0 if direction > 0 else -1])

    def _on_rescued(self) -> None:
        self.brush.take()
        self.noticed.emit("The stroke layer is back, with all strokes. To start over, use Erase all strokes.")

    def _dress(self) -> None:
        if self.layer is not None:
            show_classes(self.layer, self._state.classes, label_colormap(self._state.color_map()))


def _make_writable(layer: Labels) -> None:
    """Read labels that lie in a file into memory: the file of somebody's labels is not painted on."""
    data = layer.data
    is_writable = isinstance(data, TiledArray) or (isinstance(data, np.ndarray) and data.flags.writeable)
    if not is_writable:
        layer.data = np.array(data)


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)
