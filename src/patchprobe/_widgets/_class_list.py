"""The list of classes: one row for each, in the order of the list, and what is done to all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from .._state import MAX_CLASSES, ProbeClass
from ._class_edits import ClassEdits
from ._class_row import ClassRow
from ._tones import tones_of


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
    moved, merged : Signal(int, int)
        A class is to go so many places down, or up; or into another class.
    renamed, recoloured : Signal(int, str)
    added, undone, redone : Signal()
    """

    chosen = Signal(int)
    removed = Signal(int)
    moved = Signal(int, int)
    merged = Signal(int, int)
    renamed = Signal(int, str)
    recoloured = Signal(int, str)
    added = Signal()
    undone = Signal()
    redone = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.rows: dict[int, ClassRow] = {}
        self.add_button = QPushButton("&Add class")
        self.add_button.clicked.connect(self.added)
        self.undo_button, self.redo_button = _arrow("↶"), _arrow("↷")
        self.undo_button.clicked.connect(self.undone)
        self.redo_button.clicked.connect(self.redone)
        title = QLabel("Classes")
        title.setStyleSheet("font-weight: bold")
        top = QHBoxLayout()
        top.addWidget(title, 1)
        for button in (self.undo_button, self.redo_button, self.add_button):
            top.addWidget(button)
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
            row = self.rows.get(known.number)
            if row is None:
                row = self.rows[known.number] = self._new_row(known.number)
            if self._column.indexOf(row) != position:
                self._column.removeWidget(row)
                self._column.insertWidget(position, row)
            row.show_class(known, classes)
        self._chain_tabs(classes)
        is_full = len(classes) >= MAX_CLASSES
        self.add_button.setEnabled(not is_full)
        self.add_button.setToolTip(f"There are {MAX_CLASSES}, as many as number keys" if is_full else "")
        self.mark(selected)

    def show_counts(self, totals: Mapping[int, tuple[int, int]]) -> None:
        """Show (strokes, pixels) of each class."""
        for number, row in self.rows.items():
            row.show_count(*totals.get(number, (0, 0)))

    def show_undo(self, undo: str, redo: str) -> None:
        """Say what undo and redo would do; an empty string for nothing."""
        for button, name, keys, words in (
            (self.undo_button, "Undo", "Ctrl-Z", undo),
            (self.redo_button, "Redo", "Ctrl-Shift-Z", redo),
        ):
            button.setEnabled(bool(words))
            button.setToolTip(f"{name}: {words} ({keys})" if words else f"Nothing to {name.lower()} here")
            button.setAccessibleName(f"{name} {words}".strip())

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
        row.moved.connect(partial(self.moved.emit, number))
        row.merged.connect(partial(self.merged.emit, number))
        row.removed.connect(partial(self.removed.emit, number))
        return row

    def _chain_tabs(self, classes: Sequence[ProbeClass]) -> None:
        """Let the tab key go through the rows as they are seen, not as they were made."""
        before: QWidget = self.add_button
        for known in classes:
            for part in self.rows[known.number].tab_stops:
                self.setTabOrder(before, part)
                before = part

    def _restyle(self) -> None:
        tones = tones_of(self._viewer)
        for row in self.rows.values():
            row.restyle(tones.working, tones.muted)


def connect_edits(classes: ClassList, edits: ClassEdits) -> None:
    """Let a list of classes change them; a class that is added is left to who chooses it then."""
    classes.removed.connect(edits.remove)
    classes.moved.connect(edits.move)
    classes.merged.connect(edits.merge)
    classes.renamed.connect(edits.rename)
    classes.recoloured.connect(edits.recolour)
    classes.undone.connect(edits.undo)
    classes.redone.connect(edits.redo)

    def show_undo() -> None:
        classes.show_undo(edits.undo_words, edits.redo_words)

    edits.changed.connect(show_undo)
    show_undo()


def _arrow(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    return button
