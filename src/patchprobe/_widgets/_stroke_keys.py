"""Keys that work while the stroke layer is active."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from napari.layers import Labels

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
)


class StrokeKeys:
    """Binds keys on the layer that is painted on, above those that napari binds for all labels layers.

    Parameters
    ----------
    actions : mapping of str to callable
        What each key does, in napari's words for keys, such as ``"Control-Z"``.
    """

    def __init__(self, actions: Mapping[str, Callable[[], object]]) -> None:
        self._actions = dict(actions)
        self._layer: Labels | None = None

    def attach(self, layer: Labels | None) -> None:
        """Bind the keys on this layer, and on no other any more."""
        if self._layer is not None:
            for key in self._actions:
                self._layer.bind_key(key, None)
        self._layer = layer
        if layer is not None:
            for key, action in self._actions.items():
                layer.bind_key(key, _of_layer(action), overwrite=True)


def _of_layer(action: Callable[[], object]) -> Callable[[Labels], None]:
    def act(layer: Labels) -> None:
        action()

    return act
