"""A small picture of a matrix, coloured, with a ring around what matters."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

_MOST_PIXELS = 512
_RING = 6.0

Describe = Callable[[int, int], str]


class Picture(QWidget):
    """Values as colours, dark for low and bright for high; not finite values are not drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._shape = (1, 1)
        self._mark: tuple[float, float] | None = None
        self._describe: Describe | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a square that fits twice into the dock."""
        return QSize(140, 140)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size that still shows something."""
        return QSize(80, 140)

    def clear(self) -> None:
        """Show nothing."""
        self._image = None
        self.update()

    def show_values(
        self, values: npt.NDArray[np.floating], describe: Describe, mark: tuple[float, float] | None = None
    ) -> None:
        """Show a matrix.

        Parameters
        ----------
        values : ndarray, shape (rows, cols)
        describe : callable
            Takes row and column and returns the words of the tooltip there.
        mark : tuple of float, optional
            (row, col) of a ring.
        """
        self._shape = (values.shape[0], values.shape[1])
        self._describe = describe
        self._mark = mark
        self._image = _coloured(np.asarray(values, dtype=np.float32))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture and the ring."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._place()
        painter.drawImage(place, self._image)
        if self._mark is not None:
            row, col = ((at + 0.5) / size for at, size in zip(self._mark, self._shape, strict=True))
            centre = QPointF(place.x() + col * place.width(), place.y() + row * place.height())
            for colour, width in (("#000000", 4), ("#ffffff", 1.5)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawEllipse(centre, _RING, _RING)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say the value under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._image is not None:
            self._tell(event)
            return True
        return super().event(event)

    def _tell(self, event: QHelpEvent) -> None:
        place = self._place()
        row = int((event.pos().y() - place.y()) / place.height() * self._shape[0])
        col = int((event.pos().x() - place.x()) / place.width() * self._shape[1])
        inside = 0 <= row < self._shape[0] and 0 <= col < self._shape[1]
        if inside and self._describe is not None:
            QToolTip.showText(event.globalPos(), self._describe(row, col), self)
        else:
            QToolTip.hideText()

    def _place(self) -> QRectF:
        """Where the picture lies in the widget, its proportions kept."""
        size = QSize(self._shape[1] * 100, self._shape[0] * 100)
        size.scale(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            max(size.width(), 1),
            max(size.height(), 1),
        )


def _coloured(values: npt.NDArray[np.float32]) -> QImage:
    longest = max(values.shape)
    if longest > _MOST_PIXELS:
        size = [max(1, n * _MOST_PIXELS // longest) for n in values.shape]
        values = cv2.resize(values, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    known = np.isfinite(values)
    low, high = (values[known].min(), values[known].max()) if known.any() else (0.0, 1.0)
    share = np.where(known, (values - low) / max(high - low, 1e-12), 0)
    colours = ensure_colormap("magma").map(share.ravel()).reshape(*values.shape, 4)
    colours[~known] = 0
    pixels = np.ascontiguousarray(np.rint(colours * 255).astype(np.uint8))
    image = QImage(
        pixels.data, pixels.shape[1], pixels.shape[0], 4 * pixels.shape[1], QImage.Format.Format_RGBA8888
    )
    return image.copy()  # the pixels above are let go
