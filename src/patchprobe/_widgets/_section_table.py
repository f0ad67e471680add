"""The table of sections: number, status, score, shift, rotation and residual of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import QPoint, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableWidget, QTableWidgetItem, QWidget

from .._measure_work import Source, Standing, standings
from ..alignment import Alignment, StackAlignment
from ..alignment.edits import AlignmentEdits
from ..alignment.rigid import angle_of
from ._tones import tones_of

_COLUMNS = {
    "#": "Number of the section, as the slider counts; ⚓ stays where it is",
    "status": "Whether the section was placed",
    "score": "Similarity to the section that it was placed by, or to the mean of the others, −1 to 1",
    "y, x px": "Shift of the middle from the common frame to the section, in pixels",
    "rot °": "Rotation from the common frame to the section, counter-clockwise, in degrees",
    "resid.": "Residual: by how many pixels its pairs do not fit where the section lies",
}
_STATUS = 1
_ROW_HEIGHT = 22
# Shape, too, tells them apart: colour alone would not for everyone.
_DOTS: dict[Standing, str] = {
    "ok": "●",
    "doubtful": "◐",
    "failed": "✕",
    "blank": "○",
    "left out": "–",
    "waiting": "…",
}


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


@dataclass(frozen=True, eq=False)
class Sections:
    """What the table shows.

    Parameters
    ----------
    alignment : StackAlignment
    source : StackEdges or StackAlignment, optional
        What it was placed by.
    edits : AlignmentEdits
    pixel : Pixel
    """

    alignment: StackAlignment
    source: Source | None = None
    edits: AlignmentEdits = field(default_factory=AlignmentEdits)
    pixel: Pixel = Pixel()

    @cached_property
    def standings(self) -> list[Standing]:
        """Say of all sections how they stand."""
        return standings(self.alignment, self.source, self.edits)

    def by_hand(self, section: int) -> list[tuple[int, int]]:
        """Return the pairs with a section that were set by hand."""
        return [edge.pair for edge in self.edits.by_hand if section in edge.pair]

    def shift(self, section: int) -> tuple[float, float]:
        """(dy, dx) in pixels of the middle of the plane, which a turn leaves where it is."""
        centre = (np.array(self.alignment.plane_shape) - 1) / 2
        dy, dx = self.alignment[section].transform.points([centre])[0] - centre
        return float(dy), float(dx)

    def _is_compared(self, section: int) -> bool:
        """Whether a section has a score: by another section, or by the mean of the others."""
        by_mean = self.alignment.reference == "template" and self.standings[section] != "blank"
        return by_mean or self.alignment[section].reference is not None

    def texts(self, section: int) -> tuple[str, ...]:
        """Return what stands in each column."""
        found, word = self.alignment[section], self.standings[section]
        is_placed = word != "waiting"
        return (
            f"⚓ {section}" if section == self.edits.anchor else str(section),
            f"{_DOTS[word]} {word}",
            f"{found.score:.2f}".replace("-", "−") if self._is_compared(section) else "–",
            pair_text(self.shift(section)) if is_placed else "–",
            short_text(rotation(found)) if is_placed else "–",
            "–" if found.residual is None else short_text(found.residual),
        )

    def describe(self, section: int) -> str:
        """Say all that is known of a section in a line or two."""
        found, word = self.alignment[section], self.standings[section]
        if word == "waiting":
            return f"Section {section} was not compared yet."
        is_held = word in ("ok", "doubtful")
        shift = self.shift(section)
        text = f"Section {section}: {word}, shift {pair_text(shift)} px"
        if self.pixel.is_known:
            text += f" ({pair_text(self.pixel.length(shift))} {self.pixel.unit})"
        if abs(rotation(found)) >= 0.05:
            text += f", turned by {short_text(rotation(found))}°"
        if section == self.edits.anchor:
            # A section that nothing holds cannot hold the others; one beside it stays in its place.
            text += ", anchor" if is_held else ", not the anchor as long as it is not placed"
        if found.part and is_held:
            text += ", no pair joins it to the anchor's side"
        text += "".join(f", pair {i}–{j} by hand" for i, j in self.by_hand(section))
        return text + (f". {found.reason}" if found.reason else "")


class SectionTable(QTableWidget):
    """One row for each section; a click or an arrow key chooses it, several can be marked.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    chosen : Signal(int)
        The user chose this section.
    exclude_requested, include_requested : Signal(object)
        These sections are to be left out, or used again.
    anchor_requested : Signal(int)
        This section is to stay where it is.
    measured_requested : Signal(object)
        This pair is to be again what was measured of it.
    """

    chosen = Signal(int)
    exclude_requested = Signal(object)
    include_requested = Signal(object)
    anchor_requested = Signal(int)
    measured_requested = Signal(object)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self._viewer = viewer
        self._shown: Sections | None = None
        self._standings: list[Standing] = []
        self._is_choosing = False
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAccessibleName("Sections")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self._label_columns()
        self.currentCellChanged.connect(self._on_current)
        self.customContextMenuRequested.connect(self._open_menu)
        viewer.events.theme.connect(self._restyle)

    def _label_columns(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_STATUS, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        for column, tip in enumerate(_COLUMNS.values()):
            self.horizontalHeaderItem(column).setToolTip(tip)

    @property
    def marked(self) -> list[int]:
        """The sections whose rows are marked."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def show_sections(self, shown: Sections | None) -> None:
        """Show an alignment, or an empty table; rows that stay keep their marks."""
        self._shown = shown
        self._standings = [] if shown is None else shown.standings
        with QSignalBlocker(self):
            self.setRowCount(len(self._standings))
            for row in range(self.rowCount()):
                self._fill(row)

    def describe(self, section: int) -> str:
        """Say all that is known of a section; an empty string if there is none."""
        if self._shown is None or not 0 <= section < self.rowCount():
            return ""
        return self._shown.describe(section)

    def mark(self, section: int) -> None:
        """Show which section is seen now; nobody chose it here."""
        if self._is_choosing:
            return
        if 0 <= section < self.rowCount() and section not in self.marked:
            with QSignalBlocker(self):
                self.selectRow(section)
                self.scrollToItem(self.item(section, 0))

    def menu_for(self, sections: Sequence[int]) -> QMenu:
        """Return what can be done with sections."""
        menu = QMenu(self)
        out = [number for number in sections if self._standings[number] == "left out"]
        used = [number for number in sections if number not in out]
        if used:
            menu.addAction("Exclude").triggered.connect(lambda: self.exclude_requested.emit(used))
        if out:
            menu.addAction("Include").triggered.connect(lambda: self.include_requested.emit(out))
        if len(sections) == 1:
            menu.addAction("Anchor here").triggered.connect(lambda: self.anchor_requested.emit(sections[0]))
            for pair in self._shown.by_hand(sections[0]) if self._shown else ():
                undo = menu.addAction(f"Pair {pair[0]}–{pair[1]} as measured")
                undo.triggered.connect(lambda _, pair=pair: self.measured_requested.emit(pair))
        return menu

    def _open_menu(self, at: QPoint) -> None:
        if self.rowAt(at.y()) >= 0 and self.marked:
            self.menu_for(self.marked).exec_(self.viewport().mapToGlobal(at))

    def _on_current(self, row: int, column: int, row_before: int, column_before: int) -> None:
        if row >= 0 and row != row_before:
            # Its rows are marked only after this; marking it here would unmark the others.
            self._is_choosing = True
            self.chosen.emit(row)
            self._is_choosing = False

    def _fill(self, row: int) -> None:
        assert self._shown is not None
        reason = self._shown.alignment[row].reason
        for column, text in enumerate(self._shown.texts(row)):
            item = self.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                side = Qt.AlignmentFlag.AlignLeft if column == _STATUS else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
            if item.text() != text:
                item.setText(text)
            item.setToolTip(reason)
        self._paint(row)

    def _paint(self, row: int) -> None:
        tones = tones_of(self._viewer)
        tone = {"ok": tones.ready, "doubtful": tones.look, "failed": tones.error}
        self.item(row, _STATUS).setForeground(QColor(tone.get(self._standings[row], tones.idle)))

    def _restyle(self) -> None:
        for row in range(self.rowCount()):
            self._paint(row)


def pixel_of(layer: Image | None) -> Pixel:
    """Say what a pixel of a layer measures; nothing is known of none."""
    if layer is None:
        return Pixel()
    unit = f"{layer.units[-1]:~}"
    return Pixel((float(layer.scale[-2]), float(layer.scale[-1])), "pixel" if unit in ("px", "") else unit)


def rotation(section: Alignment) -> float:
    """Degrees, counter-clockwise as seen, from the common frame to a section."""
    return math.degrees(angle_of(section.matrix))


def pair_text(values: Sequence[float]) -> str:
    """Two numbers: ``"12, −4.0"``."""
    return ", ".join(short_text(value) for value in values)


def short_text(value: float) -> str:
    """Write a number with two digits or more, at most one behind the point, and a true minus."""
    text = f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"
    return "0" if float(text) == 0 else text.replace("-", "−")
