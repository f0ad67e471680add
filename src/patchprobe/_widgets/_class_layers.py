"""Names and colours of classes on layers: so that they are there again when the layer is."""

from __future__ import annotations

from collections.abc import Mapping

from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from napari.viewer import Viewer

from .._layer_data import class_table
from .._state import MAX_CLASSES, ProbeClass, ProbeState, default_classes
from ..class_colors import PALETTE
from ..io.label_classes import from_json, label_classes, to_json
from ._layers import find_strokes, image_layers

_METADATA, _CLASSES = "patchprobe", "classes"


def stroke_layers(viewer: Viewer, current: Labels | None = None) -> list[Labels]:
    """List the layers that carry strokes of the viewer's images, and the one that is painted on now."""
    made = [find_strokes(viewer, image) for image in image_layers(viewer)]
    layers = [layer for layer in made if layer is not None]
    return layers if current is None or current in layers else [*layers, current]


def show_classes(layer: Labels, classes: tuple[ProbeClass, ...], colormap: DirectLabelColormap) -> None:
    """Give a labels layer the colours of classes, and their names.

    The names are in its features, where napari reads what it says about the label under the mouse, and in
    its metadata with the colours, where `classes_of` finds them.
    """
    layer.colormap = colormap
    names = {known.number: known.name for known in classes}
    about = to_json(label_classes(names, {known.number: known.color for known in classes}))
    made = layer.metadata.setdefault(_METADATA, {})
    # Their order matters too, and equal mappings may differ in it.
    if list(made.get(_CLASSES, {}).items()) != list(about.items()):
        made[_CLASSES] = about
        layer.features = class_table(names)


def classes_of(layer: Labels) -> tuple[ProbeClass, ...]:
    """Return the classes that a layer brings along; empty where it brings none."""
    made = layer.metadata.get(_METADATA)
    about = from_json(made.get(_CLASSES)) if isinstance(made, Mapping) else {}
    return tuple(
        ProbeClass(number, known.name, known.color or PALETTE[number - 1])
        for number, known in about.items()
        if number <= MAX_CLASSES
    )


def take_classes_of(layer: Labels, state: ProbeState) -> None:
    """Take over the classes of a layer: all of them at the beginning, later those that are not known yet."""
    brought = classes_of(layer)
    if not brought or brought == state.classes:
        return
    if state.classes == default_classes():
        state.classes = brought
        return
    known = {old.number for old in state.classes}
    state.classes = (*state.classes, *(new for new in brought if new.number not in known))
