"""One line that says what is going on: a dot and words."""

from __future__ import annotations

from enum import Enum

from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from ._tones import tones_of


class Mood(Enum):
    """What the dot says; the words beside it say it too."""

    IDLE = "idle"
    WORKING = "working"
    READY = "ready"
    LOOK = "look"


class StatusLine(QWidget):
    """A dot and a line of text, such as "● ready, 3 of 30 planes".

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.mood = Mood.IDLE
        self._dot = QLabel("●")
        self._dot.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._dot)
        layout.addWidget(self._text, 1)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """The words that are shown."""
        return self._text.text()

    def say(self, mood: Mood, text: str) -> None:
        """Show a state in words."""
        self.mood = mood
        self._text.setText(text)
        self._restyle()

    def _restyle(self) -> None:
        color = getattr(tones_of(self._viewer), self.mood.value)
        self._dot.setStyleSheet(f"color: {color}")
        self._dot.setAccessibleName(self.mood.value)
