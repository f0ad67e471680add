"""The layers that show what was computed: features, similarity to a point, two sections in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import Colormap, ensure_colormap
from napari.viewer import Viewer

from ._layers import (
    GROUPS,
    add_image,
    add_labels,
    find_made,
    label_colormap,
    made_for,
    made_layers,
    placed_like,
    plane_shape,
    position_of,
    role_of,
    stack_shape,
)

_PICTURE, _SIMILARITY, _RING = "feature picture", "similarity", "ring"
_PAIR, _LANDMARKS = "pair", "landmarks"
_GROUPS_OPACITY = 0.5
# The part of magma below is nearly black, which says nothing over an image.
_MAGMA_FROM = 0.35
# The ring around a point: share of the plane's side that it takes, least pixels, and its line.
_RING_SHARE, _RING_SMALLEST, _RING_WIDTH = 0.025, 8.0, 0.15
# Landmarks: of their numbers, in points; their own least and largest size, in pixels of the screen.
_NUMBER_SIZE, _LANDMARK_SIZES = 14, (14, 28)
_LANDMARK_SHARE, _LANDMARK_WIDTH = 0.04, 0.08


def add_feature_picture(viewer: Viewer, image: Image, data: npt.NDArray[np.uint8]) -> Image:
    """Add the colour picture of features, (planes…, H, W, 3 or 4), over `image`."""
    return add_image(viewer, image, data, f"features of {image.name}", _PICTURE, rgb=True)


def find_feature_picture(viewer: Viewer, image: Image) -> Image | None:
    """Return the colour picture of features that was made for `image` earlier, or None."""
    shape = (*stack_shape(image), 4)
    return next((layer for layer in made_layers(viewer, image, _PICTURE) if layer.data.shape == shape), None)


def add_feature_groups(
    viewer: Viewer, image: Image, data: npt.NDArray[np.uint8], colors: Mapping[int, str]
) -> Labels:
    """Add groups of features over `image`."""
    return add_labels(
        viewer,
        image,
        data,
        f"groups of {image.name}",
        GROUPS,
        colormap=label_colormap(colors),
        opacity=_GROUPS_OPACITY,
    )


def find_feature_groups(viewer: Viewer, image: Image) -> Labels | None:
    """Return the groups of features that were made for `image` earlier, or None."""
    return find_made(viewer, image, GROUPS, np.integer)


def similarity_colormap() -> Colormap:
    """Return magma without its black end: what is not alike lets the image through."""
    share = np.linspace(0, 1, 256)
    colors = ensure_colormap("magma").map(_MAGMA_FROM + (1 - _MAGMA_FROM) * share)
    colors[:, 3] = share
    return Colormap(colors, name="similarity")


def add_similarity(viewer: Viewer, image: Image) -> Image:
    """Add an empty layer for the similarity of one plane of `image` to a point; see `lay_over_plane`."""
    return add_image(
        viewer,
        image,
        np.zeros((1,) * image.ndim, np.float32),
        f"similarity on {image.name}",
        _SIMILARITY,
        contrast_limits=(0, 1),
        colormap=similarity_colormap(),
        blending="translucent",
        interpolation2d="linear",
    )


def lay_over_plane(
    layer: Image | Labels, image: Image, plane: int, values: npt.NDArray[Any], step: int
) -> None:
    """Let a layer show values (rows, cols) at every `step`-th pixel of plane number `plane` of an image."""
    corner = image.data_to_world((*position_of(image, plane), 0.0, 0.0))
    layer.data = values.reshape((1,) * (image.ndim - 2) + values.shape)
    layer.scale = np.append(image.scale[:-2], np.multiply(image.scale[-2:], step))
    layer.translate = image.affine.inverse(corner)


def find_similarity(viewer: Viewer, image: Image) -> Image | None:
    """Return the similarity layer that was made for `image` earlier, or None."""
    return next(made_layers(viewer, image, _SIMILARITY), None)


def add_ring(viewer: Viewer, image: Image) -> Points:
    """Add a layer for a ring around a point of `image`; see `put_ring`."""
    return viewer.add_points(
        ndim=image.ndim,
        name=f"point on {image.name}",
        metadata=made_for(_RING, image),
        size=max(_RING_SMALLEST, min(plane_shape(image)) * _RING_SHARE),
        face_color="transparent",
        border_color="white",
        border_width=_RING_WIDTH,
        **placed_like(image),
    )


def put_ring(ring: Points, image: Image, plane: int, point: tuple[float, float]) -> None:
    """Put the ring around one pixel, (y, x), of plane number `plane`."""
    ring.data = [[*position_of(image, plane), *point]]
    ring.selected_data = set()


def find_ring(viewer: Viewer, image: Image) -> Points | None:
    """Return the layer of the ring that was made for `image` earlier, or None."""
    return next(made_layers(viewer, image, _RING), None)


def over_planes(image: Image, step: int = 1) -> dict[str, Any]:
    """Where a layer of two axes lies over every plane of an image, as arguments for it.

    A layer without an axis for the planes is seen wherever the slider is. `step` pixels of the image along
    both axes come to one of the layer, as after averaging.
    """
    lead = [0.0] * (image.ndim - 2)
    corner, down, across = (
        np.array(image.data_to_world([*lead, y, x])[-2:]) for y, x in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    affine = np.eye(3)
    affine[:2, :2] = np.stack([down - corner, across - corner], axis=1)
    affine[:2, 2] = corner + affine[:2, :2] @ np.full(2, (step - 1) / 2)
    affine[:2, :2] *= step
    return {"affine": affine, "units": image.units[-2:], "axis_labels": image.axis_labels[-2:]}


def lay_over_planes(layer: Layer, image: Image, step: int = 1) -> None:
    """Move a layer of two axes to where `over_planes` says, if it is not there."""
    place = over_planes(image, step)
    if not np.array_equal(layer.affine.affine_matrix, place["affine"]) or layer.units != place["units"]:
        for name, value in place.items():
            setattr(layer, name, value)


def add_pair_picture(viewer: Viewer, image: Image, pixels: npt.NDArray[np.uint8], step: int) -> Image:
    """Add a picture of two sections of `image`, (rows, cols, 3), that is seen wherever the slider is."""
    return viewer.add_image(
        pixels,
        rgb=True,
        name=f"pair of {image.name}",
        metadata=made_for(_PAIR, image),
        interpolation2d="linear",
        **over_planes(image, step),
    )


def add_landmarks(viewer: Viewer, image: Image, name: str, color: str, symbol: str) -> Points:
    """Add an empty layer of numbered points over all planes of `image`."""
    size = min(plane_shape(image)) * _LANDMARK_SHARE
    return viewer.add_points(
        ndim=2,
        name=name,
        metadata=made_for(_LANDMARKS, image),
        size=size,
        canvas_size_limits=_LANDMARK_SIZES,
        symbol=symbol,
        face_color="transparent",
        border_color=color,
        border_width=_LANDMARK_WIDTH,
        # Seen over what is painted on any plane.
        blending="translucent_no_depth",
        features={"number": np.empty(0, dtype=int)},
        text={
            "string": "{number}",
            "color": color,
            "size": _NUMBER_SIZE,
            # Above the mark, not on it.
            "translation": np.array([-1.6 * size, 0.0]),
        },
        **over_planes(image),
    )


def is_landmarks(layer: Layer) -> bool:
    """Whether a layer shows landmarks."""
    return role_of(layer) == _LANDMARKS
