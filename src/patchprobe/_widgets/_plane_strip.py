"""Which planes of a stack are embedded, as a strip: one mark for each plane."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget

from ._tones import tones_of

_HEIGHT = 8
# The mark of the plane that is shown stands out by so much, in pixels.
_POINTER = 2


class PlaneStrip(QWidget):
    """Marks of the planes whose features are in memory, and of the one that is shown.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
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
        self.setToolTip(
            f"{len(held)} of {planes} planes embedded; the taller mark is the plane that is shown"
        )
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def _restyle(self) -> None:
        self.update()

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
