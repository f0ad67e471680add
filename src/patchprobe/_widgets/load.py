"""The Load widget: a file, a folder, a sample or a public data set becomes layers with its sizes."""

from __future__ import annotations

from collections.abc import Iterator

from napari.viewer import Viewer
from qtpy.QtCore import QMimeData
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from .._load_work import Datasets, Opened, Preview, Request, SampleRequest, open_stack, read_preview
from ._column import fill_with_column
from ._error_line import ErrorLine
from ._jobs import JobRunner
from ._layers import add_layers, bare_viewer
from ._load_dataset import DatasetPage
from ._load_file import FilePage
from ._load_sample import SamplePage
from ._run_row import RunRow
from ._status import Mood, StatusLine

_NO_FILE = "Choose a file or a folder, or drop one here"
_NOT_HERE = "Not in this folder yet"


class LoadWidget(QWidget):
    """Choose a file, see what it is, mend what was guessed, open it.

    Headers and first planes are read beside the window; what is typed while that goes on starts it anew.

    Parameters
    ----------
    napari_viewer : Viewer
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self.setAcceptDrops(True)
        self.use_file = QRadioButton("File or folder")
        self.use_sample = QRadioButton("Sample")
        self.use_dataset = QRadioButton("Public data")
        self.file = FilePage(self._viewer)
        self.sample = SamplePage()
        self.dataset = DatasetPage(self._viewer)
        self.status = StatusLine(self._viewer)
        self.error = ErrorLine(self._viewer)
        self.run = RunRow("Open")
        # Names of files are as long as they like.
        self.run.note.setWordWrap(True)
        self.run.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._reader = JobRunner(self)
        self._opener = JobRunner(self)
        self._lay_out()
        self._connect()
        self.use_file.setChecked(True)

    def _lay_out(self) -> None:
        self.use_file.setToolTip(
            "TIFF, PNG, JPEG, Zarr, HDF5, NIfTI, NRRD, DICOM, slides, .npy, a folder of numbered images, "
            "or of a\n"
            "public data set"
        )
        self.use_sample.setToolTip("Images made by the program, with exact truth, to try things on")
        self.use_dataset.setToolTip(
            "CREMI, the Allen mouse atlas and others: what they are, and getting them"
        )
        self._choice = QButtonGroup(self)
        choices = QHBoxLayout()
        for button in (self.use_file, self.use_sample, self.use_dataset):
            self._choice.addButton(button)
            choices.addWidget(button)
        choices.addStretch()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addLayout(choices)
        for part in (self.file, self.sample, self.dataset, self.status, self.error, self.run):
            layout.addWidget(part)
        layout.addStretch()
        fill_with_column(self, content)

    def _connect(self) -> None:
        self._choice.buttonToggled.connect(lambda _, checked: self._on_choice() if checked else None)
        self.file.typed.connect(lambda: self.run.set_missing(""))
        self.file.path_changed.connect(self._on_path)
        self.file.changed.connect(self._read)
        self.sample.changed.connect(self._describe_choice)
        self.dataset.changed.connect(self._describe_choice)
        self.dataset.failed.connect(self.error.show_error)
        self._reader.yielded.connect(self._on_read)
        self._reader.returned.connect(self._on_preview)
        self._reader.failed.connect(self._on_unreadable)
        self.run.start_requested.connect(self._open)
        self.run.stop_requested.connect(self._stop)
        self._opener.returned.connect(self._on_opened)
        self._opener.failed.connect(self._on_open_failed)

    @property
    def request(self) -> Request:
        """What would be opened now."""
        if self.use_dataset.isChecked():
            return self.dataset.request()
        return self.file.request() if self.use_file.isChecked() else self.sample.request()

    def open_path(self, path: str) -> None:
        """Show what a file or folder is, as if it had been dropped."""
        self.use_file.setChecked(True)
        self.file.set_path(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(_local_paths(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show what was dropped; nothing is opened before it is asked for."""
        paths = list(_local_paths(event.mimeData()))
        event.acceptProposedAction()
        if len(paths) > 1:
            self.error.say(
                f"{len(paths)} files were dropped. Drop one file, or the folder that holds the planes."
            )
            return
        self.open_path(paths[0])

    def _on_choice(self) -> None:
        self.file.setVisible(self.use_file.isChecked())
        self.sample.setVisible(self.use_sample.isChecked())
        self.dataset.setVisible(self.use_dataset.isChecked())
        self.error.clear()
        if self.use_sample.isChecked():
            self.sample.draw()
        elif self.use_file.isChecked() and self.file.request().path and self.file.preview is None:
            self._read()
            return
        self._describe_choice()

    def _describe_choice(self) -> None:
        """Say what would be opened, and whether it can be."""
        if self._opener.is_running:
            return
        if self.use_sample.isChecked():
            self.status.say(Mood.READY, self.sample.describe())
            self.run.set_missing("")
        elif self.use_dataset.isChecked():
            here = self.dataset.is_here
            self.status.say(Mood.READY if here else Mood.IDLE, self.dataset.spec.title if here else _NOT_HERE)
            self.run.set_missing("" if here else _NOT_HERE)
        elif self.file.preview is not None:
            self._say_preview(self.file.preview)
        else:
            self.status.say(Mood.IDLE, _NO_FILE)
            self.run.set_missing(_NO_FILE)

    def _on_path(self) -> None:
        self.file.forget()
        self._read()

    def _read(self) -> None:
        request = self.file.request()
        self.error.clear()
        if not request.path:
            self._reader.drop()
            self._describe_choice()
            return
        self.status.say(Mood.WORKING, "Reading the header")
        # Open stays possible: a click on it ends the editing of a field, and must not be lost.
        self.run.set_missing("")
        self._reader.start(read_preview, request)

    def _on_read(self, found: Datasets | None) -> None:
        if found is not None:
            self.file.offer(found)

    def _on_preview(self, preview: Preview) -> None:
        self.file.show_preview(preview)
        self._describe_choice()

    def _say_preview(self, preview: Preview) -> None:
        self.status.say(Mood.LOOK if preview.stack.notes else Mood.READY, preview.line)
        self.run.set_missing("")

    def _on_unreadable(self, error: Exception) -> None:
        self.file.preview = None
        self.status.say(Mood.LOOK, "Not readable as it is")
        self.run.set_missing(f"This cannot be opened. {error}")
        # In place only: it is the answer to a line that is being filled in.
        self.error.say(str(error))

    def _open(self) -> None:
        self.file.take_path()
        request = self.request
        self.error.clear()
        self.status.say(
            Mood.WORKING,
            "Making the sample" if isinstance(request, SampleRequest) else "Reading the first plane",
        )
        self.run.begin(0)
        self._opener.start(open_stack, request)

    def _stop(self) -> None:
        # Reading one plane cannot be interrupted, but nobody has to wait for it.
        self._opener.drop()
        self.run.end("Stopped, nothing was opened")
        self._describe_choice()

    def _on_opened(self, opened: Opened) -> None:
        layers = add_layers(self._viewer, opened.layers)
        names = ", ".join(layer.name for layer in layers)
        self.run.end(f"Opened {names}" if len(layers) < 4 else f"Opened {len(layers)} layers")
        self.status.say(Mood.READY, opened.line)

    def _on_open_failed(self, error: Exception) -> None:
        self.run.end()
        self.status.say(Mood.LOOK, "Nothing was opened")
        self.error.show_error(error)


def _local_paths(data: QMimeData) -> Iterator[str]:
    return (url.toLocalFile() for url in data.urls() if url.isLocalFile())
