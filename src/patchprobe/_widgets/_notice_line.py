"""A notice with one thing to do about it, until it is done or dismissed."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget


class NoticeLine(QWidget):
    """Words, a button and a cross; hidden while there is nothing to say.

    Parameters
    ----------
    verb : str
        Text of the button.
    tip : str
        What the button does.

    Attributes
    ----------
    wanted : Signal()
        The button was pressed; the notice goes.
    """

    wanted = Signal()

    def __init__(self, verb: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.button = QPushButton(verb)
        self.button.setToolTip(tip)
        self.dismiss = QToolButton()
        self.dismiss.setText("✕")
        self.dismiss.setAutoRaise(True)
        self.dismiss.setToolTip("Dismiss this message")
        self.dismiss.setAccessibleName("Dismiss this message")
        self.button.clicked.connect(self.clear)
        self.button.clicked.connect(self.wanted)
        self.dismiss.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.button)
        layout.addWidget(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """The words that are shown; empty when there is nothing."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a notice; none where there are no words."""
        self._text.setText(text)
        self.setVisible(bool(text))

    def clear(self) -> None:
        """Take the notice away."""
        self.say("")
