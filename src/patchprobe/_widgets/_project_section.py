"""The images whose strokes feed the probe, and the project that they are saved as."""

from __future__ import annotations

from functools import partial

from napari.viewer import Viewer
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from ._error_line import ErrorLine
from ._layer_picker import LayerPicker
from ._live_probe import LiveProbe
from ._project_files import ProjectFiles
from ._section import Section

_FORMATS = "Projects (*.json)"
_ALONE = "Paint on another image too, and both feed the probe."
_UNLIKE = "It has other channels than the image that is painted"


class ProjectSection(Section):
    """A tick for each other image with strokes; save and open.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    live : LiveProbe
    picker : LayerPicker
        Chooses the image that is painted.

    Attributes
    ----------
    files : ProjectFiles
        What saves and opens.
    ticks : dict of Image to QCheckBox
    """

    def __init__(self, viewer: Viewer, live: LiveProbe, picker: LayerPicker) -> None:
        super().__init__("Several images, project")
        self._live = live
        self.files = ProjectFiles(live, picker, self)
        self.ticks: dict[object, QCheckBox] = {}
        self.note = QLabel()
        self.error = ErrorLine(viewer)
        self.save_button = QPushButton("Save project…")
        self.open_button = QPushButton("Open project…")
        self.save_button.setToolTip("Images, strokes, classes and probe, to go on another day")
        self.open_button.setToolTip("Go on where a project was left")
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._list = QVBoxLayout()
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.open_button)
        self.body.addLayout(self._list)
        self.body.addLayout(buttons)
        self.body.addWidget(self.note)
        self.body.addWidget(self.error)
        self.save_button.clicked.connect(self._save)
        self.open_button.clicked.connect(self._open)
        self.files.noticed.connect(self._on_noticed)
        self.files.failed.connect(self.error.show_error)
        live.images.changed.connect(self._show_images)
        live.counted.connect(self._show_images)
        self._show_images()

    def _show_images(self) -> None:
        live = self._live
        parked = live.images.parked
        self.save_button.setEnabled(live.image is not None)
        for image in [image for image in self.ticks if image not in parked]:
            tick = self.ticks.pop(image)
            self._list.removeWidget(tick)
            tick.deleteLater()
        stack = live.stack
        for image, held in parked.items():
            if image not in self.ticks:
                self.ticks[image] = tick = QCheckBox()
                tick.toggled.connect(partial(live.images.use, image))
                self._list.addWidget(tick)
            tick, planes = self.ticks[image], len(held.planes)
            tick.setText(f"learn from {image.name} ({planes} plane{'' if planes == 1 else 's'})")
            tick.setChecked(live.images.is_used(image))
            fits = stack is None or live.images.fits(image, stack)
            tick.setEnabled(fits)
            tick.setToolTip("Its strokes feed the probe" if fits else _UNLIKE)
        if not parked and not self.note.text():
            self.note.setText(_ALONE)
        elif parked and self.note.text() == _ALONE:
            self.note.clear()

    def _on_noticed(self, text: str) -> None:
        self.error.clear()
        self.note.setText(text)

    def _save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save project", "project.json", _FORMATS)
        if path:
            self.files.save(path)

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open project", "", _FORMATS)
        if path:
            self.files.open(path)
