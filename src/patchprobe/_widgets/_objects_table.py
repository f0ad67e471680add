"""The table of objects: one row for each, sorted by a click on a column, chosen by a click on a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QTableView, QWidget

_ROW_HEIGHT, _ROWS_SHOWN = 22, 8
_SUFFIXES = {"um": "µm", "um2": "µm²", "um3": "µm³", "nm2": "nm²", "nm3": "nm³", "mm2": "mm²", "mm3": "mm³"}


class ObjectsTable(QTableView):
    """Shows measurements; hundreds of thousands of rows cost no more than those that are seen.

    Attributes
    ----------
    chosen : Signal(int)
        The user chose the object in this row of the table, as it was before sorting.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Measurements({}, self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAccessibleName("Objects")
        self.setToolTip("A click on a row shows the object, a click on a column sorts")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.setMinimumHeight(_ROW_HEIGHT * _ROWS_SHOWN)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(self._on_row)

    def show_table(self, table: Mapping[str, npt.NDArray[Any]]) -> None:
        """Show another table, in its own order."""
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._model.set_table(table)
        self.resizeColumnsToContents()

    def _on_row(self, current: QModelIndex, _: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(int(self._model.order[current.row()]))


class _Measurements(QAbstractTableModel):
    """A table of columns as Qt reads it, in any order of its rows."""

    def __init__(self, table: Mapping[str, npt.NDArray[Any]], parent: QWidget) -> None:
        super().__init__(parent)
        self.set_table(table)

    def set_table(self, table: Mapping[str, npt.NDArray[Any]]) -> None:
        """Show another table."""
        self.beginResetModel()
        self._names = list(table)
        self._columns = list(table.values())
        self.order = np.arange(len(self._columns[0]) if self._columns else 0)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Say how many objects there are."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Say how many measurements there are of each."""
        return 0 if parent is not None and parent.isValid() else len(self._names)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, on its right."""
        if role == Qt.ItemDataRole.DisplayRole:
            return number_text(self._columns[index.column()][self.order[index.row()]])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column, as people write it."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return title_of(self._names[section])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; without one, as the table was."""
        if not self._columns:
            return
        self.beginResetModel()
        self.order = np.arange(len(self._columns[0]))
        if column >= 0:
            self.order = np.argsort(self._columns[column], kind="stable")
            if order == Qt.SortOrder.DescendingOrder:
                self.order = self.order[::-1]
        self.endResetModel()


def title_of(name: str) -> str:
    """Write the name of a column for people: ``"centroid_x_nm"`` becomes ``"centroid x nm"``."""
    return " ".join(_SUFFIXES.get(word, word) for word in name.split("_"))


def number_text(value: Any) -> str:
    """Whole numbers as they are, others with four digits."""
    if isinstance(value, (int, np.integer)):
        return str(value)
    text = f"{float(value):.0f}" if abs(value) >= 1000 else f"{float(value):.4g}"
    return text.replace("-", "−")
