"""Widgets of this plugin as tabs of one dock: stacked, each would get a fraction of the window's height."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


def share_dock(widget: QWidget) -> None:
    """Let a widget, when it is docked and shown for the first time, become a tab beside its siblings."""
    widget.installEventFilter(_FirstShow(widget))


class _FirstShow(QObject):
    """Waits for its parent to be shown. It also marks its parent as one of ours."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            watched.removeEventFilter(self)
            # By then the window has given the dock its place.
            QTimer.singleShot(0, self._join)
        return False

    def _join(self) -> None:
        dock = _dock_of(self)
        window = None if dock is None else dock.parent()
        if not isinstance(window, QMainWindow) or dock.isFloating():
            return
        area = window.dockWidgetArea(dock)
        for other in window.findChildren(QDockWidget):
            is_sibling = other is not dock and other.findChild(_FirstShow) is not None
            is_shown = not other.isHidden() and not other.isFloating()
            if is_sibling and is_shown and window.dockWidgetArea(other) == area:
                window.tabifyDockWidget(other, dock)
                dock.raise_()
                return


def _dock_of(part: QObject) -> QDockWidget | None:
    while part is not None and not isinstance(part, QDockWidget):
        part = part.parent()
    return part
