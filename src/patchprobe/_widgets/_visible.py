"""What of a layer's plane is on the screen, and how finely."""

from __future__ import annotations

from napari.components import Camera
from napari.layers import Labels
from napari.viewer import Viewer

from .._predicting import View
from ._layers import plane_shape, shows_planes


def camera_of(viewer: Viewer) -> Camera:
    """Return the camera, which napari 0.9 moved into a scene."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def visible_view(viewer: Viewer, layer: Labels | None) -> View | None:
    """Return what of the plane of a layer is on the screen; None where that cannot be said.

    Parameters
    ----------
    viewer : Viewer
    layer : Labels
        Not multiscale.
    """
    if layer is None or not shows_planes(viewer) or not layer.visible:
        return None
    rows, cols = plane_shape(layer)
    (top, left), (bottom, right) = layer.corner_pixels[:, -2:].astype(int)
    window = (
        slice(max(0, int(top)), min(int(bottom) + 1, rows)),
        slice(max(0, int(left)), min(int(right) + 1, cols)),
    )
    if any(part.start >= part.stop for part in window):
        return None
    # Screen pixels for each pixel of the layer; with less than one, not every pixel can be told apart.
    zoom = camera_of(viewer).zoom * min(abs(layer.scale[-2:]))
    return View(window, max(1, int(1 / zoom)) if zoom > 0 else 1)
