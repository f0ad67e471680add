"""Two sections compared: the matrix of their patches, and the score of every shift."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from .._align_work import Pair
from ._picture import Picture


class PairView(QWidget):
    """Two pictures side by side, with captions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.matrix = Picture()
        self.shifts = Picture()
        self._captions = (QLabel(), QLabel())
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.caption, 0, 0, 1, 2)
        for column, (picture, caption) in enumerate(
            zip((self.matrix, self.shifts), self._captions, strict=True)
        ):
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            caption.setWordWrap(True)
            caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            layout.addWidget(picture, 1, column)
            layout.addWidget(caption, 2, column)
        self.clear()

    def clear(self, caption: str = "") -> None:
        """Show no pictures, only words."""
        self.caption.setText(caption)
        self.caption.setVisible(bool(caption))
        for picture, label in zip((self.matrix, self.shifts), self._captions, strict=True):
            picture.clear()
            picture.hide()
            label.hide()

    def show_pair(self, pair: Pair, step: tuple[float, float]) -> None:
        """Show a comparison.

        Parameters
        ----------
        pair : Pair
        step : tuple of float
            (dy, dx) in pixels that was found; the ring.
        """
        self._show_matrix(pair)
        self._show_shifts(pair, step)
        self.caption.setText(f"Sections {pair.request.fixed} and {pair.request.moving}")
        for part in (self.caption, self.matrix, self.shifts, *self._captions):
            part.show()

    def _show_matrix(self, pair: Pair) -> None:
        values = pair.correlation

        def describe(row: int, col: int) -> str:
            return (
                f"Patch {row} of section {pair.request.fixed} and patch {col} of section "
                f"{pair.request.moving}: similarity {values[row, col]:.2f}".replace("-", "−")
            )

        self.matrix.show_values(values, describe)
        self._captions[0].setText(f"patches {_range(values)}")
        self._captions[0].setToolTip(
            "Similarity of each patch of the first section (rows) to each patch of the second (columns)"
        )

    def _show_shifts(self, pair: Pair, step: tuple[float, float]) -> None:
        values, reach = pair.scores.correlation, pair.scores.reach

        def describe(row: int, col: int) -> str:
            dy, dx = ((at - middle) * pair.stride for at, middle in zip((row, col), reach, strict=True))
            score = values[row, col]
            found = "overlap too small" if np.isnan(score) else f"similarity {score:.2f}"
            return f"Shift y {dy:.0f} px, x {dx:.0f} px: {found}".replace("-", "−")

        mark = (step[0] / pair.stride + reach[0], step[1] / pair.stride + reach[1])
        self.shifts.show_values(values, describe, mark)
        self._captions[1].setText(f"shifts {_range(values)}")
        self._captions[1].setToolTip(
            "Similarity of the two sections at each shift, no shift in the middle; the ring is what was found"
        )


def _range(values: np.ndarray) -> str:
    low, high = np.nanmin(values), np.nanmax(values)
    return f"{low:.2f} to {high:.2f}".replace("-", "−")
