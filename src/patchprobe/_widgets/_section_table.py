"""The table of sections: number, status, score and shift of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from .._align_work import is_blank
from ..alignment import Alignment
from ._tones import tones_of

_STATUS = 1


@dataclass(frozen=True)
class Pixel:
    """What a pixel measures.

    Parameters
    ----------
    size : tuple of float
        Along y and x.
    unit : str
        Such as ``"nm"``; ``"pixel"`` if it is not known.
    """

    size: tuple[float, float] = (1.0, 1.0)
    unit: str = "pixel"

    @property
    def is_known(self) -> bool:
        """Whether shifts can be said in a unit of length."""
        return self.unit != "pixel"

    def length(self, shift: tuple[float, float]) -> tuple[float, float]:
        """(dy, dx) in `unit` of a shift in pixels."""
        return shift[0] * self.size[0], shift[1] * self.size[1]


class SectionTable(QTableWidget):
    """One row for each section; a click or an arrow key chooses it.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    chosen : Signal(int)
        The user chose this section.
    """

    chosen = Signal(int)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._viewer = viewer
        self._sections: list[Alignment] = []
        self.pixel = Pixel()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAccessibleName("Sections")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        self.itemSelectionChanged.connect(self._on_selection)
        viewer.events.theme.connect(self._restyle)

    @property
    def sections(self) -> list[Alignment]:
        """The sections in the table."""
        return list(self._sections)

    def begin(self, pixel: Pixel) -> None:
        """Empty the table for a stack whose pixels measure this."""
        self._sections.clear()
        self.pixel = pixel
        with QSignalBlocker(self):
            self.setRowCount(0)
        self.setHorizontalHeaderLabels(["#", "status", "score", "shift y, x px"])
        for column, tip in enumerate(
            (
                "Number of the section, as the slider counts",
                "Whether the section was placed",
                "Similarity to the section it was compared with, −1 to 1",
                "Shift from the common frame to the section, in pixels",
            )
        ):
            self.horizontalHeaderItem(column).setToolTip(tip)

    def add(self, name: str, section: Alignment) -> None:
        """Add the next section."""
        row = self.rowCount()
        self._sections.append(section)
        self.insertRow(row)
        texts = (
            name,
            f"● {status_word(section)}",
            "–" if section.reference is None else f"{section.score:.2f}".replace("-", "−"),
            pair_text(section.shift),
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(section.reason)
            right = column in (0, 2, 3)
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        self._paint(row)

    def describe(self, section: int) -> str:
        """Say all that is known of a section: ``"Section 6: ok, shift −2.3, −7.1 px (−9, −28 nm)"``."""
        found = self._sections[section]
        text = f"Section {section}: {status_word(found)}, shift {pair_text(found.shift)} px"
        if self.pixel.is_known:
            text += f" ({pair_text(self.pixel.length(found.shift))} {self.pixel.unit})"
        return text + (f". {found.reason}" if found.reason else "")

    def mark(self, section: int) -> None:
        """Show which section is seen now; nobody chose it here."""
        if 0 <= section < self.rowCount() and section != self.currentRow():
            with QSignalBlocker(self):
                self.selectRow(section)

    def _on_selection(self) -> None:
        if self.selectedItems():
            self.chosen.emit(self.currentRow())

    def _paint(self, row: int) -> None:
        tones = tones_of(self._viewer)
        section = self._sections[row]
        tone = {"ok": tones.ready, "doubtful": tones.look, "failed": tones.error}[section.status]
        self.item(row, _STATUS).setForeground(QColor(tones.idle if is_blank(section) else tone))

    def _restyle(self) -> None:
        for row in range(self.rowCount()):
            self._paint(row)


def pixel_of(layer: Image | None) -> Pixel:
    """Say what a pixel of a layer measures; nothing is known of none."""
    if layer is None:
        return Pixel()
    unit = f"{layer.units[-1]:~}"
    return Pixel((float(layer.scale[-2]), float(layer.scale[-1])), "pixel" if unit in ("px", "") else unit)


def status_word(section: Alignment) -> str:
    """Status of a section in a word; blank ones are no failure of the alignment."""
    return "blank" if is_blank(section) else section.status


def pair_text(values: Sequence[float]) -> str:
    """Two numbers of three digits or so: ``"12.3, −4.0"``."""
    return ", ".join(_short(value) for value in values)


def _short(value: float) -> str:
    text = f"{value:.1f}" if abs(value) < 1000 else f"{value:.0f}"
    if 0 < abs(value) < 0.1:
        text = f"{value:.2g}"
    return "0" if float(text) == 0 else text.replace("-", "−")
