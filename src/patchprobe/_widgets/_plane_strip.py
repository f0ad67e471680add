"""Which planes of a stack are embedded, or painted, as a strip: one mark for each plane."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import QRectF, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget

from ._tones import tones_of

_HEIGHT = 8
# The mark of the plane that is shown stands out by so much, in pixels.
_POINTER = 2


class PlaneStrip(QWidget):
    """Marks of the planes that hold something, and of the one that is shown.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    words : str
        What the marks say, with ``{held}`` and ``{planes}`` for the two numbers.

    Attributes
    ----------
    clicked : Signal(int)
        The mark of this plane was clicked on.
    """

    clicked = Signal(int)

    def __init__(
        self, viewer: Viewer, words: str = "{held} of {planes} planes embedded", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._words = words
        self._held: frozenset[int] = frozenset()
        self._planes, self._shown = 0, 0
        self.setFixedHeight(_HEIGHT)
        viewer.events.theme.connect(self._restyle)

    def show_planes(self, held: set[int], planes: int, shown: int) -> None:
        """Mark `held` of so many planes; a single plane needs no strip."""
        wanted = frozenset(held), planes, shown
        if wanted == (self._held, self._planes, self._shown):
            return
        self._held, self._planes, self._shown = wanted
        self.setVisible(planes > 1)
        said = self._words.format(held=len(held), planes=planes)
        self.setToolTip(f"{said}; the taller mark is the plane that is shown")
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def _restyle(self) -> None:
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say which plane was clicked on."""
        if self._planes:
            at = int(event.position().x() * self._planes / self.width())
            self.clicked.emit(min(max(at, 0), self._planes - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one mark for each plane, or for as many as there is room."""
        if not self._planes:
            return
        tones = tones_of(self._viewer)
        ready, idle = QColor(tones.ready), QColor(tones.idle)
        idle.setAlphaF(0.35)
        step = self.width() / self._planes
        gap = 1 if step > 3 else 0
        painter = QPainter(self)
        for plane in range(self._planes):
            inset = 0 if plane == self._shown else _POINTER
            mark = QRectF(plane * step, inset, max(1.0, step - gap), _HEIGHT - 2 * inset)
            painter.fillRect(mark, ready if plane in self._held else idle)
        painter.end()
