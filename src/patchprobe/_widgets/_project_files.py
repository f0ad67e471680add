"""Projects of the Probe widget: what is in the window goes to a file, and comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import QObject, QSignalBlocker

from .._project_work import OpenedProject, open_project, save_project
from .._state import Overlay, OverlayKind, ProbeClass
from ..project import Project, ProjectImage, ProjectView
from ..strokes_file import StrokeClass
from ._image_set import Parked
from ._jobs import JobRunner
from ._layer_picker import LayerPicker
from ._layers import (
    add_layers,
    add_strokes,
    channel_of,
    current_plane,
    image_layers,
    layer_stack,
    show_plane,
    write_plane,
)
from ._live_probe import LiveProbe
from ._session import session_of

_PROBE = "the project's probe"


class ProjectFiles:
    """Saves and opens projects in the background.

    Parameters
    ----------
    live : LiveProbe
    picker : LayerPicker
        Chooses the image that is painted.
    parent : QObject
        What the background jobs end with.

    Attributes
    ----------
    noticed : Signal(str)
        What was done, in words.
    failed : Signal(Exception)
    """

    noticed = Signal(str)
    failed = Signal(Exception)

    def __init__(self, live: LiveProbe, picker: LayerPicker, parent: QObject) -> None:
        self._live = live
        self._picker = picker
        # Images of the opened project that are gone: saved again with their strokes.
        self._missing: tuple[ProjectImage, ...] = ()
        self._jobs = JobRunner(parent)
        self._jobs.returned.connect(self._on_returned)
        self._jobs.failed.connect(self.failed.emit)

    @property
    def is_busy(self) -> bool:
        """Whether a project is being written or read."""
        return self._jobs.is_running

    def save(self, path: str) -> None:
        """Write the images with strokes and the one that is looked at, classes, probe and view."""
        if self._live.image is not None:
            self._jobs.start(save_project, self._project(), path)

    def open(self, path: str) -> None:
        """Add the images and strokes of a project, and show it as it was left."""
        self._jobs.start(open_project, path)

    def _project(self) -> Project:
        live = self._live
        parked = live.images.parked
        layers = [layer for layer in image_layers(live.viewer) if layer is live.image or layer in parked]
        images = tuple(
            ProjectImage(
                layer_stack(layer),
                dict(live.book.planes if layer is live.image else parked[layer].planes),
                channel_of(layer),
                live.images.is_used(layer),
            )
            for layer in layers
        )
        # A probe of the strokes is fitted again: its saved rows would count twice.
        return Project((*images, *self._missing), self._view(layers), live.loaded.probe)

    def _view(self, layers: list[Image]) -> ProjectView:
        live, state = self._live, self._live.state
        assert live.image is not None
        return ProjectView(
            state.backbone,
            tuple(StrokeClass(known.number, known.name, known.color) for known in state.classes),
            state.selected,
            state.live,
            state.overlay.kind.value,
            state.overlay.number,
            state.opacity,
            layers.index(live.image),
            current_plane(live.viewer, live.image),
            state.classifier,
            dict(state.decision_weights),
        )

    def _on_returned(self, result: Path | OpenedProject) -> None:
        if isinstance(result, Path):
            self.noticed.emit(f"Saved as {result.name}.")
            return
        project = result.project
        self._missing = tuple(image for image in project.images if image.is_missing)
        if project.probe is not None:
            self._live.go_on_with(project.probe, _PROBE)
        self._set_state(project.view)
        added = [(image, self._add(image, layer)) for image, layer in result.images]
        # What is looked at may be one of the missing images.
        chosen = project.images[project.view.image] if project.view.image < len(project.images) else None
        shown = next((layer for image, layer in added if image is chosen), added[0][1] if added else None)
        if shown is not None:
            with QSignalBlocker(self._picker):
                self._picker.pick(shown)
            self._live.use_image(shown)
            show_plane(self._live.viewer, shown, project.view.plane)
            self._live.brush.take()
            self._live.refit_now()
        count = len(added)
        self.noticed.emit(" ".join((f"{count} image{'' if count == 1 else 's'} opened.", *project.notes)))

    def _set_state(self, view: ProjectView) -> None:
        state = self._live.state
        state.backbone = view.backbone
        state.classes = tuple(ProbeClass(known.number, known.name, known.color) for known in view.classes)
        state.selected, state.live, state.opacity = view.selected, view.live, view.opacity
        state.classifier, state.decision_weights = view.classifier, dict(view.decision_weights)
        state.overlay = Overlay(OverlayKind(view.overlay), view.overlay_class)

    def _add(self, image: ProjectImage, data: Any) -> Image:
        """Add an image and its strokes, to be painted or to feed the probe."""
        live, viewer = self._live, self._live.viewer
        values, options, kind = data
        options = options | {"name": image.stack.name}
        # Chosen when all is there: saved strokes must not be brought back into those of the project.
        with QSignalBlocker(self._picker):
            [layer] = add_layers(viewer, [(values, options, kind)])
        strokes = add_strokes(viewer, layer, live.state.color_map())
        for plane, painted in image.strokes.items():
            write_plane(strokes.data, plane, painted)
        strokes.refresh()
        live.images.use(layer, image.is_used)
        copies = {plane: np.array(painted) for plane, painted in image.strokes.items()}
        stack = replace(layer_stack(layer), source=image.stack.source)
        live.images.park(layer, Parked(stack, session_of(viewer).source(layer), strokes, copies))
        return layer
