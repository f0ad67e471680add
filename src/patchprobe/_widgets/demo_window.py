"""The demonstration in a window: the result in place, ready to paint on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import imageio.v3 as iio
import napari
import numpy as np
from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import QThread
from qtpy.QtWidgets import QApplication

from .._align_history import AlignHistory, AlignState
from .._cache import EmbeddingKey
from .._layer_data import layer_data
from .._state import ProbeState
from ..alignment import StackAlignment
from ..demo import Demo
from ..demo.run import COLORS
from ..io.replace_file import written_beside
from ._layers import (
    add_image,
    add_layers,
    add_prediction,
    add_strokes,
    layer_stack,
    place_below,
    show_plane,
)
from ._session import CarriedWith, session_of

_SIZE = (1280, 800)
_LAYOUT_ROUNDS = 3
_SETTLE_ROUNDS = 50


def show(demo: Demo) -> None:
    """Open the window and stay until it is closed."""
    open_window(demo)
    napari.run()


def open_window(demo: Demo, visible: bool = True) -> Viewer:
    """Open napari with the stack, its strokes, the prediction, the aligned stack and the widgets.

    What was computed is handed on: the prediction as a layer, the painted plane's features to the cache
    that the Probe widget looks in.
    """
    viewer = Viewer(title="patchprobe", show=visible)
    image = _add_stack(viewer, demo)
    if demo.alignment is not None:
        _add_aligned(viewer, image, demo.alignment, demo)
    prediction = add_prediction(viewer, image, COLORS, ProbeState().opacity)
    prediction.data = demo.prediction
    strokes = add_strokes(viewer, image, COLORS)
    painted = np.zeros_like(strokes.data)
    painted[demo.stack.plane_index(demo.painted)] = demo.strokes
    strokes.data = painted
    place_below(viewer, prediction, strokes)
    _hand_on_features(viewer, image, demo)
    show_plane(viewer, image, demo.painted)
    viewer.layers.selection.active = image
    _dock_widgets(viewer, demo)
    viewer.layers.selection.active = strokes
    viewer.window.resize(*_SIZE)
    # The docks take their places first: the view is fitted into what they leave.
    for _ in range(_LAYOUT_ROUNDS):
        QApplication.processEvents()
    viewer.reset_view()
    return viewer


def save_screenshot(demo: Demo, path: str | os.PathLike[str]) -> Path:
    """Open the window, save a picture of it and close it again."""
    viewer = open_window(demo)
    try:
        # Layout, canvas and the widgets' first background job each take some rounds of events.
        for _ in range(_SETTLE_ROUNDS):
            QApplication.processEvents()
            QThread.msleep(20)
        picture = viewer.screenshot(canvas_only=False, flash=False)
    finally:
        viewer.close()
    return _write(Path(path), picture)


def _add_stack(viewer: Viewer, demo: Demo) -> Image:
    layers = add_layers(viewer, layer_data(replace(demo.stack, labels=None)))
    return next(layer for layer in layers if isinstance(layer, Image))


def _add_aligned(viewer: Viewer, image: Image, alignment: StackAlignment, demo: Demo) -> None:
    """Add the aligned stack below all others, and let the Align widget find how it came to be."""
    moved = alignment.apply(replace(demo.stack, labels=None)).data
    looks = {} if image.rgb else {"contrast_limits": image.contrast_limits}
    layer = add_image(viewer, image, moved, f"{image.name} aligned", rgb=image.rgb, visible=False, **looks)
    viewer.layers.move(viewer.layers.index(layer), 0)
    session = session_of(viewer)
    session.alignments[image] = history = AlignHistory(layer_stack(image))
    history.add(AlignState("align", alignment, alignment=alignment))
    session.carried[image] = carried = CarriedWith()
    carried.moved[image] = layer
    carried.by = (alignment, carried.framing)


def _hand_on_features(viewer: Viewer, image: Image, demo: Demo) -> None:
    session = session_of(viewer)
    made = demo.embedding
    key = EmbeddingKey(session.source(image), demo.painted, made.backbone, made.version, made.normalisation)
    session.cache.put(key, made)


def _dock_widgets(viewer: Viewer, demo: Demo) -> None:
    """Dock the widgets as the Plugins menu does, with the demonstration's classes in the Probe's list."""
    viewer.window.add_plugin_dock_widget("patchprobe", "Align")
    # The one that is opened last is the tab in front.
    _, probe = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    for number, name in demo.class_names.items():
        probe.state.change_class(number, name=name, color=COLORS[number])


def _write(path: Path, picture: np.ndarray) -> Path:
    with written_beside(path) as beside:
        iio.imwrite(beside, picture, extension=".png")
    return path
