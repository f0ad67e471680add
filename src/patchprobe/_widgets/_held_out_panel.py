"""How good the probe is, told by held-out strokes: a line, a picture, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from napari.viewer import Viewer
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from ..probe.judgement import Judgement
from ._confusion_picture import ConfusionPicture
from ._section import Section
from ._tones import tones_of


class HeldOutPanel(QWidget):
    """Accuracy, F1 of each class and the confusion matrix; says which classes are too thin to judge.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.headline = QLabel()
        self.missing = QLabel()
        self.picture = ConfusionPicture(viewer)
        self.section = Section("F1 and confusion of classes")
        self.section.body.setContentsMargins(0, 2, 0, 2)
        self.section.body.addWidget(self.picture)
        self.section.unfold()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for label in (self.headline, self.missing):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        for part in (self.headline, self.section, self.missing):
            layout.addWidget(part)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def show_judgement(self, judgement: Judgement, colors: Mapping[int, str]) -> None:
        """Show what can be said, with the colours of the classes by their numbers."""
        self.headline.setText(judgement.headline)
        self.headline.setToolTip("" if judgement.accuracy is None else judgement.in_words)
        self.section.setVisible(judgement.accuracy is not None)
        self.picture.show_judgement(judgement, colors)
        self.missing.setText("\n".join(judgement.missing))
        self.missing.setVisible(bool(judgement.missing))

    def _restyle(self) -> None:
        self.missing.setStyleSheet(f"color: {tones_of(self._viewer).look}")
