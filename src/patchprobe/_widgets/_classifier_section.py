"""Choosing a classifier, and the comparison that says which one is worth it."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ..probe import CLASSIFIERS, Compared, Comparison
from ._elided_combo import ElidedCombo
from ._run_row import RunRow
from ._section import Section
from ._tones import tones_of

_ROW_HEIGHT = 22
_HEAD = (
    ("classifier", "A click chooses it"),
    (
        "accuracy",
        "Share of held-out strokes that is predicted right, as a mean over the classes",
    ),
    ("fit", "Time of a fit with its held-out score: what you wait for after a stroke"),
)


class ClassifierSection(Section):
    """A list of classifiers, Compare, and a small table of what came out.

    It fits nothing itself: it emits what the user wants.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    chosen : Signal(str)
        The user chose the classifier of this name.
    """

    chosen = Signal(str)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__("Sharper / other classifiers", parent)
        self._viewer = viewer
        self._comparison: Comparison | None = None
        self.classifier = ElidedCombo()
        self.run = RunRow("Compare by held-out strokes", unit=" fits")
        self.table = QTableWidget(0, len(_HEAD))
        self.advice = QLabel()
        self._lay_out()
        self.classifier.activated.connect(lambda index: self.chosen.emit(self.classifier.itemData(index)))
        self.table.itemSelectionChanged.connect(self._on_row)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        for name, kind in CLASSIFIERS.items():
            self.classifier.addItem(kind.title, name)
            index = self.classifier.count() - 1
            self.classifier.setItemData(index, kind.summary, Qt.ItemDataRole.ToolTipRole)
        self.classifier.setToolTip("What learns from the strokes; choosing another one fits it at once")
        self.classifier.setAccessibleName("Classifier")
        table = self.table
        table.setHorizontalHeaderLabels([title for title, _ in _HEAD])
        for column, (_, tip) in enumerate(_HEAD):
            table.horizontalHeaderItem(column).setToolTip(tip)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setAccessibleName("Comparison of classifiers")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setHighlightSections(False)
        table.hide()
        self.advice.hide()
        for label in (self.advice, self.run.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Classifier", self.classifier)
        self.body.addLayout(form)
        for part in (self.run, table, self.advice):
            self.body.addWidget(part)

    def show_classifier(self, name: str) -> None:
        """Show which classifier is in use."""
        self.classifier.setCurrentIndex(self.classifier.findData(name))
        with QSignalBlocker(self.table):
            self.table.clearSelection()
            for row, each in enumerate(self._candidates):
                if each.name == name:
                    self.table.selectRow(row)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show what came out of a comparison, or that none holds any more."""
        self._comparison = comparison
        with QSignalBlocker(self.table):
            self.table.setRowCount(0)
            for each in self._candidates:
                self._add_row(each)
        self.table.setVisible(comparison is not None)
        self.advice.setVisible(comparison is not None)
        self.advice.setText("" if comparison is None else _advice(comparison))
        height = self.table.horizontalHeader().sizeHint().height() + _ROW_HEIGHT * self.table.rowCount() + 4
        self.table.setFixedHeight(height)
        self.show_classifier(self.classifier.currentData())

    def show_age(self, is_old: bool) -> None:
        """Say whether strokes were painted since the comparison began."""
        if self._comparison is not None:
            self.advice.setText(
                _advice(self._comparison) + (" Strokes have changed since." if is_old else "")
            )

    @property
    def _candidates(self) -> tuple[Compared, ...]:
        return () if self._comparison is None else self._comparison.candidates

    def _add_row(self, each: Compared) -> None:
        assert self._comparison is not None
        row = self.table.rowCount()
        self.table.insertRow(row)
        mark = "✓ " if each is self._comparison.recommended else ""
        cells = (f"{mark}{each.title}", f"{each.held_out.accuracy:.3f}", _seconds(each.seconds))
        f1 = " / ".join("–" if value is None else f"{value:.2f}" for value in each.held_out.f1)
        tip = f"{CLASSIFIERS[each.name].summary}\nF1 of the classes on held-out strokes: {f1}"
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)

    def _on_row(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self.chosen.emit(self._candidates[rows[0].row()].name)

    def _restyle(self) -> None:
        self.run.note.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _advice(comparison: Comparison) -> str:
    if not comparison.left_out:
        return comparison.in_words()
    return (
        f"{comparison.in_words()} Left out: {', '.join(comparison.left_out)}, which needs the images of all "
        "strokes."
    )


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.95 else f"{seconds:.1f} s"
