"""Whether aligning helped: how alike neighbours look, and how far sections are off, along the stack."""

from __future__ import annotations

import numpy as np
from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from .._measure_work import look_how_alike
from ..alignment import StackAlignment
from ..alignment.likeness import Likeness, displacements
from ..io import Stack
from ._jobs import JobRunner
from ._stack_plot import StackPlot

# Of the sections: so many more are looked at before they are drawn.
_AT_ONCE = 10


class QualityPlots(QWidget):
    """Two plots; the first is worked out from the pixels, beside the window.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    clicked : Signal(int)
        This section was clicked on.
    """

    clicked = Signal(int)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.likeness = StackPlot(viewer, "Likeness of neighbours")
        self.displacement = StackPlot(viewer, "Displacement, px", " px", after="residual")
        self.likeness.setToolTip("Correlation of each section with the one before it")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for plot in (self.likeness, self.displacement):
            layout.addWidget(plot)
            plot.clicked.connect(self.clicked)
        self._before = self._after = np.empty(0)
        self._jobs = JobRunner(self)
        self._jobs.yielded.connect(self._on_likeness)
        self._jobs.returned.connect(lambda _: self._draw())
        self.clear()

    @property
    def is_busy(self) -> bool:
        """Whether sections are being looked at."""
        return self._jobs.is_running

    def clear(self) -> None:
        """Show nothing."""
        self._jobs.drop()
        for plot in (self.likeness, self.displacement):
            plot.show_values(np.empty(0), np.empty(0))

    def show_alignment(self, stack: Stack, alignment: StackAlignment) -> None:
        """Show how good an alignment is."""
        self.displacement.show_values(displacements(alignment), alignment.residuals)
        self._before, self._after = np.full((2, len(alignment)), np.nan)
        self._jobs.start(look_how_alike, stack, alignment)

    def mark(self, section: int) -> None:
        """Show which section is seen now."""
        for plot in (self.likeness, self.displacement):
            plot.mark(section)

    def _on_likeness(self, found: Likeness) -> None:
        self._before[found.section], self._after[found.section] = found.before, found.after
        if found.section % _AT_ONCE == 0:
            self._draw()

    def _draw(self) -> None:
        self.likeness.show_values(self._before, self._after)
