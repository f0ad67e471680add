"""The layers that show similarity: how alike each place is, and a ring around the point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Layer, Points
from napari.viewer import Viewer

from ._layers import add_point, add_similarity, find_strokes, kept_selection, move_to_plane, place_below


@dataclass(eq=False)
class SimilarityLayer:
    """Similarity on one plane of an image, made when there is something to show.

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
    marker: Points | None = None
    _plane: int | None = None

    def paint(self, plane: int, values: npt.NDArray[np.float32]) -> None:
        """Show values (rows, cols) over a plane."""
        if self.layer is None:
            with kept_selection(self.viewer):
                self.layer = add_similarity(self.viewer, self.image, values.shape, self.step)
            self._put_below_strokes(self.layer)
            self._plane = None
        if plane != self._plane:
            move_to_plane(self.layer, self.image, plane)
            self._plane = plane
        self.layer.data[...] = values
        self.layer.visible = True
        self.layer.refresh(extent=False, highlight=False, thumbnail=False)

    def hide(self) -> None:
        """Show no similarity."""
        if self.layer is not None:
            self.layer.visible = False

    def mark(self, plane: int, point: tuple[float, float]) -> None:
        """Draw a ring around a point, (y, x) in pixels."""
        self.unmark()
        with kept_selection(self.viewer):
            self.marker = add_point(self.viewer, self.image, plane, point)
        self._put_below_strokes(self.marker)

    def unmark(self) -> None:
        """Take the ring away."""
        marker, self.marker = self.marker, None
        self._remove(marker)

    def remove(self) -> None:
        """Take all away."""
        self.unmark()
        layer, self.layer = self.layer, None
        self._remove(layer)

    def _remove(self, layer: Layer | None) -> None:
        if layer in self.viewer.layers:
            with kept_selection(self.viewer):
                self.viewer.layers.remove(layer)

    def _put_below_strokes(self, layer: Layer) -> None:
        strokes = find_strokes(self.viewer, self.image)
        if strokes is not None:
            place_below(self.viewer, layer, strokes)
