"""Choosing a synthetic sample: its kind with a picture, how many planes, which size and seed."""

from __future__ import annotations

from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QFormLayout, QSpinBox, QWidget

from .._load_work import SampleRequest, draw_thumbnails, sample_titles, sample_truth
from ._elided_combo import ElidedCombo
from ._jobs import JobRunner

_ICON = 36


class SamplePage(QWidget):
    """Fields of a synthetic sample.

    Attributes
    ----------
    changed : Signal()
        Another sample would be opened now.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.modality = ElidedCombo()
        self.modality.setIconSize(QSize(_ICON, _ICON))
        self.modality.setToolTip("Kind of image")
        for name, title in sample_titles().items():
            self.modality.addItem(title, name)
        self.planes = _spin(1, 1000, 10, "", "How many planes, or frames of a movie")
        self.size = _spin(16, 4096, 256, " px", "Side of the square planes")
        self.seed = _spin(0, 1_000_000, 0, "", "Equal seeds give equal images")
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for text, field in (
            ("Sample", self.modality),
            ("Planes", self.planes),
            ("Size", self.size),
            ("Seed", self.seed),
        ):
            layout.addRow(text, field)
        self.modality.currentIndexChanged.connect(lambda _: self.changed.emit())
        for spin in (self.planes, self.size, self.seed):
            spin.valueChanged.connect(lambda _: self.changed.emit())
        self._drawn = False
        self._artist = JobRunner(self)
        self._artist.yielded.connect(self._set_icon)
        self.hide()

    def request(self) -> SampleRequest:
        """Return what is asked for."""
        return SampleRequest(
            self.modality.currentData(), self.planes.value(), self.size.value(), self.seed.value()
        )

    def describe(self) -> str:
        """Say what would be made."""
        request = self.request()
        return (
            f"Synthetic · {request.n} plane{'s' if request.n != 1 else ''} of "
            f"{request.size} × {request.size} · truth: {sample_truth(request.modality)}"
        )

    def draw(self) -> None:
        """Draw the pictures, the first time that they are seen."""
        if not self._drawn:
            self._drawn = True
            self._artist.start(draw_thumbnails)

    def _set_icon(self, drawn: tuple) -> None:
        name, pixels = drawn
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.modality.setItemIcon(self.modality.findData(name), QIcon(QPixmap.fromImage(image)))


def _spin(low: int, high: int, value: int, suffix: str, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setValue(value)
    spin.setSuffix(suffix)
    spin.setToolTip(tip)
    return spin
