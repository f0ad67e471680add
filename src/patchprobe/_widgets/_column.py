"""A widget's content as one column that scrolls when the window is low."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ._docking import share_dock

# Narrow enough to leave the canvas its room at 1280 px.
_NARROWEST = 320


def fill_with_column(widget: QWidget, content: QWidget) -> None:
    """Lay `content` into an empty widget, which shares its dock with its siblings."""
    share_dock(widget)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(area)
    # With room for the bar from the beginning: content would be cut off when it comes.
    bar = area.verticalScrollBar().sizeHint().width()
    widget.setMinimumWidth(max(_NARROWEST, content.minimumSizeHint().width() + bar))
