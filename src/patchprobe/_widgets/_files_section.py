"""Predictions to files: of the stack, and of every image of a folder."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtWidgets import QFileDialog, QPushButton, QSizePolicy, QWidget

from ._error_line import ErrorLine
from ._file_runs import FileRuns
from ._live_probe import LiveProbe
from ._run_row import RunRow
from ._section import Section

_NO_PROBE = "Paint a little of two classes first"
_SAVE_TIP = "Write the labels of all planes, with voxel size and classes"
_APPLY_TIP = "Predict every image of a folder with this probe; images that cannot be read are named"
_FORMATS = "OME-TIFF (*.ome.tif);;OME-Zarr (*.ome.zarr);;NumPy (*.npy)"


class FilesSection(Section):
    """Save prediction, apply to folder: choosing where, progress, stop.

    Parameters
    ----------
    viewer : Viewer
        For the theme.
    live : LiveProbe
        Whose probe predicts.

    Attributes
    ----------
    runs : FileRuns
        What does it.
    """

    def __init__(self, viewer: Viewer, live: LiveProbe, parent: QWidget | None = None) -> None:
        super().__init__("Save prediction, apply to folder", parent)
        self._live = live
        self.runs = FileRuns(live, self)
        self.run = RunRow("Save prediction…")
        self.apply_button = QPushButton("Apply to folder…")
        self.error = ErrorLine(viewer)
        self.run.note.setWordWrap(True)
        self.run.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.body.addWidget(self.run)
        self.body.addWidget(self.apply_button)
        self.body.addWidget(self.error)
        self.run.start_requested.connect(self._choose_file)
        self.run.stop_requested.connect(self.runs.stop)
        self.apply_button.clicked.connect(self._choose_folders)
        self.runs.began.connect(self._on_began)
        self.runs.progressed.connect(self.run.advance)
        self.runs.ended.connect(self._on_ended)
        self.runs.failed.connect(self.error.show_error)
        live.fitted.connect(self._show_missing)
        self._show_missing()

    def _choose_file(self) -> None:
        assert self._live.image is not None
        name = f"{self._live.image.name} prediction.ome.tif"
        path, _ = QFileDialog.getSaveFileName(self, "Save prediction", name, _FORMATS)
        if path:
            self.runs.save_prediction(path)

    def _choose_folders(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of images")
        output = folder and QFileDialog.getExistingDirectory(self, "Folder for their predictions")
        if output:
            self.runs.apply_to_folder(folder, output)

    def _on_began(self, total: int) -> None:
        self.error.clear()
        self.run.begin(total)
        self._show_missing()

    def _on_ended(self, note: str) -> None:
        self.run.end(note)
        self._show_missing()

    def _show_missing(self) -> None:
        missing = "" if self._live.probe is not None else _NO_PROBE
        self.run.set_missing(missing)
        self.run.start_button.setToolTip(missing or _SAVE_TIP)
        self.apply_button.setEnabled(not missing and not self.run.is_running)
        self.apply_button.setToolTip(missing or _APPLY_TIP)
