"""A button that starts something long, a bar with the time left, and Stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

# Parts of a step that the bar can show.
_PARTS = 100


class RunRow(QWidget):
    """Start, progress, Stop. It runs nothing itself: it emits what the user wants.

    Parameters
    ----------
    verb : str
        Text of the start button, such as ``"Predict stack"``.
    unit : str
        Of the steps, where they are no planes, such as ``" MB"``.
    clock : callable
        Seconds now; for tests.

    Attributes
    ----------
    start_requested, stop_requested : Signal()
    """

    start_requested = Signal()
    stop_requested = Signal()

    def __init__(
        self,
        verb: str,
        parent: QWidget | None = None,
        clock: Callable[[], float] = time.monotonic,
        unit: str = "",
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._unit = unit
        self._total = 0
        self._began = 0.0
        self._missing = ""
        self._running = False
        self.start_button = QPushButton(verb)
        self.stop_button = QPushButton("Stop")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.note = QLabel()
        self.start_button.clicked.connect(self.start_requested)
        self.stop_button.clicked.connect(self._on_stop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button, 1)
        buttons.addWidget(self.bar, 1)
        buttons.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(buttons)
        layout.addWidget(self.note)
        self._update()

    @property
    def total(self) -> int:
        """Steps in all of what is running."""
        return self._total if self._running else 0

    @property
    def is_running(self) -> bool:
        """Whether progress is being shown."""
        return self._running

    def set_missing(self, missing: str) -> None:
        """Say what is missing before it can start; an empty string allows it."""
        self._missing = missing
        self._update()

    def begin(self, total: int) -> None:
        """Show an empty bar for `total` steps; 0 for a bar of unknown length."""
        self._began = self._clock()
        self._running = True
        self._total = total
        self.bar.setRange(0, total * _PARTS)
        self.bar.setValue(0)
        self.note.clear()
        self._update()

    def advance(self, done: float) -> None:
        """Show that `done` steps are done, or so many and a part, and the time that the rest will take."""
        self.bar.setValue(round(done * _PARTS))
        if done == 0:
            # What came before is no measure of the steps to come.
            self._began = self._clock()
            return
        left = (self._clock() - self._began) / max(done, 1 / _PARTS) * (self._total - done)
        self.note.setText(f"{int(done)}/{self._total}{self._unit} · {duration(left)} left")

    def end(self, note: str = "") -> None:
        """Take the bar away and leave a note, such as "Stopped, 21 of 30 planes done"."""
        self._running = False
        self.note.setText(note)
        self._update()

    def _on_stop(self) -> None:
        self.stop_button.setEnabled(False)
        self.note.setText("Stopping")
        self.stop_requested.emit()

    def _update(self) -> None:
        self.start_button.setVisible(not self._running)
        self.start_button.setEnabled(not self._missing)
        self.start_button.setToolTip(self._missing)
        self.bar.setVisible(self._running)
        self.stop_button.setVisible(self._running)
        self.stop_button.setEnabled(self._running)
        self.note.setVisible(self._running or bool(self.note.text()))


def duration(seconds: float) -> str:
    """Write a time for people: ``"4 s"``, ``"3 min"``, ``"1.5 h"``."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
