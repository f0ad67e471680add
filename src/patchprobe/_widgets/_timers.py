"""Timers that wait once."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer


def single_shot(parent: QObject, slot: Callable[[], None], milliseconds: int = 0) -> QTimer:
    """Make a timer that calls `slot` once after each start, and anew when it is started again meanwhile."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
