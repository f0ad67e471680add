"""Getting the weights of a network: a button, the progress, Stop."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from ..backbones import BackboneSpec
from ..backbones.download import Downloaded, downloading
from ..backbones.registry import hub_ids
from ._jobs import JobRunner
from ._run_row import RunRow
from ._tones import tones_of

_MB = 1_000_000


class WeightsRow(QWidget):
    """Shown while the chosen network is not on this disk.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    got : Signal(str)
        The weights of the backbone of that name are on this disk now.
    failed : Signal(Exception)
        To be shown where it happened.
    run_changed : Signal()
        A download began or is over.
    """

    got = Signal(str)
    failed = Signal(object)
    run_changed = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._spec: BackboneSpec | None = None
        self._running = ""
        self.about = QLabel()
        self.row = RunRow("Download", unit=" MB")
        self.jobs = JobRunner(self)
        for label in (self.about, self.row.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.about)
        layout.addWidget(self.row)
        self.row.start_requested.connect(self._start)
        self.row.stop_requested.connect(self.jobs.stop)
        self.jobs.yielded.connect(self._on_step)
        self.jobs.failed.connect(self.failed.emit)
        self.jobs.returned.connect(lambda _: self.got.emit(self._running))
        self.jobs.ended.connect(self._on_ended)
        viewer.events.theme.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def is_running(self) -> bool:
        """Whether something is being downloaded."""
        return bool(self._running)

    def follow(self, spec: BackboneSpec) -> None:
        """Turn to another choice; what is being downloaded goes on."""
        self._spec = spec
        if self._running:
            return
        self.setVisible(not spec.on_disk)
        gated = (
            "Its licence is accepted once on the Hugging Face hub; the message says how. "
            if spec.is_gated
            else ""
        )
        self.about.setText(
            f"{gated}What is downloaded stays on this computer, and can be stopped and gone on with."
        )
        self.row.start_button.setText(f"Download {spec.download_mb:,.0f} MB")

    def _start(self) -> None:
        if self._spec is None:
            return
        self._running = self._spec.name
        self.row.begin(0)
        self.run_changed.emit()
        self.jobs.start(downloading, *hub_ids(self._spec.name))

    def _on_step(self, step: Downloaded) -> None:
        total = max(1, round(step.total / _MB))
        if self.row.total != total:
            self.row.begin(total)
        self.row.advance(step.done / _MB)

    def _on_ended(self) -> None:
        self._running = ""
        self.row.end()
        if self._spec is not None:
            self.follow(self._spec)
        self.run_changed.emit()

    def _restyle(self) -> None:
        self.about.setStyleSheet(f"color: {tones_of(self._viewer).muted}")
