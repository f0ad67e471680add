"""Choosing a public data set: what it is, its licence and size, where it is, and getting it."""

from __future__ import annotations

from pathlib import Path

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import datasets
from .._load_work import DatasetRequest
from ..datasets import DatasetSpec
from ..datasets.download import Progress, downloading
from ._elided_combo import ElidedCombo
from ._jobs import JobRunner
from ._run_row import RunRow
from ._tones import tones_of


class DatasetPage(QWidget):
    """A list of data sets, the folder of the chosen one, and a button that downloads it.

    Nothing is downloaded before the button is clicked; size and licence stand above it.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    changed : Signal()
        Another set or folder was chosen, or what is in the folder has changed.
    failed : Signal(Exception)
        To be shown where it happened.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.choice = ElidedCombo()
        self.about = QLabel()
        self.folder = QLineEdit()
        self.browse = QPushButton("Folder…")
        self.item = ElidedCombo()
        self.part = ElidedCombo()
        self.row = RunRow("Download")
        self.jobs = JobRunner(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._on_choice()
        self.hide()

    def _set_up(self) -> None:
        for spec in datasets.list_datasets():
            self.choice.addItem(f"{spec.title} · {spec.modality}", spec.name)
        self.choice.setToolTip("Public data set")
        self.folder.setToolTip("Where the data set is, or is to be downloaded to")
        self.part.setToolTip("Which part of the data set to download")
        self.item.setToolTip("Which of what is in the folder: volume, person, movie")
        self.browse.setToolTip("Choose the folder where the data set is, or is to be downloaded to")
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.about.setOpenExternalLinks(True)
        for label in (self.about, self.row.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.choice)
        layout.addWidget(self.about)
        layout.addLayout(place)
        layout.addWidget(self.item)
        layout.addWidget(self.part)
        layout.addWidget(self.row)

    def _connect(self) -> None:
        self.choice.currentIndexChanged.connect(lambda _: self._on_choice())
        self.part.activated.connect(lambda _: self._show_download())
        self.folder.editingFinished.connect(self._look)
        self.browse.clicked.connect(self._on_browse)
        self.row.start_requested.connect(self._start)
        self.row.stop_requested.connect(self.jobs.stop)
        self.jobs.yielded.connect(self._on_step)
        self.jobs.failed.connect(self.failed.emit)
        self.jobs.ended.connect(self._on_ended)
        self._viewer.events.theme.connect(self._restyle)
        self._restyle()

    @property
    def spec(self) -> DatasetSpec:
        """What is known of the chosen set."""
        return datasets.get_dataset(self.choice.currentData())

    @property
    def is_here(self) -> bool:
        """Whether the folder is one of the chosen set."""
        return self.item.count() > 0

    def request(self) -> DatasetRequest:
        """Return what is asked for."""
        return DatasetRequest(self.spec.name, self.folder.text().strip(), self.item.currentText() or None)

    def _on_choice(self) -> None:
        self.folder.setText(str(datasets.default_folder(self.spec.name)))
        self._describe()
        self._offer_parts()
        self._look()

    def _describe(self) -> None:
        spec = self.spec
        pages = [word for word in spec.homepage.split() if word.startswith("https://")]
        style = f'style="color: {tones_of(self._viewer).working}"'
        links = ", ".join(f'<a {style} href="{page}">{page.split("/")[2]}</a>' for page in pages)
        lines = (
            spec.summary,
            f"Size: {spec.size}",
            f"Licence: {spec.licence}",
            f"Cite: {spec.citation}",
            f"Homepage: {links}",
        )
        self.about.setText("<br>".join(lines))

    def _look(self) -> None:
        """See what is in the folder."""
        folder = self.folder.text().strip()
        self.item.clear()
        self.item.addItems(datasets.items(self.spec.name, folder) if folder else ())
        self.item.setVisible(self.item.count() > 1)
        self._show_download()
        self.changed.emit()

    def _show_download(self) -> None:
        """Offer what can be downloaded, or say how else to get it."""
        spec = self.spec
        several = self.part.count() > 1
        self.row.setVisible(self.row.is_running or several or not self.is_here)
        if self.row.is_running:
            return
        self.row.end("" if spec.files else spec.access)
        self.row.start_button.setVisible(bool(spec.files))
        self.part.setVisible(several)
        if spec.files:
            size = sum(file.megabytes for file in spec.choose(self._parts))
            self.row.start_button.setText(f"Download ({size:,.0f} MB)")
            self.row.start_button.setToolTip("Can be stopped, and goes on where it was")

    @property
    def _parts(self) -> tuple[str, ...]:
        return tuple(self.part.currentData() or ())

    def _offer_parts(self) -> None:
        """List the parts that can be downloaded, the usual ones first."""
        spec = self.spec
        self.part.clear()
        if not spec.files:
            return
        usual = spec.default_parts or spec.parts
        single = tuple((part,) for part in spec.parts)
        for parts in dict.fromkeys((usual, *single)):
            size = sum(file.megabytes for file in spec.choose(parts))
            self.part.addItem(f"{', '.join(parts)} · {size:,.0f} MB", parts)

    def _on_browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder of the data set", self.folder.text())
        if path:
            self.folder.setText(path)
            self._look()

    def _start(self) -> None:
        self.row.begin(0)
        for field in (self.choice, self.folder, self.part):
            field.setEnabled(False)
        self.jobs.start(downloading, self.spec, Path(self.folder.text().strip()).expanduser(), self._parts)

    def _on_step(self, progress: Progress) -> None:
        if self.row.total != progress.total or progress.done == 0:
            self.row.begin(progress.total)
        self.row.advance(progress.done)
        self.row.bar.setToolTip(progress.step)

    def _on_ended(self) -> None:
        self.row.end()
        for field in (self.choice, self.folder, self.part):
            field.setEnabled(True)
        self._look()

    def _restyle(self) -> None:
        self.about.setStyleSheet(f"color: {tones_of(self._viewer).muted}")
        self._describe()
