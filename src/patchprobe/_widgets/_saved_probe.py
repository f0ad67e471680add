"""Saving the probe to a file, and going on with one from a file."""

from __future__ import annotations

from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from ..errors import InputError
from ._live_probe import LiveProbe
from ._loaded_probe import named, read_probe

_NO_PROBE = "Paint a little of two classes first"
_FILES = "Probes (*.safetensors)"


class SavedProbe(QWidget):
    """Two buttons; what they do can be done by `save` and `load` too.

    Parameters
    ----------
    live : LiveProbe
    """

    def __init__(self, live: LiveProbe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self.save_button = QPushButton("Save probe")
        self.load_button = QPushButton("Load probe")
        self.load_button.setToolTip(
            "Predict with a probe that was saved before, or go on painting from its classes"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.save_button)
        layout.addWidget(self.load_button)
        self.save_button.clicked.connect(self._ask_where_to)
        self.load_button.clicked.connect(self._ask_which)
        live.fitted.connect(self._on_fitted)
        self._on_fitted()

    def save(self, path: str) -> None:
        """Save the probe with its training rows and the names and colours of its classes."""
        live = self._live
        if live.probe is None:
            return
        try:
            target = named(live.probe, live.state).save(path)
        except InputError as error:
            live.failed.emit(error)
        else:
            live.noticed.emit(f"Saved as {target.name}.")

    def load(self, path: str) -> None:
        """Load a probe: it predicts, and new strokes add to those that it has learned from."""
        try:
            probe = read_probe(path)
        except InputError as error:
            self._live.failed.emit(error)
        else:
            self._live.go_on_with(probe, path)

    def _on_fitted(self) -> None:
        is_there = self._live.probe is not None
        self.save_button.setEnabled(is_there)
        self.save_button.setToolTip("Save the probe with its classes as one file" if is_there else _NO_PROBE)

    def _ask_where_to(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save probe", "probe.safetensors", _FILES)
        if path:
            self.save(path)

    def _ask_which(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load probe", "", _FILES)
        if path:
            self.load(path)
