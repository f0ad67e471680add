"""The table of landmarks: where each pair lies, and by how much the others miss it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ..alignment.landmark_pairs import LandmarkPairs
from ._section_table import Pixel

_ROW_HEIGHT, _ROWS_SHOWN = 22, 4
_TIPS = (
    "Number beside the landmark in the canvas",
    "In the fixed section, in pixels",
    "In the moving section, in pixels",
    "By how much the fit to all pairs misses this one, in pixels",
    "The same in the unit of the voxel size",
)


class LandmarkTable(QTableWidget):
    """One row for each pair.

    Attributes
    ----------
    chosen : Signal(int)
        The user chose this pair.
    remove_requested : Signal(int)
        This pair is to go: the key for it was pressed.
    """

    chosen = Signal(int)
    remove_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_TIPS), parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAccessibleName("Landmarks")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        self.setFixedHeight(_ROW_HEIGHT * (_ROWS_SHOWN + 1) + 8)
        self.itemSelectionChanged.connect(self._on_selection)

    @property
    def current(self) -> int | None:
        """Number of the chosen pair, from 0."""
        return self.currentRow() if self.selectedItems() else None

    def show_pairs(self, pairs: LandmarkPairs, misses: np.ndarray | None, pixel: Pixel) -> None:
        """Show landmarks.

        Parameters
        ----------
        pairs : LandmarkPairs
        misses : ndarray, shape (n, 2), optional
            (dy, dx) in pixels by which the fit misses each; None where there are too few to tell.
        pixel : Pixel
            What a pixel measures.
        """
        current = self.current
        self.setHorizontalHeaderLabels(
            ["#", f"in {pairs.fixed}", f"in {pairs.moving}", "off, px", f"off, {pixel.unit}"]
        )
        for column, tip in enumerate(_TIPS):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.setColumnHidden(4, not pixel.is_known)
        with QSignalBlocker(self):
            self.clearSelection()
            self.setRowCount(len(pairs))
            for row, (here, there) in enumerate(pairs.pairs):
                off = ("–", "–") if misses is None else _lengths(misses[row], pixel)
                for column, text in enumerate((str(row + 1), _place(here), _place(there), *off)):
                    item = QTableWidgetItem(text)
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.setItem(row, column, item)
            if current is not None and current < len(pairs):
                self.selectRow(current)
        self.scrollToBottom()

    def keyPressEvent(self, event: object) -> None:
        """Let Delete and Backspace take the chosen pair away."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.current is not None:
            self.remove_requested.emit(self.current)
        else:
            super().keyPressEvent(event)

    def _on_selection(self) -> None:
        if self.current is not None:
            self.chosen.emit(self.current)


def _place(point: tuple[float, float]) -> str:
    return ", ".join(f"{value:.0f}" for value in point)


def _lengths(miss: np.ndarray, pixel: Pixel) -> tuple[str, str]:
    return f"{np.hypot(*miss):.1f}", f"{np.hypot(*pixel.length((miss[0], miss[1]))):.3g}"
