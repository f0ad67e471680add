"""How a stack is to be aligned: which one, by what, compared with which section."""

from __future__ import annotations

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QSpinBox, QWidget

from .._align_work import AlignRequest
from ..backbones import list_backbones
from ..io import Stack
from ._elided_combo import ElidedCombo
from ._layer_picker import LayerPicker
from ._layers import image_layers, plane_count

_METHODS = {
    "whole-shift": (
        "whole shift",
        "The shift at which the sections agree best as a whole, to a fraction of a pixel",
    ),
    "median": ("median of matches", "The median offset of each patch's best match, to whole patches"),
    "max-correlation": (
        "strongest match",
        "The offset of the most similar pair of patches, to whole patches",
    ),
}
_REFERENCES = {
    "previous": ("section before", "For serial sections, which change along the stack"),
    "first": ("first section", "For a movie of one field of view"),
}
_INTENSITY = "intensity only"
_NO_STACK = "Open a stack of two sections or more first"
_NEEDS_FEATURES = "This method compares features: choose some"


class AlignForm(QWidget):
    """The choices, and what is missing before they can be followed.

    Parameters
    ----------
    viewer : Viewer

    Attributes
    ----------
    changed : Signal()
        Something other than the stack was chosen; `picker` tells of the stack.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = LayerPicker(viewer, _stacks, "no stack: open or drop one")
        self.backbone = ElidedCombo()
        self.method = ElidedCombo()
        self.reference = ElidedCombo()
        self.max_shift = QSpinBox()
        self._fill()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for text, field in (
            ("Stack", self.picker),
            ("Features", self.backbone),
            ("Method", self.method),
            ("Compare with", self.reference),
            ("Largest shift", self.max_shift),
        ):
            form.addRow(text, field)
        self.method.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.backbone.currentIndexChanged.connect(lambda _: self.changed.emit())

    def request(self, stack: Stack) -> AlignRequest:
        """Say how this stack is to be aligned."""
        return AlignRequest(
            stack,
            self.backbone.currentData(),
            self.method.currentData(),
            self.reference.currentData(),
            float(self.max_shift.value()) or None,
        )

    def missing(self) -> str:
        """Say what is missing; an empty string if nothing is."""
        if self.picker.layer is None:
            return _NO_STACK
        if self.method.currentData() != "whole-shift" and self.backbone.currentData() is None:
            return _NEEDS_FEATURES
        return ""

    def _fill(self) -> None:
        for combo, choices in ((self.method, _METHODS), (self.reference, _REFERENCES)):
            for index, (key, (text, tip)) in enumerate(choices.items()):
                combo.addItem(text, key)
                combo.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        for index, spec in enumerate(list_backbones(on_disk=True)):
            self.backbone.addItem(spec.name, spec.name)
            self.backbone.setItemData(index, spec.summary, Qt.ItemDataRole.ToolTipRole)
        self.backbone.addItem(_INTENSITY, None)
        self.max_shift.setRange(0, 100_000)
        self.max_shift.setSpecialValueText("any")
        self.max_shift.setSuffix(" px")
        self.max_shift.setSingleStep(10)
        for field, tip in (
            (self.backbone, "Features that are compared besides intensity"),
            (self.method, "How the shift between two sections is found"),
            (self.reference, "Which section each one is compared with"),
            (self.max_shift, "Largest shift between two sections that are compared"),
        ):
            field.setToolTip(tip)


def _stacks(viewer: Viewer) -> list[Image]:
    """List the image layers that have sections to be aligned."""
    return [layer for layer in image_layers(viewer) if plane_count(layer) > 1]
