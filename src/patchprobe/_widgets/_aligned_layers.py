"""The layers that show moved pixels, one for each layer that was moved."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer

from ._layers import add_image, add_labels, kept_selection, placed_like, plane_count, plane_shape


class AlignedLayers:
    """Adds them, finds them again, and knows which other layers could be moved.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._of: WeakKeyDictionary[Layer, Layer] = WeakKeyDictionary()

    def put(self, source: Image | Labels, data: Any) -> Layer:
        """Show moved pixels in the layer that shows those of `source` already, or in a new one."""
        held = self._of.get(source)
        if held is not None and held in self._viewer.layers:
            held.data = data
            held.visible = True
            for name, value in placed_like(source).items():
                setattr(held, name, value)
            return held
        name = f"{source.name} aligned"
        with kept_selection(self._viewer):
            if isinstance(source, Labels):
                made = add_labels(self._viewer, source, data, name, colormap=source.colormap)
            else:
                made = add_image(self._viewer, source, data, name, rgb=source.rgb, **_looks(source))
        self._of[source] = made
        return made

    def movable(self, stack: Image | Labels) -> list[Layer]:
        """List the other layers with as many planes of the same shape, without those that were moved."""
        ours = {stack, *self._of.values()}
        wanted = plane_count(stack), plane_shape(stack)
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image | Labels)
            and layer not in ours
            and (plane_count(layer), plane_shape(layer)) == wanted
        ]


def _looks(source: Image) -> dict[str, Any]:
    """How an image is shown, as arguments for a new layer."""
    if source.rgb:
        return {}
    return {
        "colormap": source.colormap,
        "contrast_limits": source.contrast_limits,
        "gamma": source.gamma,
    }
