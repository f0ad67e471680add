"""What can be done with the marked sections, and undo of it."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

_NOT_YET = "Align a stack first"


class SectionActions(QWidget):
    """Buttons that say what is wanted.

    Attributes
    ----------
    exclude_requested, anchor_requested, undo_requested, redo_requested : Signal()
    """

    exclude_requested = Signal()
    anchor_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exclude_button = QPushButton("Exclude")
        self.anchor_button = QPushButton("Anchor here")
        self.undo_button = QPushButton("↶ Undo")
        self.redo_button = QPushButton("↷")
        self.redo_button.setAccessibleName("Redo")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for button, stretch in (
            (self.exclude_button, 2),
            (self.anchor_button, 2),
            (self.undo_button, 2),
            (self.redo_button, 1),
        ):
            button.setMinimumWidth(30)
            layout.addWidget(button, stretch)
        self.exclude_button.clicked.connect(self.exclude_requested)
        self.anchor_button.clicked.connect(self.anchor_requested)
        self.undo_button.clicked.connect(self.undo_requested)
        self.redo_button.clicked.connect(self.redo_requested)
        self.allow(False, False)
        self.show_history("", "")

    def allow(self, can_edit: bool, are_out: bool, missing: str = _NOT_YET) -> None:
        """Enable what can be done with the marked sections, which may be left out already."""
        self.exclude_button.setText("Include" if are_out else "Exclude")
        self.exclude_button.setEnabled(can_edit)
        self.anchor_button.setEnabled(can_edit)
        doing = (
            "Use the marked sections again"
            if are_out
            else "Leave the marked sections out: they are placed between their neighbours"
        )
        self.exclude_button.setToolTip(doing if can_edit else missing)
        self.anchor_button.setToolTip(
            "Let this section stay where it is and place all others by it" if can_edit else missing
        )

    def show_history(self, undo: str, redo: str) -> None:
        """Say what undo and redo would do; empty where there is nothing."""
        for button, words, verb, keys in (
            (self.undo_button, undo, "Undo", "Ctrl+Z"),
            (self.redo_button, redo, "Redo", "Ctrl+Shift+Z"),
        ):
            button.setEnabled(bool(words))
            button.setToolTip(f"{verb}: {words} ({keys})" if words else f"Nothing to {verb.lower()}")
