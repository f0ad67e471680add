"""The keys that work while strokes are painted, as a list that unfolds."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from ._section import Section
from ._stroke_keys import KEYS
from ._tones import tones_of

_SHORT = "Paint with 1–9, erase with 0, undo with Ctrl-Z"


class KeyList(QWidget):
    """The three keys that everybody needs in one line; all of them below, folded.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.short = QLabel(_SHORT)
        self.short.setWordWrap(True)
        self.section = Section("All keys")
        table = QFormLayout()
        table.setVerticalSpacing(2)
        for keys, what in KEYS:
            table.addRow(keys, _wrapped(what))
        self.section.body.addLayout(table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.short)
        layout.addWidget(self.section)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.short.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
