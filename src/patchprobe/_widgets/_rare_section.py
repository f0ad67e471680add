"""The section of decision weights: a slider for each class, and a suggestion to be taken or dismissed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from .._state import ProbeClass
from ._section import Section

# Doublings of the weight at either end of a slider, and its steps in each.
_DOUBLINGS, _STEPS = 6, 10
_INTRODUCTION = "Found too often or too seldom? A weight above 1 finds more of a class, below 1 less."
_ROOM_FOR_NUMBER = "× 0.0156"


class RareSection(Section):
    """Weights of the classes. It changes nothing itself: it says what is wanted.

    Attributes
    ----------
    weighed : Signal(int, float)
        A class is to have this weight.
    evened : Signal()
        All weights are to be 1.
    suggest_requested, taken, dismissed : Signal()
    """

    weighed = Signal(int, float)
    evened = Signal()
    suggest_requested = Signal()
    taken = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Rare classes", parent)
        self.sliders: dict[int, QSlider] = {}
        self._values: dict[int, QLabel] = {}
        self._rows: list[QWidget] = []
        self.suggest_button = QPushButton("Suggest")
        self.even_button = QPushButton("All equal")
        self.even_button.setToolTip("Set all weights to 1: the more probable class is taken")
        self.note = QLabel()
        self.take_button = QPushButton("Take")
        self.take_button.setToolTip("Use the suggested weights")
        self.dismiss_button = QPushButton("Dismiss")
        self.dismiss_button.setToolTip("Go back to the weights as they were")
        introduction = QLabel(_INTRODUCTION)
        for label in (introduction, self.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.suggest_button)
        buttons.addWidget(self.even_button)
        self._answer = QWidget()
        answer = QHBoxLayout(self._answer)
        answer.setContentsMargins(0, 0, 0, 0)
        answer.addWidget(self.take_button)
        answer.addWidget(self.dismiss_button)
        self.body.addWidget(introduction)
        self.body.addLayout(self._grid)
        self.body.addLayout(buttons)
        self.body.addWidget(self.note)
        self.body.addWidget(self._answer)
        self.suggest_button.clicked.connect(self.suggest_requested)
        self.even_button.clicked.connect(self.evened)
        self.take_button.clicked.connect(self.taken)
        self.dismiss_button.clicked.connect(self.dismissed)
        self.end_preview()

    def show_classes(self, classes: Sequence[ProbeClass], weights: Mapping[int, float]) -> None:
        """Show a slider for each class, named and at its weight."""
        if list(self.sliders) != [known.number for known in classes]:
            self._make_rows(classes)
        for row, known in enumerate(classes):
            name = self._grid.itemAtPosition(row, 0).widget()
            name.setText(name.fontMetrics().elidedText(known.name, Qt.TextElideMode.ElideRight, 90))
            name.setToolTip(known.name)
            self.sliders[known.number].setAccessibleName(f"Decision weight of {known.name}")
        self.show_weights(weights)

    def show_weights(self, weights: Mapping[int, float]) -> None:
        """Move the sliders; nobody moved them here."""
        for number, slider in self.sliders.items():
            weight = weights.get(number, 1.0)
            with QSignalBlocker(slider):
                slider.setValue(round(math.log2(weight) * _STEPS))
            self._values[number].setText(weight_text(weight))
        self.even_button.setEnabled(len({weights.get(number, 1.0) for number in self.sliders}) > 1)

    def set_missing(self, missing: str) -> None:
        """Say what is missing before anything can be suggested; an empty string allows it."""
        self.suggest_button.setEnabled(not missing)
        tip = "Estimate from this plane how common each class is, and show what that would change"
        self.suggest_button.setToolTip(missing or tip)

    def begin_preview(self, note: str) -> None:
        """Say what is suggested and ask whether to take it."""
        self.note.setText(note)
        self.note.show()
        self._answer.show()

    def end_preview(self, note: str = "") -> None:
        """Ask no more."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self._answer.hide()

    def _make_rows(self, classes: Sequence[ProbeClass]) -> None:
        for part in self._rows:
            self._grid.removeWidget(part)
            part.deleteLater()
        self._rows, self.sliders, self._values = [], {}, {}
        for row, known in enumerate(classes):
            name, slider, value = QLabel(), QSlider(Qt.Orientation.Horizontal), QLabel()
            slider.setRange(-_DOUBLINGS * _STEPS, _DOUBLINGS * _STEPS)
            slider.setToolTip("What multiplies the probability of this class before the highest one is taken")
            slider.valueChanged.connect(partial(self._on_slider, known.number))
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance(_ROOM_FOR_NUMBER))
            for column, part in enumerate((name, slider, value)):
                self._grid.addWidget(part, row, column)
            self._rows += [name, slider, value]
            self.sliders[known.number], self._values[known.number] = slider, value

    def _on_slider(self, number: int, value: int) -> None:
        self.weighed.emit(number, 2 ** (value / _STEPS))


def weight_text(weight: float) -> str:
    """Write a weight with two or three digits: ``"× 1"``, ``"× 0.25"``."""
    return f"× {weight:.2g}" if weight < 10 else f"× {weight:.0f}"
