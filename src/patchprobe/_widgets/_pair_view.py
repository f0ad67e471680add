"""Two sections compared: the matrix of their patches, and the score of every shift."""

from __future__ import annotations

import numpy as np
from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from .._pair_compare import Comparison
from .._pair_work import turn_of
from ._picture import Picture
from ._tones import tones_of

_PATCHES = "Patches of {fixed} (down) and {moving} (across). Same place (diagonal): {same}, others: {rest}"
_SHIFTS = "All shifts of {moving}. One bright peak, in the ring, means a sure place"
_PATCHES_TIP = (
    "Similarity of each patch of section {fixed} to each of section {moving} where it lies now, counted line "
    "by line: {low} (dark) to {high} (bright)"
)
_SHIFTS_TIP = (
    "Similarity of the two sections at each shift{turned}, no shift in the middle: {low} (dark) to {high} "
    "(bright). The ring is where section {moving} lies now"
)
# A smaller turn is not seen in the map.
_LEAST_TURN = 0.05


class PairView(QWidget):
    """Two pictures side by side, and below each what it shows and what to look for.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.matrix = Picture()
        self.shifts = Picture()
        self.captions = (QLabel(), QLabel())
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.note, 0, 0, 1, 2)
        for column, (picture, caption) in enumerate(
            zip((self.matrix, self.shifts), self.captions, strict=True)
        ):
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            caption.setWordWrap(True)
            caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            layout.addWidget(picture, 1, column)
            layout.addWidget(caption, 2, column)
        viewer.events.theme.connect(self._restyle)
        self._restyle()
        self.clear()

    def clear(self, note: str = "") -> None:
        """Show no pictures, only words."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        for picture, caption in zip((self.matrix, self.shifts), self.captions, strict=True):
            picture.clear()
            picture.hide()
            caption.hide()

    def show_comparison(self, found: Comparison) -> None:
        """Show how similar two sections are."""
        self.note.hide()
        self._show_matrix(found)
        self._show_shifts(found)
        for part in (self.matrix, self.shifts, *self.captions):
            part.show()

    def _show_matrix(self, found: Comparison) -> None:
        values, pair = found.correlation, found.request.pair

        def describe(row: int, col: int) -> str:
            score = values[row, col]
            said = "nothing there" if np.isnan(score) else f"similarity {_number(score)}"
            return f"Patch {row} of section {pair.fixed} and patch {col} of section {pair.moving}: {said}"

        self.matrix.show_values(values, describe)
        same, rest = (_number(value) for value in found.at_place)
        words = {"fixed": pair.fixed, "moving": pair.moving, "same": same, "rest": rest, **_range(values)}
        self.captions[0].setText(_PATCHES.format_map(words))
        self.captions[0].setToolTip(_PATCHES_TIP.format_map(words))

    def _show_shifts(self, found: Comparison) -> None:
        values, reach = found.scores.correlation, found.scores.reach

        def describe(row: int, col: int) -> str:
            dy, dx = ((at - middle) * found.stride for at, middle in zip((row, col), reach, strict=True))
            score = values[row, col]
            said = "too little overlap" if np.isnan(score) else f"similarity {_number(score)}"
            return f"Shift y {dy:.0f} px, x {dx:.0f} px: ".replace("-", "−") + said

        mark = (found.found[0] / found.stride + reach[0], found.found[1] / found.stride + reach[1])
        self.shifts.show_values(values, describe, mark)
        pair = found.request.pair
        turn = turn_of(pair.transform)
        turned = f", turned by {turn:.1f}°".replace("-", "−") if abs(turn) >= _LEAST_TURN else ""
        words = {"moving": pair.moving, "turned": turned, **_range(values)}
        self.captions[1].setText(_SHIFTS.format_map(words))
        self.captions[1].setToolTip(_SHIFTS_TIP.format_map(words))

    def _restyle(self) -> None:
        for caption in self.captions:
            caption.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _range(values: np.ndarray) -> dict[str, str]:
    return {"low": _number(np.nanmin(values)), "high": _number(np.nanmax(values))}


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
