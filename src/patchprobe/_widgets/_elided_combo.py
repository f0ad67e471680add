"""A list to choose from that takes the width it gets, whatever is in it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

_FEWEST_LETTERS = 8
_ICON_GAP = 8


class ElidedCombo(QComboBox):
    """Long entries do not widen the window: what is chosen loses its middle, not its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_FEWEST_LETTERS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def shown_text(self) -> str:
        """Return the chosen entry as far as there is room for it."""
        return self._styled().currentText

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as Qt does, with the text cut to the room there is."""
        option = self._styled()
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _styled(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        icon = 0 if option.currentIcon.isNull() else option.iconSize.width() + _ICON_GAP
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room.width() - icon
        )
        return option
