"""What is loaded, what it does, and a way to go on without it."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from ._live_probe import LiveProbe
from ._notice_line import NoticeLine


class LoadedLine(NoticeLine):
    """Says which probe was loaded and how this image differs from those that it has learned from.

    Parameters
    ----------
    live : LiveProbe
    """

    def __init__(self, live: LiveProbe, parent: QWidget | None = None) -> None:
        super().__init__("Forget", "Go on with the strokes on this image alone", parent)
        self._live = live
        live.loaded.changed.connect(self._show)
        self.wanted.connect(live.forget_loaded)

    def _show(self) -> None:
        words = self._live.loaded.in_words()
        if words:
            self.say(words)
        else:
            self.clear()
