"""A measurement of each section, before and after aligning, along the stack."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from ._tones import text_color, tones_of

_HEIGHT = 84
_TOP, _LEFT, _RIGHT, _BOTTOM = 18.0, 34.0, 6.0, 16.0
_DOT = 2.0
# More dots than this would run into each other.
_MOST_DOTS = 60

Values = npt.NDArray[np.float64]


class StackPlot(QWidget):
    """Two curves over the sections: before, thin and grey; after, bold. A click goes to the section.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    title : str
        What is plotted.
    unit : str
        Of the values, such as ``" px"``; empty for none.
    after : str
        What the bold curve is called.

    Attributes
    ----------
    clicked : Signal(int)
        This section was clicked on.
    """

    clicked = Signal(int)

    def __init__(
        self, viewer: Viewer, title: str, unit: str = "", after: str = "after", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._title, self._unit, self._after_word = title, unit, after
        self._before: Values = np.empty(0)
        self._after: Values = np.empty(0)
        self._section = 0
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        viewer.events.theme.connect(self._restyle)
        self.hide()

    def show_values(self, before: Values, after: Values) -> None:
        """Show a value of each section, (n,) each; NaN where there is none. Nothing is shown if all are."""
        self._before, self._after = before, after
        known = np.isfinite(before).any() or np.isfinite(after).any()
        self.setVisible(bool(known) and len(before) > 1)
        self.setAccessibleDescription(self.summary())
        self.update()

    def mark(self, section: int) -> None:
        """Show which section is seen now."""
        self._section = section
        self.update()

    def summary(self) -> str:
        """Say the medians: ``"Likeness of neighbours: before 0.12, after 0.48"``."""
        before, after = (_number(_median(values)) for values in (self._before, self._after))
        return f"{self._title}: before {before}{self._unit}, {self._after_word} {after}{self._unit}"

    def describe(self, section: int) -> str:
        """Say the values of a section."""
        before, after = (_number(values[section]) for values in (self._before, self._after))
        return f"Section {section}: before {before}{self._unit}, {self._after_word} {after}{self._unit}"

    def section_at(self, x: float) -> int:
        """Return the section that is drawn nearest to `x` pixels from the left."""
        share = (x - _LEFT) / max(self.width() - _LEFT - _RIGHT, 1)
        return int(np.clip(round(share * (len(self._before) - 1)), 0, len(self._before) - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say which section was clicked on."""
        if len(self._before):
            self.clicked.emit(self.section_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """Say the values under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and len(self._before):
            QToolTip.showText(event.globalPos(), self.describe(self.section_at(event.pos().x())), self)
            return True
        return super().event(event)

    def _restyle(self) -> None:
        self.update()

    # --- drawing ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both curves, the range of values and the section that is seen."""
        if not len(self._before):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tones = tones_of(self._viewer)
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 7))
        painter.setFont(font)
        low, high = self._range()
        self._draw_frame(painter, low, high)
        for values, colour, width in (
            (self._before, tones.idle, 1.2),
            (self._after, tones.working, 2.0),
        ):
            self._draw_curve(painter, values, (low, high), QPen(QColor(colour), width))
        painter.end()

    def _draw_frame(self, painter: QPainter, low: float, high: float) -> None:
        tones = tones_of(self._viewer)
        area = self._area()
        line = QColor(tones.idle)
        line.setAlphaF(0.4)
        painter.setPen(QPen(line, 1))
        for y in (area.top(), area.bottom()):
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        seen = self._at(self._section, low, (low, high)).x()
        painter.setPen(QPen(QColor(tones.look), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(seen, area.top()), QPointF(seen, area.bottom()))
        painter.setPen(QColor(tones.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, y in ((high, area.top()), (low, area.bottom())):
            painter.drawText(QRectF(0, y - 8, _LEFT - 4, 16), right, _number(value))
        last = len(self._before) - 1
        below = QRectF(area.left(), area.bottom() + 2, area.width(), _BOTTOM)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, str(last))
        painter.setPen(QColor(text_color(self._viewer)))
        painter.drawText(QRectF(2, 0, self.width() - 4, _TOP - 2), Qt.AlignmentFlag.AlignLeft, self._title)
        self._draw_legend(painter)

    def _draw_legend(self, painter: QPainter) -> None:
        """Name the curves in their colours, with a piece of each line."""
        tones = tones_of(self._viewer)
        x = self.width() - _RIGHT
        for word, colour, width in ((self._after_word, tones.working, 2.0), ("before", tones.idle, 1.2)):
            room = painter.fontMetrics().horizontalAdvance(word)
            x -= room
            painter.setPen(QPen(QColor(colour), width))
            painter.drawText(QPointF(x, _TOP - 6), word)
            painter.drawLine(QPointF(x - 14, _TOP - 10), QPointF(x - 3, _TOP - 10))
            x -= 22

    def _draw_curve(self, painter: QPainter, values: Values, span: tuple[float, float], pen: QPen) -> None:
        known = [
            self._at(number, value, span) if np.isfinite(value) else None
            for number, value in enumerate(values)
        ]
        painter.setPen(pen)
        for start, end in pairwise(known):
            if start is not None and end is not None:
                painter.drawLine(start, end)
        if len(values) <= _MOST_DOTS:
            painter.setBrush(pen.color())
            for point in known:
                if point is not None:
                    painter.drawEllipse(point, _DOT, _DOT)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _area(self) -> QRectF:
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)

    def _at(self, section: int, value: float, span: tuple[float, float]) -> QPointF:
        area = self._area()
        low, high = span
        share = (value - low) / (high - low)
        x = area.left() + area.width() * section / max(len(self._before) - 1, 1)
        return QPointF(x, area.bottom() - share * area.height())

    def _range(self) -> tuple[float, float]:
        """From 0, or the lowest value if it is below, to the highest."""
        known = np.concatenate([self._before, self._after])
        known = known[np.isfinite(known)]
        low, high = min(float(known.min()), 0.0), float(known.max())
        return low, high if high > low else low + 1.0


def _median(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    if float(text) == 0:
        return "0"
    return text.replace("-", "−")
