"""How a stack is to be aligned: which one, by what model, compared with which sections, by what features."""

from __future__ import annotations

from collections.abc import Mapping

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QFormLayout, QWidget

from .._measure_work import Options
from ..backbones import list_backbones
from ._align_options import AlignOptions
from ._elided_combo import ElidedCombo
from ._layer_picker import LayerPicker
from ._layers import image_layers, plane_count
from ._session import session_of

# What a combo box offers: for each value its words, and its tooltip.
_Choices = Mapping[str, tuple[str, str]]

_MODELS: _Choices = {
    "translation": ("shift", "For movies, and for sections that were cut and imaged without turning"),
    "rigid": ("shift + rotation", "For most serial sections"),
    "similarity": ("similarity", "And one change of size"),
    "affine": ("affine", "And shear: for sections that were compressed by the knife"),
}
_REFERENCES: _Choices = {
    "neighbours": (
        "neighbours",
        "For serial sections: several before it, so that bad ones are bridged and errors do not add up",
    ),
    "previous": ("section before", "Only the section before it: faster, but errors add up"),
    "first": ("first section", "All with the first one, for few sections that hardly change"),
    "template": (
        "mean of the others",
        "For a movie, noisy ones too: every frame with the mean of the others",
    ),
}
_INTENSITY = "intensity only"
_NO_STACK = "Open a stack of two sections or more first"
_NEEDS_FEATURES = "These matches compare features: choose some"


class AlignForm(QWidget):
    """The choices, and what is missing before they can be followed.

    Parameters
    ----------
    viewer : Viewer

    Attributes
    ----------
    changed : Signal()
        Something other than the stack was chosen; `picker` tells of the stack.
    more : AlignOptions
        The choices that a beginner does not need.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = LayerPicker(viewer, _stacks, "no stack: open or drop one")
        self.model = ElidedCombo()
        self.reference = ElidedCombo()
        self.backbone = ElidedCombo()
        self.more = AlignOptions()
        self._fill()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for text, field in (
            ("Stack", self.picker),
            ("Method", self.model),
            ("Compare with", self.reference),
            ("Features", self.backbone),
        ):
            form.addRow(text, field)
        form.addRow(self.more)
        for combo in (self.model, self.reference, self.backbone):
            combo.currentIndexChanged.connect(self._on_change)
        self.more.changed.connect(self.changed)
        self.picker.picked.connect(self._suit)
        self._suit(self.picker.layer)

    def options(self) -> Options:
        """Say how two sections are to be compared."""
        return self.more.complete(
            Options(self.reference.currentData(), self.model.currentData(), self.backbone.currentData())
        )

    @property
    def neighbours(self) -> int:
        """How many sections before it each one is compared with, where it is with several."""
        return self.more.neighbours.value()

    def missing(self) -> str:
        """Say what is missing; an empty string if nothing is."""
        if self.picker.layer is None:
            return _NO_STACK
        options = self.options()
        if options.method != "whole-shift" and options.backbone is None:
            return _NEEDS_FEATURES
        return ""

    def _on_change(self) -> None:
        reference = self.reference.currentData()
        self.more.suit(self.model.currentData(), reference)
        self.backbone.setEnabled(reference != "template")
        self.changed.emit()

    def _suit(self, layer: Image | None) -> None:
        """Begin with what suits the stack: a movie is one field of view, sections change along the stack."""
        if layer is not None:
            is_movie = layer.ndim == 3 and layer.axis_labels[0] == "t"
            self.model.setCurrentIndex(self.model.findData("translation" if is_movie else "rigid"))
            self.reference.setCurrentIndex(self.reference.findData("template" if is_movie else "neighbours"))
            self.more.suit_stack(plane_count(layer))
        self._on_change()

    def _fill(self) -> None:
        fill_choices(self.model, _MODELS)
        fill_choices(self.reference, _REFERENCES)
        for index, spec in enumerate(list_backbones(on_disk=True)):
            self.backbone.addItem(spec.name, spec.name)
            self.backbone.setItemData(index, spec.summary, Qt.ItemDataRole.ToolTipRole)
        self.backbone.addItem(_INTENSITY, None)
        for field, tip in (
            (self.model, "What may happen to a section between two that are compared"),
            (self.reference, "Which sections each one is compared with"),
            (self.backbone, "Features that are compared besides intensity"),
        ):
            field.setToolTip(tip)


def fill_choices(combo: QComboBox, choices: _Choices) -> None:
    """Offer choices, each with its tooltip."""
    for index, (key, (text, tip)) in enumerate(choices.items()):
        combo.addItem(text, key)
        combo.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)


def _stacks(viewer: Viewer) -> list[Image]:
    """List image layers with sections to align; the last is chosen first, so that aligned copies lead."""
    stacks = [layer for layer in image_layers(viewer) if plane_count(layer) > 1]
    ours = session_of(viewer).moved_layers()
    return sorted(stacks, key=lambda layer: layer not in ours)
