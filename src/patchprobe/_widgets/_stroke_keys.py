"""Keys that work while the stroke layer is active."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from napari.layers import Labels
from napari.viewer import Viewer

# Said in the widget, word for word.
KEYS = (
    ("1 to 9", "paint that class"),
    ("0", "erase"),
    ("Ctrl-Z, Ctrl-Shift-Z", "undo and redo strokes and changes of classes"),
    ("N", "next place to paint"),
    ("Alt-Left, Alt-Right", "previous and next painted plane"),
    ("[ and ]", "smaller and larger brush"),
    ("Space", "hold to move the image"),
    ("Alt-Up, Alt-Down", "in a row of the classes: move it"),
    ("Alt-A", "add a class"),
)
# In napari's status bar, where it would say that 1 erases and 2 paints.
_HELP = "use <1> to <9> for a class, use <0> for the eraser, use <Ctrl+Z> for undo"


class StrokeKeys:
    """Binds keys on the layer that is painted on, above those that napari binds for all labels layers.

    Parameters
    ----------
    viewer : Viewer
    actions : mapping of str to callable
        What each key does, in napari's words for keys, such as ``"Control-Z"``.
    """

    def __init__(self, viewer: Viewer, actions: Mapping[str, Callable[[], object]]) -> None:
        self._viewer = viewer
        self._actions = dict(actions)
        self._layer: Labels | None = None

    def attach(self, layer: Labels | None) -> None:
        """Bind the keys on this layer, and on no other any more."""
        if self._layer is not None:
            self._layer.events.mode.disconnect(self._say_keys)
            for key in self._actions:
                self._layer.bind_key(key, None)
        self._layer = layer
        if layer is not None:
            for key, action in self._actions.items():
                layer.bind_key(key, _of_layer(action), overwrite=True)
            # napari says its own keys at every change of the mode.
            layer.events.mode.connect(self._say_keys)
            self._say_keys()

    def _say_keys(self) -> None:
        assert self._layer is not None
        self._layer.help = _HELP
        if self._viewer.layers.selection.active is self._layer:
            self._viewer.help = _HELP


def _of_layer(action: Callable[[], object]) -> Callable[[Labels], None]:
    def act(layer: Labels) -> None:
        action()

    return act
