"""One class in the list: number, colour, name, how much is painted of it, and a menu."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QColor, QKeySequence, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import (
    QAction,
    QColorDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from .._state import ProbeClass
from ..probe.judgement import count_of

_SWATCH = 16
# What the name and the count take beside their texts in the style of napari.
_PADDING = 26
_THOUSANDS, _MILLIONS = 10_000, 1_000_000


class ClassRow(QFrame):
    """One class. A click anywhere on it chooses it, dragging moves it, a right click opens its menu.

    Parameters
    ----------
    number : int

    Attributes
    ----------
    clicked, removed : Signal()
    renamed, recoloured : Signal(str)
    moved : Signal(int)
        Down the list by so many places.
    merged : Signal(int)
        Into the class of that number.
    """

    clicked = Signal()
    removed = Signal()
    renamed = Signal(str)
    recoloured = Signal(str)
    moved = Signal(int)
    merged = Signal(int)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.is_selected = False
        self._color = ""
        self._counts = "", ""
        self.setObjectName("row")
        self._number = QLabel(str(number))
        self._number.setToolTip(f"Press {number} to paint this class; it is {number} in every file")
        self.swatch = QToolButton()
        self.swatch.setFixedSize(_SWATCH, _SWATCH)
        self.swatch.setToolTip("Change the colour")
        self.name = QLineEdit()
        self.name.setFrame(False)
        self.name.setToolTip("Rename")
        # Its name may be elided, how much is painted may not.
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.count = QLabel()
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setAutoRaise(True)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none }")
        self.menu_button.setToolTip("Move, merge or remove this class")
        self._make_menu()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 2, 2)
        layout.setSpacing(6)
        for part, stretch in (
            (self._number, 0),
            (self.swatch, 0),
            (self.name, 1),
            (self.count, 0),
            (self.menu_button, 0),
        ):
            layout.addWidget(part, stretch)
        self.swatch.clicked.connect(self._choose_color)
        self.name.editingFinished.connect(self._on_name)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def _make_menu(self) -> None:
        self.menu = QMenu(self)
        self.up = self._action("Move &up", "Alt+Up", partial(self.moved.emit, -1))
        self.down = self._action("Move &down", "Alt+Down", partial(self.moved.emit, 1))
        self.merge_menu = QMenu("&Merge into", self.menu)
        self.menu.addMenu(self.merge_menu)
        self.remove = self._action("&Remove", "", self.removed.emit)
        self.menu.setToolTipsVisible(True)
        self.menu_button.setMenu(self.menu)

    def _action(self, text: str, key: str, slot: object) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda *_: slot())
        if key:
            action.setShortcut(QKeySequence(key))
            # Only in this row: elsewhere napari and the other rows have these keys.
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)
        self.menu.addAction(action)
        return action

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """Its parts that the keyboard reaches, in order."""
        return (self.swatch, self.name, self.menu_button)

    def show_class(self, known: ProbeClass, classes: Sequence[ProbeClass]) -> None:
        """Show name and colour, and what can be done among all classes; a name that is being typed stays."""
        if not self.name.hasFocus():
            self.name.setText(known.name)
            self.name.setCursorPosition(0)
            self._fit_count()
        self._color = known.color
        self.swatch.setStyleSheet(f"background: {known.color}; border: 1px solid gray; border-radius: 3px")
        self.swatch.setAccessibleName(f"Colour of {known.name}, {known.color}")
        self.name.setAccessibleName(f"Name of class {known.number}")
        self.menu_button.setAccessibleName(f"Move, merge or remove {known.name}")
        place = list(classes).index(known)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(place < len(classes) - 1)
        is_alone = len(classes) == 1
        self.remove.setEnabled(not is_alone)
        self.remove.setToolTip(
            "One class must stay; rename it" if is_alone else "Remove this class and its strokes"
        )
        self.merge_menu.setEnabled(not is_alone)
        self.merge_menu.clear()
        for other in classes:
            if other is not known:
                action = self.merge_menu.addAction(f"&{other.number} {other.name.replace('&', '&&')}")
                action.triggered.connect(partial(self._merge, other.number))

    def show_count(self, strokes: int, pixels: int) -> None:
        """Show how much is painted."""
        text = count_of(strokes)
        size = f" · {_short(pixels)} px" if strokes else ""
        self._counts = f"{text}{size}", f"{strokes}{size}"
        self.count.setToolTip(f"{text}, {pixels} px")
        self._fit_count()

    def restyle(self, accent: str, muted: str) -> None:
        """Mark the row if it is chosen."""
        edge = accent if self.is_selected else "transparent"
        self.setStyleSheet(f"#row {{ border: 2px solid {edge}; border-radius: 4px }}")
        self.count.setStyleSheet(f"color: {muted}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say how much is painted in as many words as the name leaves room for."""
        super().resizeEvent(event)
        self._fit_count()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this class."""
        self.clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that the row is dragged."""
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the row go to where it was dragged, as one step."""
        self.unsetCursor()
        places = math.floor(event.position().y() / self.height())
        if places:
            self.moved.emit(places)

    def _fit_count(self) -> None:
        full, short = self._counts
        metrics = self.fontMetrics()
        name = metrics.horizontalAdvance(self.name.text()) + _PADDING
        room = self.menu_button.x() - self.name.x() - 2 * self.layout().spacing()
        self.count.setText(full if metrics.horizontalAdvance(full) + name <= room else short)

    def _merge(self, into: int, *_: bool) -> None:
        self.merged.emit(into)

    def _open_menu(self, at: QPoint) -> None:
        self.menu.popup(self.mapToGlobal(at))

    def _choose_color(self) -> None:
        dialog = QColorDialog(QColor(self._color), self)
        # Not modal: the strokes can be looked at while a colour is chosen.
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self.recoloured.emit(color.name()))
        dialog.show()

    def _on_name(self) -> None:
        self.name.clearFocus()
        self.renamed.emit(self.name.text().strip())


def _short(pixels: int) -> str:
    """Three digits or so: ``"412"``, ``"12k"``, ``"3.4M"``."""
    if pixels < _THOUSANDS:
        return str(pixels)
    return f"{pixels / 1e3:.0f}k" if pixels < _MILLIONS else f"{pixels / 1e6:.1f}M"
