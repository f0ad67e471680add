"""The layers of objects: outlines of those on the plane that is seen, and those found in the whole stack."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer

from ..objects import StackObjects
from ._layers import (
    add_labels,
    find_strokes,
    kept_selection,
    made_layers,
    place_below,
    show_plane,
)
from ._view_layers import lay_over_plane
from ._visible import camera_of

OBJECTS, OBJECTS_PREVIEW = "objects", "objects preview"
_OUTLINE = 2
# Width on the screen that an object has at least when the view moves to it, in pixels.
_SEEN = 40.0


class ObjectsLayers:
    """Makes the layers of objects when there is something to show.

    What is not wanted is hidden, not removed: software OpenGL crashes when a layer goes that has been hidden.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._preview: Labels | None = None
        self._found: Labels | None = None
        self._plane: int | None = None

    @property
    def preview(self) -> Labels | None:
        """Outlines on the plane that is seen, where they were made."""
        return self._preview

    @property
    def found(self) -> Labels | None:
        """The objects of the whole stack, where they were found."""
        return self._found

    def attach(self, image: Image | None) -> None:
        """Show the objects of another image; layers that were made for it before are used again."""
        self.hide_preview()
        self._preview = self._found = self._plane = None
        if image is not None:
            self._preview = next(made_layers(self._viewer, image, OBJECTS_PREVIEW), None)
            self._found = next(made_layers(self._viewer, image, OBJECTS), None)

    def forget(self, layer: Layer) -> None:
        """Notice that a layer was deleted."""
        if layer is self._preview:
            self._preview = self._plane = None
        if layer is self._found:
            self._found = None

    def show_preview(self, image: Image, plane: int, labels: npt.NDArray[np.int32]) -> None:
        """Show outlines on one plane."""
        if self._preview is None:
            with kept_selection(self._viewer):
                self._preview = add_labels(
                    self._viewer,
                    image,
                    np.zeros((1,) * image.ndim, np.int32),
                    f"objects of this plane of {image.name}",
                    OBJECTS_PREVIEW,
                    opacity=1.0,
                )
            self._put_below_strokes(self._preview, image)
            self._preview.contour = _OUTLINE
            self._preview.editable = False
        if plane == self._plane and self._preview.data.shape[-2:] == labels.shape:
            self._preview.data = labels.reshape(self._preview.data.shape)
        else:
            lay_over_plane(self._preview, image, plane, labels, 1)
            self._plane = plane
        self._preview.visible = True

    def hide_preview(self) -> None:
        """Show no outlines."""
        if self._preview is not None and self._preview in self._viewer.layers:
            self._preview.visible = False

    def show_found(self, image: Image, found: StackObjects) -> None:
        """Show the objects of a stack, with their measurements as features."""
        features = {"index": found.table["label"], **found.table}
        if self._found is None:
            with kept_selection(self._viewer):
                self._found = add_labels(
                    self._viewer, image, found.labels, f"objects of {image.name}", OBJECTS, features=features
                )
            self._put_below_strokes(self._found, image)
            return
        self._found.data = found.labels
        self._found.features = features
        self._found.visible = True

    def go_to(self, label: int, plane: int, centre: tuple[float, float], diameter: float) -> None:
        """Move the view to an object: its plane, and its centre (y, x) in the middle, large enough to see.

        Centre and diameter are in pixels of the image.
        """
        if self._found is None:
            return
        show_plane(self._viewer, self._found, plane)
        lead = np.unravel_index(plane, self._found.data.shape[:-2])
        world = self._found.data_to_world((*map(float, lead), *centre))
        camera = camera_of(self._viewer)
        camera.center = tuple(world[-2:])
        camera.zoom = max(camera.zoom, _SEEN / (diameter * float(self._found.scale[-1])))
        self._found.selected_label = label

    def _put_below_strokes(self, layer: Labels, image: Image) -> None:
        strokes = find_strokes(self._viewer, image)
        if strokes is not None:
            place_below(self._viewer, layer, strokes)
