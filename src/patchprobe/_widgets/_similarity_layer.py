"""The layers that show similarity: how alike each place is, and a ring around the point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Layer, Points
from napari.viewer import Viewer

from ._layers import find_strokes, kept_selection, place_below
from ._view_layers import add_ring, add_similarity, find_ring, find_similarity, lay_over_plane, put_ring


@dataclass(eq=False)
class SimilarityLayer:
    """Similarity on one plane of an image, made when there is something to show.

    What is not wanted is hidden, not removed: to be shown again it costs nothing, and software OpenGL
    crashes when a layer goes that has been hidden.

    Parameters
    ----------
    viewer : Viewer
    image : Image
    step : int
        Pixels of the image from one value to the next.
    """

    viewer: Viewer
    image: Image
    step: int
    layer: Image | None = None
    ring: Points | None = None
    _plane: int | None = None

    def __post_init__(self) -> None:
        """Use layers again that were made before."""
        self.layer = find_similarity(self.viewer, self.image)
        self.ring = find_ring(self.viewer, self.image)

    def paint(self, plane: int, values: npt.NDArray[np.float32]) -> None:
        """Show values (rows, cols) over a plane."""
        if self.layer is None:
            with kept_selection(self.viewer):
                self.layer = add_similarity(self.viewer, self.image)
            self._put_below_strokes(self.layer)
        if plane != self._plane:
            lay_over_plane(self.layer, self.image, plane, values, self.step)
            self._plane = plane
        self.layer.data[...] = values
        self.layer.visible = True
        self.layer.refresh(extent=False, highlight=False, thumbnail=False)

    def mark(self, plane: int, point: tuple[float, float]) -> None:
        """Draw a ring around a point, (y, x) in pixels."""
        if self.ring is None:
            with kept_selection(self.viewer):
                self.ring = add_ring(self.viewer, self.image)
            self._put_below_strokes(self.ring)
        put_ring(self.ring, self.image, plane, point)
        self.ring.visible = True

    def unmark(self) -> None:
        """Show no ring."""
        _hide(self.ring)

    def hide(self) -> None:
        """Show no similarity."""
        _hide(self.layer)

    def forget(self, layer: Layer) -> None:
        """Notice that a layer was deleted."""
        if layer is self.layer:
            self.layer = self._plane = None
        if layer is self.ring:
            self.ring = None

    def _put_below_strokes(self, layer: Layer) -> None:
        strokes = find_strokes(self.viewer, self.image)
        if strokes is not None:
            place_below(self.viewer, layer, strokes)


def _hide(layer: Layer | None) -> None:
    if layer is not None:
        layer.visible = False
