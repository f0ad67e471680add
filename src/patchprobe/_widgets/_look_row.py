"""How two sections are seen on each other: the choice, what goes with it, and what it means."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QVBoxLayout, QWidget

from ._elided_combo import ElidedCombo
from ._pair_canvas import Kind, Look
from ._tones import tones_of

_KINDS: dict[Kind, tuple[str, str]] = {
    "off": ("off", "Choose a way to see the two sections on each other."),
    "checkerboard": ("checkerboard", "Lines that run on from square to square: the sections fit."),
    "red-cyan": ("red–cyan", "Section {fixed} is red, {moving} is cyan. Grey: they fit."),
    "translucent": ("translucent", "Both at half strength. Sharp: they fit; doubled: they do not."),
    "flicker": ("flicker", "Sections {fixed} and {moving} in turn. What jumps does not fit."),
    "difference": ("difference", "Black where the two are equal, bright where they differ."),
    "side by side": ("side by side", "Section {fixed} on the left, {moving} on the right."),
}
_BEFORE = "The sections as they were, before they were aligned"
# Squares of 8 to 256 px, doubled from one to the next.
_SMALLEST_TILE, _TILES = 8, 5
_FASTEST = 10


class LookRow(QWidget):
    """The controls of a `Look`.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    changed : Signal(object)
        The user wants this `Look`.
    """

    changed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._sections = (0, 1)
        self.kind = ElidedCombo()
        self.before = QPushButton("Before")
        self.amount = QSlider(Qt.Orientation.Horizontal)
        self.amount_label = QLabel()
        self.meaning = QLabel()
        for kind, (text, _) in _KINDS.items():
            self.kind.addItem(text, kind)
        self._lay_out()
        self.show_look(Look())
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.before.toggled.connect(self._on_change)
        self.amount.valueChanged.connect(self._on_change)
        viewer.events.theme.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self.before.setCheckable(True)
        self.before.setToolTip(_BEFORE)
        self.kind.setToolTip("How the two sections are seen in the canvas")
        self.meaning.setWordWrap(True)
        self.meaning.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        choice, amount = QHBoxLayout(), QHBoxLayout()
        choice.addWidget(QLabel("Seen as"))
        choice.addWidget(self.kind, 1)
        choice.addWidget(self.before)
        amount.addWidget(self.amount_label)
        amount.addWidget(self.amount, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(choice)
        layout.addLayout(amount)
        layout.addWidget(self.meaning)

    @property
    def look(self) -> Look:
        """What the controls say."""
        return self._look

    def show_look(self, look: Look) -> None:
        """Show a look that was chosen elsewhere."""
        self._look = look
        with QSignalBlocker(self.kind), QSignalBlocker(self.before), QSignalBlocker(self.amount):
            self.kind.setCurrentIndex(self.kind.findData(look.kind))
            self.before.setChecked(look.is_before)
            if look.kind == "flicker":
                self.amount.setRange(1, _FASTEST)
                self.amount.setValue(look.rate)
            else:
                self.amount.setRange(0, _TILES)
                self.amount.setValue((look.tile // _SMALLEST_TILE).bit_length() - 1)
        self._say()

    def show_sections(self, fixed: int, moving: int) -> None:
        """Name the two sections in the words."""
        self._sections = (fixed, moving)
        self._say()

    def allow_before(self, is_allowed: bool) -> None:
        """Enable the button that shows the sections as they were; not while one of them is held."""
        self.before.setEnabled(is_allowed)

    def _on_kind(self) -> None:
        self._want(kind=self.kind.currentData())

    def _on_change(self) -> None:
        changes = {"is_before": self.before.isChecked()}
        if self._look.kind == "flicker":
            self._want(rate=self.amount.value(), **changes)
        else:
            self._want(tile=_SMALLEST_TILE << self.amount.value(), **changes)

    def _want(self, **changes: object) -> None:
        self.show_look(self._look.changed(**changes))
        self.changed.emit(self._look)

    def _say(self) -> None:
        """Say what the choice means, and show the slider that goes with it."""
        look, (fixed, moving) = self._look, self._sections
        self.meaning.setText(_KINDS[look.kind][1].format(fixed=fixed, moving=moving))
        has_amount = look.kind in ("checkerboard", "flicker")
        for part in (self.amount, self.amount_label):
            part.setVisible(has_amount)
        self.before.setVisible(look.kind != "off")
        is_flicker = look.kind == "flicker"
        self.amount_label.setText(f"{look.rate} per second" if is_flicker else f"Squares {look.tile} px")
        self.amount.setAccessibleName("Changes in a second" if is_flicker else "Side of the squares")

    def _restyle(self) -> None:
        self.meaning.setStyleSheet(f"color: {tones_of(self._viewer).muted}")
