"""The edges of a voxel, one field for each axis, and their unit."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

_METRES = {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "m": 1.0}
_UNITS = ("nm", "µm", "mm", "m", "pixel")
_AXES = "tzyx"
_WORDS = {"t": "Time between frames", "z": "Distance of planes", "y": "Height", "x": "Width"}


class VoxelFields(QWidget):
    """Voxel size along t, z, y and x, as text fields with a common unit of length.

    Attributes
    ----------
    edited : Signal()
        The user changed a size or the unit.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letters = ""
        self._shown: tuple[tuple[str, ...], str] = ((), "pixel")
        self._asked = self._shown
        self.unit = QComboBox()
        self.unit.addItems(_UNITS)
        self.unit.setToolTip("Unit of z, y and x")
        self.fields = {letter: QLineEdit() for letter in _AXES}
        self._captions = {letter: QLabel(letter) for letter in _AXES}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for letter, field in self.fields.items():
            field.setMinimumWidth(26)
            field.setAccessibleName(f"{_WORDS[letter]} ({letter})")
            self._captions[letter].setBuddy(field)
            layout.addWidget(self._captions[letter])
            layout.addWidget(field, 1)
            field.editingFinished.connect(self._on_edit)
        layout.addWidget(self.unit)
        self.unit.activated.connect(self._on_edit)
        self.clear()

    def clear(self) -> None:
        """Show nothing and override nothing."""
        self._letters = ""
        self._fill("", (), "pixel")

    def show_sizes(self, axes: str, sizes: Sequence[float], units: Sequence[str]) -> None:
        """Show the voxel size that a file says.

        Parameters
        ----------
        axes : str
            Axes without ``c``.
        sizes, units : sequence
            One for each.
        """
        unit = units[axes.index("x")]
        common = [
            size * _METRES[own] / _METRES[unit] if own != unit and {own, unit} <= _METRES.keys() else size
            for size, own in zip(sizes, units, strict=True)
        ]
        self._fill(axes, [f"{size:.6g}" for size in common], unit)
        for letter, own in zip(axes, units, strict=True):
            suffix = f", in {own if letter == 't' else unit}"
            self.fields[letter].setToolTip(_WORDS[letter] + suffix)

    def override(self) -> str | None:
        """Sizes and unit as `load_stack` takes them, or None while they are what the file says."""
        texts, unit = self._now()
        if not self._letters or (texts, unit) == self._shown:
            return None
        # A comma would end the number.
        return f"{' , '.join(text.replace(',', '.') for text in texts)} {unit}"

    def _fill(self, axes: str, texts: Sequence[str], unit: str) -> None:
        self._letters = axes
        for letter, field in self.fields.items():
            field.setVisible(letter in axes)
            self._captions[letter].setVisible(letter in axes)
        for letter, text in zip(axes, texts, strict=True):
            self.fields[letter].setText(text)
            self.fields[letter].setCursorPosition(0)
        with QSignalBlocker(self.unit):
            self.unit.setCurrentText(unit)
        self.unit.setVisible(bool(axes))
        self._shown = self._asked = self._now()

    def _now(self) -> tuple[tuple[str, ...], str]:
        return tuple(self.fields[letter].text().strip() for letter in self._letters), self.unit.currentText()

    def _on_edit(self) -> None:
        # Leaving a field untouched is no edit.
        if self._now() != self._asked:
            self._asked = self._now()
            self.edited.emit()
