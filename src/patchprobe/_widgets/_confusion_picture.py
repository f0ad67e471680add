"""The confusion matrix of held-out strokes as a picture: what was painted, and what it was taken for."""

from __future__ import annotations

from collections.abc import Mapping

from napari.viewer import Viewer
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from ..probe.judgement import ClassScore, Judgement
from ._tones import text_color, tones_of

_WIDTH, _LEAST_WIDTH = 240, 160
_GAP = 2.0
_SWATCH = 10.0
# Widths of cells in times their height: the most, what names leave to them, and where numbers get small.
_WIDEST, _COMFORTABLE, _NARROW = 2.2, 1.2, 0.9
# What names get in any case, as a share of the width.
_NAMES_SHARE = 0.24
_SMALL = 0.8
# The strongest cell lets this much of the ground through, so that numbers stay legible on it.
_STRONGEST = 0.6
_DARK = 0.5
_CAPTION = "Painted ↓ predicted →: % of pixels, strokes"


class ConfusionPicture(QWidget):
    """A row for each painted class, a column for each predicted one, and F1 at the end of the row.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._scores: tuple[ClassScore, ...] = ()
        self._colors: dict[int, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Confusion matrix of held-out strokes")
        viewer.events.theme.connect(self._restyle)

    def show_judgement(self, judgement: Judgement, colors: Mapping[int, str]) -> None:
        """Draw the table of a judgement, with the colours of its classes."""
        self._scores, self._colors = judgement.classes, dict(colors)
        self.setToolTip(judgement.in_words)
        self.setAccessibleDescription(judgement.in_words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Height of its rows; as wide as it may be."""
        rows = len(self._scores) * (self._row_height() + _GAP)
        return QSize(_WIDTH, round(self._header_height() + rows + self._small_metrics().height() + _GAP))

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for the column that the widgets share."""
        return QSize(_LEAST_WIDTH, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw header, rows and caption."""
        if not self._scores:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_header(painter)
        for index, score in enumerate(self._scores):
            self._draw_row(painter, index, score)
        self._write_small(
            painter,
            QRectF(0, self.height() - self._small_metrics().height(), self.width(), self.height()),
            _CAPTION,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop,
        )
        painter.end()

    def _draw_header(self, painter: QPainter) -> None:
        for index, score in enumerate(self._scores):
            color = QColor(self._colors.get(score.number, "gray"))
            cell = self._cell(index, 0)
            chip = QRectF(cell.left(), 0, cell.width(), self._header_height() - _GAP)
            painter.setPen(QColor(tones_of(self._viewer).idle))
            painter.setBrush(color)
            painter.drawRoundedRect(chip, 3, 3)
            painter.setPen(QColor("black" if color.lightnessF() > _DARK else "white"))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(score.number))
        painter.setPen(QColor(tones_of(self._viewer).muted))
        right = QRectF(self.width() - self._f1_width(), 0, self._f1_width(), self._header_height())
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "F1")

    def _draw_row(self, painter: QPainter, row: int, score: ClassScore) -> None:
        first, last = self._cell(0, row), self._cell(len(self._scores) - 1, row)
        swatch = QRectF(0, first.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
        painter.setFont(self.font())
        painter.setPen(QColor(tones_of(self._viewer).idle))
        painter.setBrush(QColor(self._colors.get(score.number, "gray")))
        painter.drawRoundedRect(swatch, 2, 2)
        left = _SWATCH + 2 * _GAP
        name = QRectF(left, first.top(), first.left() - left - _GAP, first.height())
        painter.setPen(QColor(text_color(self._viewer)))
        elided = self._metrics().elidedText(score.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, elided)
        if score.f1 is None:
            self._write_small(painter, first.united(last), "too few strokes")
            return
        for column in range(len(self._scores)):
            self._draw_cell(painter, row, column, score)
        right = QRectF(self.width() - self._f1_width(), first.top(), self._f1_width(), first.height())
        painter.setFont(self.font())
        painter.setPen(QColor(text_color(self._viewer)))
        painter.drawText(
            right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{score.f1:.2f}"
        )

    def _draw_cell(self, painter: QPainter, row: int, column: int, score: ClassScore) -> None:
        tones = tones_of(self._viewer)
        share = score.shares[column]
        cell = self._cell(column, row)
        fill = QColor(tones.ready if row == column else tones.error)
        fill.setAlphaF(_STRONGEST * share)
        painter.setPen(QColor(tones.idle) if row == column else Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(cell, 3, 3)
        count = score.counts[column] if score.counts else 0
        if row != column and not (round(100 * share) or count):
            return
        middle = cell.center().y()
        painter.setPen(QColor(text_color(self._viewer)))
        upper = (
            cell if not score.counts else QRectF(cell.left(), cell.top(), cell.width(), middle - cell.top())
        )
        painter.setFont(self._small_font() if cell.width() < _NARROW * cell.height() else self.font())
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, f"{100 * share:.0f}")
        if score.counts:
            lower = QRectF(cell.left(), middle, cell.width(), cell.bottom() - middle)
            self._write_small(painter, lower, str(count))

    def _write_small(
        self,
        painter: QPainter,
        where: QRectF,
        text: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
    ) -> None:
        painter.save()
        painter.setFont(self._small_font())
        painter.setPen(QColor(tones_of(self._viewer).muted))
        elided = self._small_metrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, align, elided)
        painter.restore()

    def _cell(self, column: int, row: int) -> QRectF:
        """Where a cell lies, between the names on the left and F1 on the right."""
        height, k = self._row_height(), len(self._scores)
        widest = max(self._metrics().horizontalAdvance(score.name) for score in self._scores)
        left = self.width() - self._f1_width() - 2 * _GAP
        most = max(_NAMES_SHARE * self.width(), left - k * _COMFORTABLE * height)
        names = min(widest + _SWATCH + 4 * _GAP, most)
        step = min((left - names) / k, _WIDEST * height)
        top = self._header_height() + row * (height + _GAP)
        return QRectF(names + column * step, top, step - _GAP, height)

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(_SMALL * font.pointSizeF())
        else:
            font.setPixelSize(round(_SMALL * font.pixelSize()))
        return font

    def _small_metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._small_font())

    def _header_height(self) -> float:
        return self._metrics().height() + 2 * _GAP

    def _row_height(self) -> float:
        return self._metrics().height() + self._small_metrics().height()

    def _f1_width(self) -> float:
        return self._metrics().horizontalAdvance("0.00") + 2 * _GAP

    def _restyle(self) -> None:
        self.update()
