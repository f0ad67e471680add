"""The list of classes: number, colour, name, how much is painted of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent
from qtpy.QtWidgets import (
    QColorDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .._state import MAX_CLASSES, ProbeClass
from ._tones import tones_of

_SWATCH = 16


class ClassList(QWidget):
    """Rows of classes, one of them chosen to be painted. It changes nothing itself: it says what is wanted.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    chosen, removed : Signal(int)
        A class was clicked on, or is to go.
    renamed, recoloured : Signal(int, str)
    added : Signal()
    """

    chosen = Signal(int)
    removed = Signal(int)
    renamed = Signal(int, str)
    recoloured = Signal(int, str)
    added = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.rows: dict[int, ClassRow] = {}
        self.add_button = QPushButton("Add class")
        self.add_button.clicked.connect(self.added)
        title = QLabel("Classes")
        title.setStyleSheet("font-weight: bold")
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self.add_button)
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(self._column)
        viewer.events.theme.connect(self._restyle)

    def show_classes(self, classes: Sequence[ProbeClass], selected: int) -> None:
        """Show these classes; rows of classes that stay are kept, with what is being typed in them."""
        for number in [number for number in self.rows if number not in {c.number for c in classes}]:
            row = self.rows.pop(number)
            self._column.removeWidget(row)
            row.deleteLater()
        for position, known in enumerate(classes):
            if known.number not in self.rows:
                self.rows[known.number] = self._new_row(known.number)
                self._column.insertWidget(position, self.rows[known.number])
            row = self.rows[known.number]
            row.show_class(known)
            row.remove_button.setEnabled(len(classes) > 1)
            row.remove_button.setToolTip(
                "Remove this class and its strokes" if len(classes) > 1 else "One class must stay; rename it"
            )
        is_full = len(classes) >= MAX_CLASSES
        self.add_button.setEnabled(not is_full)
        self.add_button.setToolTip(f"There are {MAX_CLASSES}, as many as number keys" if is_full else "")
        self.mark(selected)

    def show_counts(self, totals: Mapping[int, tuple[int, int]]) -> None:
        """Show (strokes, pixels) of each class."""
        for number, row in self.rows.items():
            row.show_count(*totals.get(number, (0, 0)))

    def mark(self, selected: int) -> None:
        """Show which class the brush paints; 0 for none."""
        for number, row in self.rows.items():
            row.is_selected = number == selected
        self._restyle()

    def _new_row(self, number: int) -> ClassRow:
        row = ClassRow(number)
        row.clicked.connect(partial(self.chosen.emit, number))
        row.renamed.connect(partial(self.renamed.emit, number))
        row.recoloured.connect(partial(self.recoloured.emit, number))
        row.remove_button.clicked.connect(partial(self.removed.emit, number))
        return row

    def _restyle(self) -> None:
        tones = tones_of(self._viewer)
        for row in self.rows.values():
            row.restyle(tones.working, tones.muted)


class ClassRow(QFrame):
    """One class. A click anywhere on it chooses it.

    Parameters
    ----------
    number : int
    """

    clicked = Signal()
    renamed = Signal(str)
    recoloured = Signal(str)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.is_selected = False
        self._color = ""
        self.setObjectName("row")
        self._number = QLabel(str(number))
        self._number.setToolTip(f"Press {number} to paint this class")
        self.swatch = QToolButton()
        self.swatch.setFixedSize(_SWATCH, _SWATCH)
        self.swatch.setToolTip("Change the colour")
        self.swatch.setAccessibleName(f"Colour of class {number}")
        self.name = QLineEdit()
        self.name.setFrame(False)
        self.name.setToolTip("Rename")
        self.name.setAccessibleName(f"Name of class {number}")
        self.count = QLabel()
        self.remove_button = QToolButton()
        self.remove_button.setText("✕")
        self.remove_button.setAutoRaise(True)
        self.remove_button.setAccessibleName(f"Remove class {number}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 2, 2)
        layout.setSpacing(6)
        for part, stretch in (
            (self._number, 0),
            (self.swatch, 0),
            (self.name, 1),
            (self.count, 0),
            (self.remove_button, 0),
        ):
            layout.addWidget(part, stretch)
        self.swatch.clicked.connect(self._choose_color)
        self.name.editingFinished.connect(self._on_name)

    def show_class(self, known: ProbeClass) -> None:
        """Show name and colour; a name that is being typed stays."""
        if not self.name.hasFocus():
            self.name.setText(known.name)
            self.name.setCursorPosition(0)
        self._color = known.color
        self.swatch.setStyleSheet(f"background: {known.color}; border: 1px solid gray; border-radius: 3px")

    def show_count(self, strokes: int, pixels: int) -> None:
        """Show how much is painted."""
        text = f"{strokes} stroke{'' if strokes == 1 else 's'}"
        self.count.setText(text)
        self.count.setToolTip(f"{text}, {pixels} px")

    def restyle(self, accent: str, muted: str) -> None:
        """Mark the row if it is chosen."""
        edge = accent if self.is_selected else "transparent"
        self.setStyleSheet(f"#row {{ border: 2px solid {edge}; border-radius: 4px }}")
        self.count.setStyleSheet(f"color: {muted}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this class."""
        self.clicked.emit()

    def _choose_color(self) -> None:
        dialog = QColorDialog(QColor(self._color), self)
        # Not modal: the strokes can be looked at while a colour is chosen.
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self.recoloured.emit(color.name()))
        dialog.show()

    def _on_name(self) -> None:
        self.name.clearFocus()
        self.renamed.emit(self.name.text().strip())
