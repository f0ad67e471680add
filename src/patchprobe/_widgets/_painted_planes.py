"""Which planes carry strokes, and the way to them."""

from __future__ import annotations

from collections.abc import Set

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ._plane_strip import PlaneStrip
from ._tones import tones_of


class PaintedPlanes(QWidget):
    """A strip of the planes that carry strokes, with steps to the next one; hidden for a single plane.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    chosen : Signal(int)
        This plane was clicked on.
    stepped : Signal(int)
        The next painted plane is wanted (1), or the one before (-1).
    """

    chosen = Signal(int)
    stepped = Signal(int)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.strip = PlaneStrip(viewer, "strokes on {held} of {planes} planes; click to go to a plane")
        self.strip.setCursor(Qt.CursorShape.PointingHandCursor)
        self.note = QLabel()
        self.before_button = _step("◂", "Previous painted plane (Alt-Left)")
        self.next_button = _step("▸", "Next painted plane (Alt-Right)")
        middle = QVBoxLayout()
        middle.setSpacing(2)
        middle.addWidget(self.note)
        middle.addWidget(self.strip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(middle, 1)
        layout.addWidget(self.before_button)
        layout.addWidget(self.next_button)
        self.strip.clicked.connect(self.chosen)
        self.before_button.clicked.connect(lambda: self.stepped.emit(-1))
        self.next_button.clicked.connect(lambda: self.stepped.emit(1))
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def show_planes(self, painted: Set[int], planes: int, shown: int) -> None:
        """Mark the painted ones of so many planes, and the one that is shown."""
        self.setVisible(planes > 1)
        self.strip.show_planes(set(painted), planes, shown)
        self.note.setText(f"Plane {shown}, strokes on {len(painted)} of {planes}")
        for button in (self.before_button, self.next_button):
            button.setEnabled(bool(painted - {shown}))

    def _restyle(self) -> None:
        self.note.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _step(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
