"""An error where it happened: red text with what to do, until it is solved or dismissed."""

from __future__ import annotations

from napari.utils.notifications import show_warning
from napari.viewer import Viewer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from ..errors import InputError
from ._tones import tones_of


class ErrorLine(QWidget):
    """Red text that stays until `clear` or a click on its cross; hidden while there is nothing to say.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.dismiss = QToolButton()
        self.dismiss.setText("✕")
        self.dismiss.setAutoRaise(True)
        self.dismiss.setToolTip("Dismiss this message")
        self.dismiss.setAccessibleName("Dismiss this message")
        self.dismiss.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.dismiss)
        viewer.events.theme.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """The message shown; empty when there is none."""
        return self._text.text()

    def show_error(self, error: Exception) -> None:
        """Show an error in place and as a napari notification.

        An `InputError` speaks for itself. Anything else is a defect: napari shows it with its traceback
        when it comes from a worker, so only the line is added here.
        """
        if isinstance(error, InputError):
            self.say(str(error))
            show_warning(str(error))
        else:
            self.say(f"Something went wrong in the program: {error}. Strokes and layers are untouched.")

    def say(self, message: str) -> None:
        """Show a message in place only."""
        self._text.setText(message)
        self.show()

    def clear(self) -> None:
        """Take the message away."""
        self._text.clear()
        self.hide()

    def _restyle(self) -> None:
        self._text.setStyleSheet(f"color: {tones_of(self._viewer).error}")
