"""What can be done with an alignment: other layers moved along, and a file of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from ._layer_picker import LayerPicker
from ._section import Section

_FILES = "Alignments (*.json)"
_NOT_YET = "Align a stack first"


class AlignMore(Section):
    """Folded controls that say what is wanted.

    Parameters
    ----------
    viewer : Viewer
    movable : callable
        Takes the viewer and returns the layers that fit the alignment.

    Attributes
    ----------
    move_requested : Signal(object)
        This layer is to be moved like the stack.
    save_requested, load_requested : Signal(str)
        The alignment is to be written to, or read from, this file.
    """

    move_requested = Signal(object)
    save_requested = Signal(str)
    load_requested = Signal(str)

    def __init__(
        self, viewer: Viewer, movable: Callable[[Viewer], Sequence[Layer]], parent: QWidget | None = None
    ) -> None:
        super().__init__("Other layers and saved alignments", parent)
        self.others = LayerPicker(viewer, movable, "no other layer of this shape")
        self.move_button = QPushButton("Move along")
        self.save_button = QPushButton("Save alignment")
        self.load_button = QPushButton("Load alignment")
        self.load_button.setToolTip("Move the stack as a saved alignment says")
        for buttons in ((self.others, self.move_button), (self.save_button, self.load_button)):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button, 1)
            self.body.addLayout(row)
        self.others.picked.connect(lambda _: self.allow(self._is_aligned))
        self.move_button.clicked.connect(lambda: self.move_requested.emit(self.others.layer))
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.load_button.clicked.connect(self._ask_what_to_load)
        self.allow(False)

    def allow(self, is_aligned: bool) -> None:
        """Enable what can be done now, and say what is missing for the rest."""
        self._is_aligned = is_aligned
        missing = "" if self.others.layer is not None else "There is no other layer of as many planes"
        self.move_button.setEnabled(is_aligned and not missing)
        self.move_button.setToolTip(
            (missing if is_aligned else _NOT_YET) or "Add a copy of the layer, moved like the stack"
        )
        self.save_button.setEnabled(is_aligned)
        self.save_button.setToolTip("Save the shifts of all sections as JSON" if is_aligned else _NOT_YET)

    def _ask_where_to_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save alignment", "alignment.json", _FILES)
        if path:
            self.save_requested.emit(path)

    def _ask_what_to_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load alignment", "", _FILES)
        if path:
            self.load_requested.emit(path)
