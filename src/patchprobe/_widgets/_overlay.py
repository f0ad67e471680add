"""The overlay over the image: predicted labels, the probability of a class, or the uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer

from .._predicting import Prediction
from .._state import Overlay, OverlayKind, ProbeState
from ._class_layers import show_classes
from ._layers import (
    add_prediction,
    add_probability,
    find_prediction,
    find_probability,
    kept_selection,
    place_below,
    plane_view,
    prediction_colormap,
    score_colormap,
    write_plane,
)

# No class has this colour.
_UNCERTAIN = "#ff00ff"


class OverlayLayers:
    """Makes the overlay's layers when there is something to show, and makes them again when deleted.

    Parameters
    ----------
    viewer : Viewer
    state : ProbeState
        Kind, opacity and class colours.
    """

    def __init__(self, viewer: Viewer, state: ProbeState) -> None:
        self._viewer = viewer
        self._state = state
        self._image: Image | None = None
        self._strokes: Labels | None = None
        self._labels: Labels | None = None
        self._probability: Image | None = None
        self._versions: dict[int, int] = {}
        self._shown_of: dict[int, Overlay] = {}

    @property
    def labels(self) -> Labels | None:
        """The layer of predicted labels, where there is one."""
        return self._labels

    @property
    def probability(self) -> Image | None:
        """The layer of the probability of a class or of the uncertainty, where there is one."""
        return self._probability

    def attach(self, image: Image | None, strokes: Labels | None) -> None:
        """Overlay another image; layers that were made for it before are used again."""
        if image is not self._image:
            self._versions.clear()
            self._shown_of.clear()
            self._labels = None if image is None else find_prediction(self._viewer, image)
            self._probability = None if image is None else find_probability(self._viewer, image)
        self._image, self._strokes = image, strokes
        self.restyle()

    def forget(self, layer: Layer) -> None:
        """Notice that a layer was deleted."""
        if layer is self._labels:
            self._labels = None
            self._versions.clear()
        if layer is self._probability:
            self._probability = None
            self._shown_of.clear()

    def forget_predictions(self) -> None:
        """Count all planes as not yet predicted, as for a probe of other features."""
        self._versions.clear()

    def is_current(self, plane: int, version: int) -> bool:
        """Whether a plane shows what the probe of this version predicts, in the kind that is wanted."""
        wanted = self._state.overlay
        if self._versions.get(plane) != version:
            return False
        return wanted.kind is OverlayKind.LABELS or self._shown_of.get(plane) == wanted

    def show(self, prediction: Prediction, version: int) -> None:
        """Write the prediction of one plane or of a part of it, unless a later probe has written there."""
        plane = prediction.plane
        if self._image is None or self._versions.get(plane, -1) > version:
            return
        wanted = self._state.overlay
        _write(self._made_labels(), prediction, prediction.labels)
        if wanted.kind is not OverlayKind.LABELS:
            is_uncertainty = wanted.kind is OverlayKind.UNCERTAINTY
            values = prediction.uncertainty() if is_uncertainty else prediction.probability_of(wanted.number)
            _write(self._made_score(), prediction, values)
        if prediction.view is None:
            self._versions[plane] = version
            self._shown_of[plane] = wanted

    def show_again(self, prediction: Prediction) -> None:
        """Write another decision on a plane that is shown, by the same probe."""
        self.show(prediction, self._versions.get(prediction.plane, 0))

    def show_labels(self, plane: int, labels: npt.NDArray[np.uint8], version: int) -> None:
        """Write the labels of one plane whose probabilities are not known, unless a later probe has."""
        if self._image is not None and self._versions.get(plane, -1) <= version:
            layer = self._made_labels()
            write_plane(layer.data, plane, labels)
            layer.refresh(extent=False)
            self._versions[plane] = version
            self._shown_of.pop(plane, None)

    def shows(self, plane: int, version: int) -> bool:
        """Whether the labels of a plane are those of the probe of this version."""
        return self._labels is not None and self._versions.get(plane) == version

    def clear(self) -> None:
        """Show nothing: there is no probe any more."""
        for plane in self._versions:
            if self._labels is not None:
                write_plane(self._labels.data, plane, 0)
            if self._probability is not None:
                write_plane(self._probability.data, plane, 0)
        for layer in (self._labels, self._probability):
            if layer is not None:
                layer.refresh(extent=False)
        self._versions.clear()
        self._shown_of.clear()

    def relabel(self, number: int, into: int) -> None:
        """Show one class as another, or not at all (0), until the planes are predicted again."""
        if self._labels is None:
            return
        for plane in self._versions:
            labels = plane_view(self._labels.data, plane)
            write_plane(self._labels.data, plane, np.where(labels == number, np.uint8(into), labels))
        self._labels.refresh(extent=False)

    def restyle(self) -> None:
        """Bring kind, opacity and colours of the wishes to the layers."""
        wanted = self._state.overlay
        is_labels = wanted.kind is OverlayKind.LABELS
        colors = self._state.color_map()
        if self._labels is not None:
            show_classes(self._labels, self._state.classes, prediction_colormap(colors))
            self._labels.opacity = self._state.opacity
            self._labels.visible = is_labels
        if self._probability is not None:
            is_uncertainty = wanted.kind is OverlayKind.UNCERTAINTY
            color = _UNCERTAIN if is_uncertainty else colors.get(wanted.number, "#ffffff")
            self._probability.colormap = score_colormap(color)
            self._name_score("uncertainty" if is_uncertainty else "probability")
            self._probability.opacity = self._state.opacity
            self._probability.visible = not is_labels

    def _name_score(self, what: str) -> None:
        """Call the layer what it shows, unless somebody gave it another name."""
        if self._probability is not None and self._image is not None:
            names = {kind: f"{kind} on {self._image.name}" for kind in ("probability", "uncertainty")}
            if self._probability.name in names.values():
                self._probability.name = names[what]

    def _made_labels(self) -> Labels:
        if self._labels is None:
            assert self._image is not None
            with kept_selection(self._viewer):
                self._labels = add_prediction(
                    self._viewer, self._image, self._state.color_map(), self._state.opacity
                )
            self._put_below_strokes(self._labels)
            self.restyle()
        return self._labels

    def _made_score(self) -> Image:
        if self._probability is None:
            assert self._image is not None
            with kept_selection(self._viewer):
                self._probability = add_probability(self._viewer, self._image, self._state.opacity)
            self._put_below_strokes(self._probability)
            self.restyle()
        return self._probability

    def _put_below_strokes(self, layer: Layer) -> None:
        if self._strokes is not None and self._strokes in self._viewer.layers:
            place_below(self._viewer, layer, self._strokes)


def _write(layer: Labels | Image, prediction: Prediction, values: npt.NDArray[Any]) -> None:
    view = prediction.view
    if view is None:
        write_plane(layer.data, prediction.plane, values)
    else:
        write_plane(layer.data, prediction.plane, view.spread(values), view.window)
    layer.refresh(extent=False)
