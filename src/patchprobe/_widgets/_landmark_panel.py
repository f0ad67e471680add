"""Landmarks of two sections: what to click next, the table of pairs, and their use."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QShortcut,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .._landmark_book import Marks
from ._landmark_table import LandmarkTable
from ._section_table import Pixel

_FILES = "Landmarks (*.csv)"


class LandmarkPanel(QWidget):
    """Shows landmarks and says what is wanted with them.

    Attributes
    ----------
    undo_requested, use_requested : Signal()
    remove_requested, chosen : Signal(int)
        The pair of this number.
    save_requested, load_requested : Signal(str)
        Landmarks are to be written to, or read from, this file.
    """

    undo_requested = Signal()
    use_requested = Signal()
    remove_requested = Signal(int)
    chosen = Signal(int)
    save_requested = Signal(str)
    load_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = QLabel()
        self.table = LandmarkTable()
        self.use_button = QPushButton("Use landmarks")
        self.undo_button = QPushButton("Undo")
        self.remove_button = QPushButton("Remove")
        self.load_button = QPushButton("Load CSV")
        self.save_button = QPushButton("Save CSV")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.hint.setWordWrap(True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.undo_button.setToolTip("Take back what was marked last (Ctrl-Z)")
        self.load_button.setToolTip("Columns fixed, moving, fixed_y, fixed_x, moving_y, moving_x, in pixels")
        self.save_button.setToolTip("Landmarks of all sections, one line for each pair")
        buttons = QGridLayout()
        for number, button in enumerate(
            (self.undo_button, self.remove_button, self.load_button, self.save_button)
        ):
            buttons.addWidget(button, number // 2, number % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self.hint, self.table, self.use_button):
            layout.addWidget(part)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.use_button.clicked.connect(self.use_requested)
        self.undo_button.clicked.connect(self.undo_requested)
        self.remove_button.clicked.connect(self._remove)
        self.load_button.clicked.connect(self._ask_what_to_load)
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.table.remove_requested.connect(self.remove_requested)
        self.table.chosen.connect(self._on_chosen)
        undo = QShortcut(QKeySequence.StandardKey.Undo, self)
        undo.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        undo.activated.connect(self.undo_requested)

    def show_marks(self, marks: Marks, misses: np.ndarray | None, pixel: Pixel, missing: str) -> None:
        """Show landmarks.

        Parameters
        ----------
        marks : Marks
        misses : ndarray, shape (n, 2), optional
            As `LandmarkTable.show_pairs` takes them.
        pixel : Pixel
        missing : str
            What the model still needs, such as ``"2 more pairs for affine"``; empty if nothing.
        """
        self.table.show_pairs(marks.pairs, misses, pixel)
        self.use_button.setEnabled(not missing)
        self.use_button.setToolTip(missing or "Place the section by these landmarks")
        self.save_button.setEnabled(len(marks.pairs) > 0)
        self._allow_removal()

    def allow_undo(self, is_allowed: bool) -> None:
        """Enable taking back."""
        self.undo_button.setEnabled(is_allowed)

    def _on_chosen(self, number: int) -> None:
        self._allow_removal()
        self.chosen.emit(number)

    def _allow_removal(self) -> None:
        is_chosen = self.table.current is not None
        self.remove_button.setEnabled(is_chosen)
        self.remove_button.setToolTip(
            "Take the chosen pair away (Delete)" if is_chosen else "Choose a pair in the table first"
        )

    def _remove(self) -> None:
        if self.table.current is not None:
            self.remove_requested.emit(self.table.current)

    def _ask_where_to_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save landmarks", "landmarks.csv", _FILES)
        if path:
            self.save_requested.emit(path)

    def _ask_what_to_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load landmarks", "", _FILES)
        if path:
            self.load_requested.emit(path)
