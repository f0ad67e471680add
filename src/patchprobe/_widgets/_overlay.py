"""The overlay: predicted labels, or the probability of a class, over the image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer

from .._state import OverlayKind, ProbeState
from .._work import Prediction
from ._layers import (
    add_prediction,
    add_probability,
    find_prediction,
    find_probability,
    kept_selection,
    place_below,
    prediction_colormap,
    probability_colormap,
    write_plane,
)


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
        self._probability_of: dict[int, int] = {}

    @property
    def labels(self) -> Labels | None:
        """The layer of predicted labels, where there is one."""
        return self._labels

    @property
    def probability(self) -> Image | None:
        """The layer of the probability of a class, where there is one."""
        return self._probability

    def attach(self, image: Image | None, strokes: Labels | None) -> None:
        """Overlay another image; layers that were made for it before are used again."""
        if image is not self._image:
            self._versions.clear()
            self._probability_of.clear()
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
            self._probability_of.clear()

    def forget_predictions(self) -> None:
        """Count all planes as not yet predicted, as for a probe of other features."""
        self._versions.clear()

    def is_current(self, plane: int, version: int) -> bool:
        """Whether a plane shows what the probe of this version predicts, in the kind that is wanted."""
        wanted = self._state.overlay
        if self._versions.get(plane) != version:
            return False
        return wanted.kind is OverlayKind.LABELS or self._probability_of.get(plane) == wanted.number

    def show(self, prediction: Prediction, version: int) -> None:
        """Write the prediction of one plane, unless a later probe has written there."""
        plane = prediction.plane
        if not self.show_labels(plane, prediction.labels, version):
            return
        wanted = self._state.overlay
        if wanted.kind is OverlayKind.PROBABILITY:
            probability = self._made_probability()
            write_plane(probability.data, plane, prediction.probability_of(wanted.number))
            probability.refresh(extent=False)
            self._probability_of[plane] = wanted.number

    def show_labels(self, plane: int, predicted: npt.NDArray[np.uint8], version: int) -> bool:
        """Write the labels of one plane, and say whether that was done: a later probe may have written."""
        if self._image is None or self._versions.get(plane, -1) > version:
            return False
        self._versions[plane] = version
        self._probability_of.pop(plane, None)
        labels = self._made_labels()
        write_plane(labels.data, plane, predicted)
        labels.refresh(extent=False)
        return True

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
        self._probability_of.clear()

    def restyle(self) -> None:
        """Bring kind, opacity and colours of the wishes to the layers."""
        wanted = self._state.overlay
        is_labels = wanted.kind is OverlayKind.LABELS
        colors = self._state.color_map()
        if self._labels is not None:
            self._labels.colormap = prediction_colormap(colors)
            self._labels.opacity = self._state.opacity
            self._labels.visible = is_labels
        if self._probability is not None:
            self._probability.colormap = probability_colormap(colors.get(wanted.number, "#ffffff"))
            self._probability.opacity = self._state.opacity
            self._probability.visible = not is_labels

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

    def _made_probability(self) -> Image:
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
