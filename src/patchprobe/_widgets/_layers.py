"""Between layers and values: the only place that reads stacks from layers and adds layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import Colormap, DirectLabelColormap
from napari.viewer import Viewer

from .._layer_data import LayerData
from ..errors import InputError
from ..io import Stack
from ..tiled_array import TiledArray, new_layer_array
from ._gl_buffers import let_go_of_buffers

_METADATA = "patchprobe"
_STROKES, _PREDICTION, _PROBABILITY = "strokes", "prediction", "probability"
GROUPS = "feature groups"
_PLANE_AXES = {0: "", 1: "z", 2: "tz"}
# A third of the opacity of the other classes, as in "#rrggbbaa".
_PALE = "59"


def bare_viewer(viewer: Viewer) -> Viewer:
    """Return the viewer itself where napari hands a plugin a proxy of it.

    Layers that come out of a proxy are proxies too, and neither identity nor weak references survive that.
    """
    return getattr(viewer, "__wrapped__", viewer)


def image_layers(viewer: Viewer) -> list[Image]:
    """List the image layers that a stack can be taken from, top layer last, without our own overlays."""
    return [layer for layer in viewer.layers if isinstance(layer, Image) and role_of(layer) is None]


def labels_layers(viewer: Viewer) -> list[Labels]:
    """List the labels layers that we did not compute."""
    given = (None, _STROKES)
    return [layer for layer in viewer.layers if isinstance(layer, Labels) and role_of(layer) in given]


def role_of(layer: Layer) -> str | None:
    """Return what this plugin made the layer for, or None for the user's own layers."""
    made = layer.metadata.get(_METADATA)
    return made.get("role") if isinstance(made, Mapping) else None


def layer_data(layer: Image | Labels) -> Any:
    """Return the full-resolution array of a layer, as lazy as it is."""
    return layer.data[0] if layer.multiscale else layer.data


def layer_stack(layer: Image | Labels) -> Stack:
    """Take the stack of a layer: its data, axes and voxel size; nothing is read or copied.

    Raises
    ------
    InputError
        If the layer has more axes than a stack can have.
    """
    data = layer_data(layer)
    if layer.ndim - 2 not in _PLANE_AXES:
        raise InputError(
            f"{layer.name} has {layer.ndim} axes; a stack has at most four (t, z, y, x). "
            "Split the layer along one axis first (right-click the layer, Split Stack)."
        )
    return Stack(
        data=data,
        axes=_axes(layer),
        voxel_size=tuple(float(size) for size in layer.scale),
        units=tuple(_unit_name(unit) for unit in layer.units),
        name=layer.name,
        rgb=_is_rgb(layer),
        source=source_of(layer),
    )


def channel_of(layer: Layer) -> int | None:
    """Return which channel of its file a layer shows; None where the file has no channels."""
    made = layer.metadata.get(_METADATA)
    has_channels = isinstance(made, Mapping) and str(made.get("axes", "")).endswith("c") and not layer.rgb
    return int(made["channel"]) if has_channels else None


def source_of(layer: Layer) -> str:
    """Return the file that a layer came from; empty where it has none."""
    made = layer.metadata.get(_METADATA)
    named = made.get("source", "") if isinstance(made, Mapping) else ""
    return named or str(layer.source.path or "")


def _is_rgb(layer: Image | Labels) -> bool:
    return isinstance(layer, Image) and bool(layer.rgb)


def _axes(layer: Image | Labels) -> str:
    planes = _PLANE_AXES[layer.ndim - 2]
    if layer.ndim == 3 and layer.axis_labels[0] == "t":
        planes = "t"
    return planes + "yx" + ("c" if _is_rgb(layer) else "")


def _unit_name(unit: Any) -> str:
    name = f"{unit:~}"
    return "pixel" if name in ("px", "pixel", "") else name


def plane_shape(layer: Image | Labels) -> tuple[int, int]:
    """(H, W) of the planes of a layer, in pixels."""
    start = layer.ndim - 2
    height, width = layer_data(layer).shape[start : start + 2]
    return int(height), int(width)


def stack_shape(layer: Image) -> tuple[int, ...]:
    """Shape of a label image over the whole layer: that of its data without colours."""
    return tuple(int(n) for n in layer_data(layer).shape[: layer.ndim])


def possibly_painted(layer: Labels) -> Iterable[int]:
    """List the planes of a layer that can carry strokes: of a tiled one only those written to."""
    return layer.data.planes if isinstance(layer.data, TiledArray) else range(plane_count(layer))


def plane_count(layer: Image | Labels) -> int:
    """How many planes a layer has."""
    return int(np.prod(layer_data(layer).shape[: layer.ndim - 2], dtype=int))


def current_position(viewer: Viewer, layer: Layer) -> tuple[int, ...]:
    """Index along the axes before y and x of the plane of `layer` that the viewer shows.

    Outside the layer the nearest plane counts.
    """
    point = layer.world_to_data(np.asarray(viewer.dims.point, dtype=float)[-layer.ndim :])
    planes = layer_data(layer).shape[: layer.ndim - 2]
    return tuple(int(np.clip(round(float(at)), 0, n - 1)) for at, n in zip(point, planes, strict=False))


def current_plane(viewer: Viewer, layer: Layer) -> int:
    """Return the number of the plane of `layer` that the viewer shows, counted as `Stack.plane` counts."""
    planes = layer_data(layer).shape[: layer.ndim - 2]
    return int(np.ravel_multi_index(current_position(viewer, layer), planes)) if planes else 0


def show_plane(viewer: Viewer, layer: Layer, plane: int) -> None:
    """Move the viewer's sliders to plane number `plane` of a layer."""
    index = position_of(layer, plane)
    if not index:
        return
    world = layer.data_to_world([*index, 0.0, 0.0])
    first = viewer.dims.ndim - layer.ndim
    viewer.dims.set_point(range(first, first + len(index)), world[: len(index)])


def shows_planes(viewer: Viewer) -> bool:
    """Whether the viewer shows y and x in two dimensions, as planes are painted."""
    return viewer.dims.ndisplay == 2 and set(viewer.dims.displayed) == set(range(viewer.dims.ndim)[-2:])


def plane_view(data: Any, plane: int) -> Any:
    """Return plane `plane` of an array over planes, y and x; a view where the array is NumPy."""
    planes = data.shape[:-2]
    return data[(*(int(i) for i in np.unravel_index(plane, planes)), ...) if planes else ...]


def write_plane(
    data: Any, plane: int, values: npt.ArrayLike, window: tuple[slice, slice] = (slice(None), slice(None))
) -> None:
    """Write plane `plane` of an array over planes, y and x, or a window of it."""
    planes = data.shape[:-2]
    at = tuple(int(i) for i in np.unravel_index(plane, planes)) if planes else ()
    data[(*at, *window)] = values


def placed_like(source: Layer) -> dict[str, Any]:
    """Where a layer lies in the world, as arguments for a new layer over the same pixels."""
    return {
        "scale": source.scale,
        "translate": source.translate,
        "rotate": source.rotate,
        "shear": source.shear,
        "affine": source.affine,
        "units": source.units,
        "axis_labels": source.axis_labels,
    }


def label_colormap(colors: Mapping[int, str]) -> DirectLabelColormap:
    """Colours of classes for a labels layer; what is no class is not shown."""
    return DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", **colors})


def prediction_colormap(colors: Mapping[int, str]) -> DirectLabelColormap:
    """Colours of classes for predicted labels.

    The first class is mostly background and covers most of the plane: it is paler than the others, so that
    the image stays legible and strokes stand out.
    """
    shades = dict(colors)
    if colors:
        shades[min(colors)] += _PALE
    return label_colormap(shades)


def score_colormap(color: str) -> Colormap:
    """From transparent to a colour."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return Colormap([(red, green, blue, 0.0), (red, green, blue, 1.0)], name=f"to {color}")


def add_labels(
    viewer: Viewer, source: Image, data: npt.NDArray[Any], name: str, role: str | None = None, **options: Any
) -> Labels:
    """Add labels over the pixels of `source`, at its place and in its units."""
    return viewer.add_labels(
        data, name=name, metadata=made_for(role, source), **placed_like(source), **options
    )


def add_image(
    viewer: Viewer, source: Image, data: npt.NDArray[Any], name: str, role: str | None = None, **options: Any
) -> Image:
    """Add an image over the pixels of `source`, at its place and in its units."""
    return viewer.add_image(
        data, name=name, metadata=made_for(role, source), **placed_like(source), **options
    )


def made_for(role: str | None, source: Image) -> dict[str, Any]:
    return {} if role is None else {_METADATA: {"role": role, "image": str(source.unique_id)}}


def add_strokes(viewer: Viewer, image: Image, colors: Mapping[int, str]) -> Labels:
    """Add an empty layer to paint strokes on, over `image`."""
    layer = add_labels(
        viewer,
        image,
        new_layer_array(stack_shape(image), np.uint8),
        f"strokes on {image.name}",
        _STROKES,
        colormap=label_colormap(colors),
        opacity=1.0,
    )
    # About a hundredth of the plane's side: thin enough for membranes, thick enough to see.
    layer.brush_size = max(2, round(min(plane_shape(image)) / 100))
    return layer


def find_strokes(viewer: Viewer, image: Image) -> Labels | None:
    """Return the stroke layer that was made for `image` earlier, or None."""
    return find_made(viewer, image, _STROKES, np.integer)


def find_prediction(viewer: Viewer, image: Image) -> Labels | None:
    """Return the layer of predicted labels that was made for `image` earlier, or None."""
    return find_made(viewer, image, _PREDICTION, np.integer)


def find_probability(viewer: Viewer, image: Image) -> Image | None:
    """Return the probability layer that was made for `image` earlier, or None."""
    return find_made(viewer, image, _PROBABILITY, np.floating)


def find_made(viewer: Viewer, image: Image, role: str, kind: type) -> Any:
    for layer in made_layers(viewer, image, role):
        if layer.data.shape == stack_shape(image) and np.issubdtype(layer.data.dtype, kind):
            return layer
    return None


def made_layers(viewer: Viewer, image: Image, role: str) -> Iterator[Any]:
    """Walk over the layers that were made for `image`."""
    for layer in viewer.layers:
        if role_of(layer) == role and layer.metadata[_METADATA]["image"] == str(image.unique_id):
            yield layer


@contextmanager
def kept_selection(viewer: Viewer) -> Iterator[None]:
    """Leave the active layer as it is while layers are added: the brush must not drop mid-stroke."""
    active = viewer.layers.selection.active
    try:
        yield
    finally:
        if active in viewer.layers:
            viewer.layers.selection.active = active


def add_prediction(viewer: Viewer, image: Image, colors: Mapping[int, str], opacity: float) -> Labels:
    """Add an empty layer for predicted labels, over `image`."""
    return add_labels(
        viewer,
        image,
        new_layer_array(stack_shape(image), np.uint8),
        f"prediction on {image.name}",
        _PREDICTION,
        colormap=prediction_colormap(colors),
        opacity=opacity,
    )


def add_probability(viewer: Viewer, image: Image, opacity: float) -> Image:
    """Add an empty layer for the probability of one class, over `image`."""
    return add_image(
        viewer,
        image,
        new_layer_array(stack_shape(image), np.float32),
        f"probability on {image.name}",
        _PROBABILITY,
        contrast_limits=(0, 1),
        blending="translucent",
        opacity=opacity,
    )


def position_of(image: Layer, plane: int) -> tuple[float, ...]:
    """Index of a plane along the axes before y and x."""
    planes = layer_data(image).shape[: image.ndim - 2]
    return tuple(float(i) for i in np.unravel_index(plane, planes)) if planes else ()


def add_layers(viewer: Viewer, parts: Iterable[LayerData]) -> list[Layer]:
    """Add layers from layer data, which may have been prepared beside the window."""
    return [viewer.add_layer(Layer.create(*part)) for part in parts]


def remove_ours(viewer: Viewer, layer: Layer) -> None:
    """Take a layer that we made away, if it is still there."""
    if layer in viewer.layers:
        let_go_of_buffers()
        viewer.layers.remove(layer)


def place_below(viewer: Viewer, layer: Layer, above: Layer) -> None:
    """Move `layer` right below `above` in the layer list, so that strokes stay on top."""
    viewer.layers.move(viewer.layers.index(layer), viewer.layers.index(above))
