"""A section that is held by hand: where it lies, how well it fits there, and the keys."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..alignment.refine import Fit
from ._section_drag import KEYS
from ._tones import tones_of


class DragPanel(QWidget):
    """Shows a place and its score.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    use_requested, put_back_requested : Signal()
    """

    use_requested = Signal()
    put_back_requested = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.place = QLabel()
        self.score = QLabel()
        self.use_button = QPushButton("Use this place")
        self.back_button = QPushButton("Put back")
        self.use_button.setToolTip("Keep the section where it is held (Enter)")
        self.back_button.setToolTip("Let it lie where it was (Escape)")
        self._keys = QWidget()
        self._lay_out()
        self.use_button.clicked.connect(self.use_requested)
        self.back_button.clicked.connect(self.put_back_requested)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        keys = QFormLayout(self._keys)
        keys.setContentsMargins(0, 0, 0, 0)
        keys.setVerticalSpacing(1)
        for key, what in KEYS:
            keys.addRow(key, _wrapped(what))
        for label in (self.place, self.score):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        buttons = QHBoxLayout()
        buttons.addWidget(self.use_button)
        buttons.addWidget(self.back_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self.place, self.score):
            layout.addWidget(part)
        layout.addLayout(buttons)
        layout.addWidget(self._keys)

    def show_place(self, words: str) -> None:
        """Say where the section is held."""
        self.place.setText(f"Moved by {words}")

    def show_score(self, now: Fit | None, at_first: Fit | None) -> None:
        """Say how well it fits where it is held and where it was taken; None while that is not known."""
        if now is None or at_first is None:
            self.score.setText("Similarity: …")
            return
        text = f"Similarity {now.correlation:.2f} (was {at_first.correlation:.2f})".replace("-", "−")
        self.score.setText(f"{text}, overlap {now.overlap:.0%}")

    def _restyle(self) -> None:
        self._keys.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
