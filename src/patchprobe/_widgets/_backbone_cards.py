"""Choosing a backbone from cards that say what each is good at and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QButtonGroup, QFrame, QLabel, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from ..backbones import BackboneSpec
from ._tones import tones_of

NO_BREAK_SPACE, NO_BREAK_HYPHEN = "\u00a0", "\u2011"


class BackboneCards(QWidget):
    """One card for each backbone, the first one chosen.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    specs : sequence of BackboneSpec

    Attributes
    ----------
    chosen : Signal(str)
        Name of the backbone that is chosen now.
    """

    chosen = Signal(str)

    def __init__(self, viewer: Viewer, specs: Sequence[BackboneSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = {spec.name: BackboneCard(viewer, spec) for spec in specs}
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for card in self.cards.values():
            self._group.addButton(card.choose)
            layout.addWidget(card)
        next(iter(self.cards.values())).choose.setChecked(True)
        self._group.buttonToggled.connect(self._on_toggled)

    @property
    def spec(self) -> BackboneSpec:
        """The backbone that is chosen."""
        return next(card.spec for card in self.cards.values() if card.choose.isChecked())

    def _on_toggled(self, button: QRadioButton, checked: bool) -> None:
        if checked:
            self.chosen.emit(self.spec.name)


class BackboneCard(QFrame):
    """Name, what it is good at, size, licence and download. A click anywhere on it chooses it."""

    def __init__(self, viewer: Viewer, spec: BackboneSpec) -> None:
        super().__init__()
        self._viewer = viewer
        self.spec = spec
        self.setObjectName("card")
        self.choose = QRadioButton(spec.name)
        self.choose.setAccessibleDescription(f"{spec.summary}; {facts(spec)}")
        self._summary, self._facts = QLabel(spec.summary), QLabel(facts(spec))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 5)
        layout.setSpacing(1)
        layout.addWidget(self.choose)
        for label in (self._summary, self._facts):
            label.setWordWrap(True)
            label.setContentsMargins(20, 0, 0, 0)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            layout.addWidget(label)
        self.choose.toggled.connect(self._restyle)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this backbone."""
        self.choose.setFocus()
        self.choose.setChecked(True)

    def _restyle(self) -> None:
        tones = tones_of(self._viewer)
        edge = f"2px solid {tones.working}" if self.choose.isChecked() else f"1px solid {tones.idle}"
        self.setStyleSheet(f"#card {{ border: {edge}; border-radius: 4px }}")
        self.choose.setStyleSheet("font-weight: bold")
        self._facts.setStyleSheet(f"QLabel:enabled {{ color: {tones.muted} }}")


def facts(spec: BackboneSpec) -> str:
    """Write size, licence and download: ``"69 channels · every pixel · BSD-3-Clause · no download"``."""
    parts = (
        f"{spec.channels} channels",
        "every pixel" if spec.patch_size == 1 else f"patches of {spec.patch_size} px",
        spec.licence,
        f"download {spec.download_mb:.0f} MB" if spec.download_mb else "no download",
    )
    # A line breaks between the parts, never inside one.
    return " · ".join(part.replace(" ", NO_BREAK_SPACE).replace("-", NO_BREAK_HYPHEN) for part in parts)
