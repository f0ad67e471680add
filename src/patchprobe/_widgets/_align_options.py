"""How pairs are searched and sections placed: what a beginner does not need."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from .._measure_work import Options
from ..alignment.edits import AlignmentEdits
from ._elided_combo import ElidedCombo
from ._section import Section

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
_MIDDLE = -1
_MOST_NEIGHBOURS = 10


class AlignOptions(Section):
    """Folded fields.

    Attributes
    ----------
    changed : Signal()
        Pairs are to be searched otherwise.
    pulls_changed : Signal(float, float)
        Smoothness and drift are to be these.
    anchor_changed : Signal(object)
        This section is to stay where it is; None for the middle one.
    """

    changed = Signal()
    pulls_changed = Signal(float, float)
    anchor_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Search and placing", parent)
        self.matching = ElidedCombo()
        self.max_shift = QSpinBox()
        self.max_rotation = QDoubleSpinBox()
        self.flips = QCheckBox("Sections may lie on their face")
        self.neighbours = QSpinBox()
        self.anchor = QSpinBox()
        self.smoothness = _pull("Pull of each section to between its neighbours; 1 weighs as much as a pair")
        self.drift = _pull("Pull of the mean of nine sections to where they were; takes away slow drift")
        self._fill()
        form = QFormLayout()
        form.addRow("Matching", self.matching)
        form.addRow("Largest shift", self.max_shift)
        form.addRow("Largest rotation", self.max_rotation)
        form.addRow(self.flips)
        form.addRow("Neighbours", self.neighbours)
        form.addRow("Anchor", self.anchor)
        form.addRow("Smoothness", self.smoothness)
        form.addRow("Against drift", self.drift)
        self.body.addLayout(form)
        self._connect()

    def complete(self, options: Options) -> Options:
        """Fill these fields in, as far as they count for the model."""
        max_shift = float(self.max_shift.value()) or None
        if options.reference == "template":
            return replace(options, backbone=None, max_shift=max_shift)
        if options.model == "translation":
            return replace(options, method=self.matching.currentData(), max_shift=max_shift)
        return replace(
            options,
            max_shift=max_shift,
            max_rotation=self.max_rotation.value(),
            flips=self.flips.isChecked(),
        )

    def suit(self, model: str, reference: str) -> None:
        """Enable what counts for these."""
        turns = model != "translation" and reference != "template"
        self.matching.setEnabled(model == "translation" and reference != "template")
        self.max_rotation.setEnabled(turns)
        self.flips.setEnabled(turns)
        self.neighbours.setEnabled(reference == "neighbours")

    def suit_stack(self, n_planes: int) -> None:
        """Offer the sections of a stack as anchor."""
        with QSignalBlocker(self.anchor):
            self.anchor.setRange(_MIDDLE, n_planes - 1)

    def show_edits(self, edits: AlignmentEdits) -> None:
        """Show how the sections are placed now."""
        for field, value in (
            (self.anchor, _MIDDLE if edits.anchor is None else edits.anchor),
            (self.smoothness, edits.smoothness),
            (self.drift, edits.drift),
        ):
            with QSignalBlocker(field):
                field.setValue(value)

    def _fill(self) -> None:
        for index, (key, (text, tip)) in enumerate(_METHODS.items()):
            self.matching.addItem(text, key)
            self.matching.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.max_shift.setRange(0, 100_000)
        self.max_shift.setSpecialValueText("any")
        self.max_shift.setSuffix(" px")
        self.max_shift.setSingleStep(10)
        self.max_rotation.setRange(0, 180)
        self.max_rotation.setDecimals(0)
        self.max_rotation.setValue(Options().max_rotation)
        self.max_rotation.setSuffix("°")
        self.max_rotation.setSingleStep(6)
        self.neighbours.setRange(1, _MOST_NEIGHBOURS)
        self.neighbours.setValue(3)
        self.anchor.setRange(_MIDDLE, _MIDDLE)
        self.anchor.setSpecialValueText("middle")
        self.anchor.setKeyboardTracking(False)
        for field, tip in (
            (self.matching, "How a shift is found; the last two are those of the reports"),
            (self.max_shift, "Largest shift between two sections that are compared"),
            (self.max_rotation, "Largest turn between two sections; 180° finds any, and takes longer"),
            (self.flips, "Look for mirrored sections too; takes twice as long"),
            (self.neighbours, "How many sections before it each one is compared with"),
            (self.anchor, "The section that stays where it is"),
        ):
            field.setToolTip(tip)

    def _connect(self) -> None:
        self.matching.currentIndexChanged.connect(lambda _: self.changed.emit())
        for spin in (self.max_shift, self.max_rotation, self.neighbours):
            spin.valueChanged.connect(lambda _: self.changed.emit())
        self.flips.toggled.connect(lambda _: self.changed.emit())
        self.anchor.valueChanged.connect(
            lambda value: self.anchor_changed.emit(None if value == _MIDDLE else value)
        )
        for pull in (self.smoothness, self.drift):
            pull.valueChanged.connect(
                lambda _: self.pulls_changed.emit(self.smoothness.value(), self.drift.value())
            )


def _pull(tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(0, 100)
    field.setSingleStep(0.1)
    field.setDecimals(2)
    field.setSpecialValueText("none")
    field.setKeyboardTracking(False)
    field.setToolTip(tip)
    return field
