"""What can be done with an alignment: other layers moved along, how the result is framed, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from .._carry_work import Framing
from ._elided_combo import ElidedCombo
from ._section import Section

_FILES = "Alignments (*.json)"
_STACKS = "Stacks (*.ome.tif *.tif *.ome.zarr *.npy)"
_NOT_YET = "Align a stack first"
_OUTPUTS = {
    "same": ("as the sections", "The frame of the anchor: what leaves it is cut off"),
    "union": ("all of every section", "A box around all sections"),
    "intersection": ("what all show", "A large box that every section covers: no fill"),
}
_ROW_HEIGHT, _ROWS = 20, 4


class AlignMore(Section):
    """Folded controls that say what is wanted.

    Parameters
    ----------
    viewer : Viewer
    candidates : callable
        Returns the layers that fit the stack.

    Attributes
    ----------
    apply_requested : Signal(object)
        These layers are to be moved along.
    framing_changed : Signal(object)
        The result is to be framed by this `Framing`.
    save_requested, load_requested : Signal(str)
        The alignment is to be written to, or read from, this file.
    save_stack_requested : Signal(str)
        The aligned stack is to be written to this file.
    """

    apply_requested = Signal(object)
    framing_changed = Signal(object)
    save_requested = Signal(str)
    load_requested = Signal(str)
    save_stack_requested = Signal(str)

    def __init__(
        self, viewer: Viewer, candidates: Callable[[], Sequence[Layer]], parent: QWidget | None = None
    ) -> None:
        super().__init__("Apply to other layers, save, load", parent)
        self._candidates = candidates
        self._layers: list[Layer] = []
        self._is_aligned = False
        self.others = QListWidget()
        self.apply_button = QPushButton("Apply")
        self.output = ElidedCombo()
        self.fill = QDoubleSpinBox()
        self.save_button = QPushButton("Save alignment")
        self.load_button = QPushButton("Load alignment")
        self.save_stack_button = QPushButton("Save aligned stack")
        self._fill()
        self._lay_out()
        self._connect(viewer)
        self.allow(False, False)

    def _fill(self) -> None:
        self.others.setAccessibleName("Layers to move along")
        self.others.setToolTip("Images, labels, points and shapes on the same sections; tick those to move")
        self.others.setFixedHeight(_ROW_HEIGHT * _ROWS + 4)
        for index, (key, (text, tip)) in enumerate(_OUTPUTS.items()):
            self.output.addItem(text, key)
            self.output.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.output.setToolTip("Which part of the common frame the aligned layers show")
        self.fill.setRange(-1e9, 1e9)
        self.fill.setDecimals(2)
        self.fill.setMinimumWidth(60)
        self.fill.setKeyboardTracking(False)
        self.fill.setToolTip("Value of pixels where a section does not reach; labels get 0")
        self.load_button.setToolTip("Move the stack as a saved alignment says")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Show", self.output)
        form.addRow("Fill with", self.fill)
        files = QHBoxLayout()
        files.addWidget(self.save_button, 1)
        files.addWidget(self.load_button, 1)
        self.body.addWidget(self.others)
        self.body.addWidget(self.apply_button)
        self.body.addLayout(form)
        self.body.addLayout(files)
        self.body.addWidget(self.save_stack_button)

    def _connect(self, viewer: Viewer) -> None:
        for event in (viewer.layers.events.inserted, viewer.layers.events.removed):
            event.connect(self.refresh)
        self.others.itemChanged.connect(lambda _: self._update())
        self.apply_button.clicked.connect(lambda: self.apply_requested.emit(self.ticked))
        for signal in (self.output.currentIndexChanged, self.fill.valueChanged):
            signal.connect(lambda _: self.framing_changed.emit(self.framing))
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.load_button.clicked.connect(self._ask_what_to_load)
        self.save_stack_button.clicked.connect(self._ask_where_to_save_stack)

    @property
    def ticked(self) -> list[Layer]:
        """The layers that are ticked."""
        return [layer for row, layer in enumerate(self._layers) if self._is_ticked(row)]

    @property
    def framing(self) -> Framing:
        """How the result is to be framed."""
        return Framing(self.output.currentData(), self.fill.value())

    def tick(self, layer: Layer, ticked: bool = True) -> None:
        """Tick a layer that is listed, or take its tick away."""
        state = Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        self.others.item(self._layers.index(layer)).setCheckState(state)

    def show_chosen(self, layers: set[Layer], framing: Framing) -> None:
        """List the layers that fit, with ticks on those that are moved along, and how they are framed."""
        with QSignalBlocker(self.output), QSignalBlocker(self.fill):
            self.output.setCurrentIndex(self.output.findData(framing.output))
            self.fill.setValue(framing.fill)
        self._list(layers)

    def refresh(self, event: object = None) -> None:
        """List the layers that fit by now; ticks stay."""
        self._list(set(self.ticked))

    def _list(self, ticked: set[Layer]) -> None:
        self._layers = list(self._candidates())
        with QSignalBlocker(self.others):
            self.others.clear()
            for layer in self._layers:
                item = QListWidgetItem(layer.name)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if layer in ticked else Qt.CheckState.Unchecked)
                self.others.addItem(item)
            if not self._layers:
                self.others.addItem(QListWidgetItem("no other layer on these sections"))
        self.others.setEnabled(bool(self._layers))
        self._update()

    def _is_ticked(self, row: int) -> bool:
        return self.others.item(row).checkState() == Qt.CheckState.Checked

    def allow(self, has_stack: bool, is_aligned: bool) -> None:
        """Enable what can be done now, and say what is missing for the rest."""
        self._is_aligned = is_aligned
        self.load_button.setEnabled(has_stack)
        for button, doing in (
            (self.save_button, "Save the transforms of all sections as JSON"),
            (
                self.save_stack_button,
                "Save the aligned layer with its voxel size: .ome.tif, .ome.zarr, .tif or .npy",
            ),
        ):
            button.setEnabled(is_aligned)
            button.setToolTip(doing if is_aligned else _NOT_YET)
        self._update()

    def _update(self) -> None:
        missing = "" if self._is_aligned else _NOT_YET
        self.apply_button.setEnabled(not missing)
        self.apply_button.setToolTip(
            missing
            or "Move the stack and a copy of each ticked layer; they follow when the alignment changes"
        )

    def _ask_where_to_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save alignment", "alignment.json", _FILES)
        if path:
            self.save_requested.emit(path)

    def _ask_where_to_save_stack(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save aligned stack", "aligned.ome.tif", _STACKS)
        if path:
            self.save_stack_requested.emit(path)

    def _ask_what_to_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load alignment", "", _FILES)
        if path:
            self.load_requested.emit(path)
