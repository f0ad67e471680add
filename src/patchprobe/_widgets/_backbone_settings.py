"""How the chosen network is used: how fine, with the filters or without, which blocks, computed by what."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from ..backbones import BackboneSpec
from ..backbones.name import FILTERS, parse_names
from ..compute import Compute, default_compute, usable_cores
from ..errors import InputError
from ._section import Section

_GRIDS = {
    "coarse": (1, "One cell for each patch of the network"),
    "fine": (2, "The image enlarged twice: four times the time"),
    "finest": (4, "The image enlarged four times: sixteen times the time"),
}
_ENGINES = {"auto": "the fastest here", "openvino": "OpenVINO", "torch": "PyTorch"}
_DEVICES = {
    "auto": "graphics card if there is one",
    "cpu": "processor",
    "cuda": "NVIDIA card",
    "mps": "Apple GPU",
}
_NOT_A_NETWORK = "For pretrained networks"
_SHARP = "Networks see whole objects, filters see borders: together they are sharp"
_POSITION = (
    "Networks mark each patch with its place. Without that part, like things look alike in every corner. "
    "It is measured once for a stack, on 24 crops, and without it no border of a tile is seen"
)
_BLOCKS = (
    "Such as 6, or 6,9: early blocks see edges, late ones whole objects. Empty for the one at three quarters"
)


class BackboneSettings(QWidget):
    """Controls of how a network is used; all rest while the choice is no network.

    Attributes
    ----------
    changed : Signal()
        Something else is wanted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = QComboBox()
        self.sharp = QCheckBox("Sharp (filters added)")
        self.more = Section("Blocks, position, engine")
        self.blocks = QLineEdit()
        self.centred = QCheckBox("Remove position")
        self.engine = QComboBox()
        self.device = QComboBox()
        self.threads = QSpinBox()
        self._fill()
        self._lay_out()
        for signal in (
            self.grid.currentIndexChanged,
            self.sharp.toggled,
            self.blocks.editingFinished,
            self.centred.toggled,
            self.engine.currentIndexChanged,
            self.device.currentIndexChanged,
            self.threads.valueChanged,
        ):
            signal.connect(lambda *_: self.changed.emit())

    def _fill(self) -> None:
        for words, (refine, _) in _GRIDS.items():
            self.grid.addItem(words, refine)
        self.sharp.setChecked(True)
        self.centred.setChecked(True)
        wishes = default_compute()
        for engine, words in _ENGINES.items():
            if engine == "auto" or find_spec(engine):
                self.engine.addItem(words, engine)
        self.engine.setCurrentIndex(max(0, self.engine.findData(wishes.engine)))
        for device, words in _DEVICES.items():
            self.device.addItem(words, device)
        self.device.setCurrentIndex(self.device.findData(wishes.device))
        self.threads.setRange(1, max(usable_cores(), wishes.threads or 1))
        self.threads.setValue(wishes.threads or usable_cores())
        self._wishes = wishes
        self.blocks.setPlaceholderText("by itself")
        for part, name in ((self.grid, "Grid"), (self.blocks, "Blocks"), (self.threads, "Threads")):
            part.setAccessibleName(name)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Grid", self.grid)
        form.addRow(self.sharp)
        details = QFormLayout()
        details.setContentsMargins(0, 0, 0, 0)
        details.addRow("Blocks", self.blocks)
        details.addRow(self.centred)
        details.addRow("Engine", self.engine)
        details.addRow("Device", self.device)
        details.addRow("Threads", self.threads)
        self.more.body.addLayout(details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.more)

    def follow(self, spec: BackboneSpec) -> None:
        """Turn to another choice."""
        is_network = bool(spec.weights)
        for part, tip in (
            (self.sharp, _SHARP),
            (self.blocks, _BLOCKS),
            (self.centred, _POSITION),
            (self.grid, _GRIDS[self.grid.currentText()][1]),
            (self.engine, "What computes networks; features are the same"),
            (self.device, "A graphics card is much faster"),
            (self.threads, "Threads of the processor"),
        ):
            part.setEnabled(is_network)
            part.setToolTip(tip if is_network else _NOT_A_NETWORK)

    @property
    def compute(self) -> Compute:
        """How networks are to be computed.

        Raises
        ------
        InputError
            If the engine does not compute on the device.
        """
        threads = self.threads.value()
        return replace(
            self._wishes,
            engine=self.engine.currentData(),
            device=self.device.currentData(),
            threads=None if threads == usable_cores() else threads,
        )

    def name_of(self, spec: BackboneSpec) -> str:
        """Name of the backbone `spec` as it is to be used.

        Raises
        ------
        InputError
            If the blocks are no list of numbers.
        """
        if not spec.weights:
            return spec.name
        (plain,) = parse_names(spec.name)
        wished = replace(
            plain, blocks=self._blocks(), refine=self.grid.currentData(), is_centred=self.centred.isChecked()
        )
        return f"{wished}+{FILTERS}" if self.sharp.isChecked() else str(wished)

    def _blocks(self) -> tuple[int, ...]:
        text = self.blocks.text().replace(" ", "")
        numbers = [part for part in text.split(",") if part]
        if not all(part.isascii() and part.isdecimal() and int(part) for part in numbers):
            raise InputError(
                f"Blocks are numbers from 1, such as 6,9; got {text!r}. Leave it empty if in doubt."
            )
        return tuple(map(int, numbers))
