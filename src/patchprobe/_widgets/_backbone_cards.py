"""Choosing a backbone from cards that say what each is good at and what it costs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QMouseEvent, QResizeEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..backbones import BackboneSpec
from ._tones import tones_of

_HIGHEST = 340
NO_BREAK_SPACE, NO_BREAK_HYPHEN = "\u00a0", "\u2011"


class BackboneCards(QScrollArea):
    """One card for each backbone, the first one chosen; it scrolls when there are more than three or so.

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
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._viewer = viewer
        self.cards: dict[str, BackboneCard] = {}
        self._group = QButtonGroup(self)
        column = QWidget()
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        for spec in specs:
            self.add(spec)
        self.setWidget(column)
        next(iter(self.cards.values())).choose.setChecked(True)
        self._group.buttonToggled.connect(self._on_toggled)

    @property
    def spec(self) -> BackboneSpec:
        """The backbone that is chosen."""
        return next(card.spec for card in self.cards.values() if card.choose.isChecked())

    def add(self, spec: BackboneSpec, at: int = -1) -> None:
        """Add a card, or renew the one of that name.

        Parameters
        ----------
        spec : BackboneSpec
        at : int
            Place among the cards; -1 for the last.
        """
        if spec.name in self.cards:
            self.cards[spec.name].show_spec(spec)
            return
        card = self.cards[spec.name] = BackboneCard(self._viewer, spec)
        self._group.addButton(card.choose)
        self._column.insertWidget(at, card)

    def choose(self, name: str) -> None:
        """Choose the backbone of that name, and bring its card into view."""
        card = self.cards[name]
        card.choose.setChecked(True)
        self.ensureWidgetVisible(card)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as the cards are at this width, up to a bound."""
        super().resizeEvent(event)
        edge = self.height() - self.viewport().height()
        height = self.widget().heightForWidth(self.width() - edge) + edge
        # Decided here: Qt would take width for a bar, which makes the cards higher, which needs the bar.
        policy = Qt.ScrollBarPolicy
        bar = policy.ScrollBarAlwaysOn if height > _HIGHEST else policy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(bar)
        self.setFixedHeight(min(height, _HIGHEST))

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
        self.choose = QRadioButton(short_name(spec.name))
        self._summary, self._facts = QLabel(), QLabel()
        self.show_spec(spec)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 5)
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

    def show_spec(self, spec: BackboneSpec) -> None:
        """Show what is known of the backbone now."""
        self.spec = spec
        self.choose.setToolTip(spec.name)
        self.choose.setAccessibleDescription(f"{spec.summary}; {facts(spec)}")
        self._summary.setText(spec.summary)
        self._facts.setText(facts(spec))

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
    """Write size, licence and what it needs: ``"69 channels · every pixel · BSD-3-Clause · no download"``."""
    parts = (
        f"{spec.channels} channels",
        "every pixel" if spec.patch_size == 1 else f"patches of {spec.patch_size} px",
        spec.licence,
        _where(spec),
    )
    # A line breaks behind a dot, never inside a part.
    unbroken = (part.replace(" ", NO_BREAK_SPACE).replace("-", NO_BREAK_HYPHEN) for part in parts)
    return f"{NO_BREAK_SPACE}· ".join(unbroken)


def _where(spec: BackboneSpec) -> str:
    if not spec.weights:
        return "no download"
    return "on disk" if spec.on_disk else f"download {spec.download_mb:,.0f} MB"


def short_name(name: str) -> str:
    """Name of a backbone without the way to its folder."""
    return re.sub(r"path:[^+?]*[/\\]", "", name)
