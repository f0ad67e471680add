"""The Embed widget: features of a plane or a stack are computed ahead, and shown as colours."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Image
from napari.utils.events import Event
from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .._work import Computing, Embedded, Source, embed_planes
from ..backbones import BackboneSpec, get_backbone, list_backbones
from ..backbones.name import BackboneName
from ..compute import usable_cores
from ..errors import InputError
from ._backbone_cards import BackboneCards
from ._backbone_settings import BackboneSettings
from ._column import fill_with_column
from ._embed_task import Run, Task
from ._error_line import ErrorLine
from ._feature_view import FeatureView
from ._jobs import JobRunner
from ._layer_picker import LayerPicker
from ._layers import bare_viewer, current_plane, layer_stack
from ._plane_strip import PlaneStrip
from ._run_row import RunRow
from ._session import session_of
from ._status import Mood, StatusLine
from ._weights_row import WeightsRow

# The Probe widget embeds into the same cache, which tells nobody.
_LOOK_EVERY_MS = 400
_NO_IMAGE = "Open or drop an image first"
_THIS_PLANE = "The plane that is shown now"
_NOT_ON_DISK = "Download the weights first"
# Multiplications and additions per second, before anything was measured here.
_RATE_OF_A_CORE = 1e11
_BUSY = "Wait for the run, or stop it"


class EmbedWidget(QWidget):
    """Choose features, compute them for a plane or a stack, see what they see.

    What is computed lies in the memory that the Probe widget looks in.

    Parameters
    ----------
    napari_viewer : Viewer
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self._run: Run | None = None
        self._measured: dict[tuple[int, str], Embedded] = {}
        self._waited = False
        self._rate = _RATE_OF_A_CORE * usable_cores()
        self.picker = LayerPicker(self._viewer)
        self.cards = BackboneCards(self._viewer, _in_order_of_use(list_backbones()))
        self.folder_button = QPushButton("Model in a folder…")
        self.weights = WeightsRow(self._viewer)
        self.settings = BackboneSettings()
        self.strip = PlaneStrip(self._viewer)
        self.this_plane = QRadioButton("This plane")
        self.whole_stack = QRadioButton("All planes")
        self.cost = QLabel()
        self.embedding = RunRow("Embed")
        self.features = FeatureView(self._viewer)
        self.error = ErrorLine(self._viewer)
        self.status = StatusLine(self._viewer)
        self._jobs = JobRunner(self)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._lay_out()
        self._connect()
        self._on_choice()

    def _lay_out(self) -> None:
        self.this_plane.setChecked(True)
        self.this_plane.setToolTip(_THIS_PLANE)
        region = QHBoxLayout()
        self._region = QButtonGroup(self)
        for button in (self.this_plane, self.whole_stack):
            self._region.addButton(button)
            region.addWidget(button)
        region.addStretch()
        for label in (self.cost, self.embedding.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        image = QFormLayout()
        image.addRow("Image", self.picker)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addLayout(image)
        for part in (self.cards, self.folder_button, self.weights, self.settings):
            layout.addWidget(part)
        layout.addLayout(region)
        for part in (self.strip, self.cost, self.embedding, self.status, self.error, self.features):
            layout.addWidget(part)
        layout.addStretch()
        fill_with_column(self, content)

    def _connect(self) -> None:
        self.picker.picked.connect(self._on_picked)
        self.cards.chosen.connect(lambda _: self._on_choice())
        self.settings.changed.connect(self._on_choice)
        self.folder_button.clicked.connect(self._choose_folder)
        self.weights.got.connect(self._on_weights)
        self.weights.failed.connect(self.error.show_error)
        self.weights.run_changed.connect(self.refresh)
        self.this_plane.toggled.connect(lambda _: self._on_choice())
        self.embedding.start_requested.connect(self._embed)
        self.embedding.stop_requested.connect(self._stop)
        self.features.said.connect(self.status.say)
        self.features.measured.connect(self._on_measured)
        self.features.failed.connect(self.error.show_error)
        self.features.run_changed.connect(self._on_feature_run)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(self._on_returned)
        self._jobs.failed.connect(self._on_failed)
        self._jobs.ended.connect(self._on_ended)
        self._look.timeout.connect(self.refresh)
        self._viewer.layers.events.removed.connect(self._on_removed)
        self._viewer.dims.events.current_step.connect(self._on_slider)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what the other widgets embed."""
        self._look.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing while nobody looks."""
        self._look.stop()

    # --- what would be done ---

    def _task(self) -> Task | None:
        """Take stock of layer, backbone and slider; None without an image that can be embedded."""
        layer = self.picker.layer
        if not isinstance(layer, Image) or layer not in self._viewer.layers:
            return None
        name = self.settings.name_of(self.cards.spec)
        self._session.compute = self.settings.compute
        source = Source(layer_stack(layer), self._session.source(layer), name, self._session.compute)
        held = self._session.cache.planes(source.identity, source.backbone)
        whole = self.whole_stack.isChecked() and source.stack.n_planes > 1
        return Task(layer, source, current_plane(self._viewer, layer), whole, held)

    def refresh(self) -> None:
        """Say what is embedded already, what the rest will cost, and what can be done."""
        try:
            task = self._task()
        except InputError as error:
            self._show_impossible(str(error))
            return
        if task is None:
            self._show_impossible(_NO_IMAGE, Mood.IDLE)
            return
        self._show_region(task)
        self.strip.show_planes(task.held, task.n_planes, task.plane)
        if not self.cards.spec.on_disk:
            self._show_impossible(_NOT_ON_DISK, Mood.IDLE)
            return
        try:
            backbone = get_backbone(task.source.backbone, task.source.compute)
            impossible = task.impossible(backbone.spec)
            measured = self._measured.get((task.source.identity, task.source.backbone))
            cost = task.cost(backbone, measured, self._rate, self._session.cache.max_bytes)
        except InputError as error:
            impossible = str(error)
        if impossible:
            self._show_impossible(impossible)
            return
        self.cost.setText(cost)
        busy = _BUSY if self._is_busy else ""
        self.embedding.set_missing(busy or task.done_already())
        self.features.follow(task, busy)
        if not busy:
            self.status.say(*task.state())

    def _show_impossible(self, why: str, mood: Mood = Mood.LOOK) -> None:
        self.cost.clear()
        self.embedding.set_missing(why)
        self.features.follow(None, why)
        if not self._is_busy:
            self.status.say(mood, why)

    def _show_region(self, task: Task) -> None:
        many, busy = task.n_planes > 1, self._is_busy
        self.whole_stack.setText(f"All {task.n_planes} planes" if many else "All planes")
        self.whole_stack.setEnabled(many and not busy)
        tip = "The whole stack, beginning with the plane that is shown" if many else "There is one plane only"
        self.whole_stack.setToolTip(_BUSY if busy else tip)
        if not many:
            self.this_plane.setChecked(True)
        self.embedding.start_button.setText("Embed all planes" if task.whole else "Embed this plane")

    # --- what happens in the viewer ---

    def _on_choice(self) -> None:
        spec = self.cards.spec
        self.settings.follow(spec)
        self.weights.follow(spec)
        self.embedding.end()
        self.features.clear_note()
        self.error.clear()
        self.refresh()

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of a model")
        if folder:
            self.use_model_folder(folder)

    def use_model_folder(self, folder: str) -> None:
        """Add a pretrained network in a folder to the choice, and choose it."""
        try:
            spec = get_backbone(str(BackboneName(f"path:{folder}"))).spec
        except InputError as error:
            self.error.show_error(error)
            return
        self.cards.add(spec, at=1)
        self.cards.choose(spec.name)

    def _on_weights(self, name: str) -> None:
        """Show that a network is on this disk now."""
        self.cards.add(next(spec for spec in list_backbones() if spec.name == name))
        if self._is_busy:
            self.weights.follow(self.cards.spec)
        else:
            self._on_choice()

    def _on_picked(self, layer: Image | None) -> None:
        if not self._is_busy:
            self._on_choice()

    def _on_slider(self) -> None:
        self.refresh()

    def _on_removed(self, event: Event) -> None:
        if self._run is not None and event.value is self._run.task.layer:
            self._abandon(self._run, f"Stopped, {event.value.name} was removed")
        else:
            self.refresh()

    def _abandon(self, run: Run, note: str) -> None:
        self._jobs.drop()
        self._finish(run, note)

    # --- running ---

    def _embed(self) -> None:
        task = self._task()
        if task is None:
            return
        self._begin(Run(task, self.embedding, len(task.left)))
        # Those at hand first: they count as used now, and do not make room for the others.
        planes = sorted(task.wanted, key=lambda plane: plane not in task.held)
        self._jobs.start(embed_planes, task.source, planes, self._session.cache)

    @property
    def _is_busy(self) -> bool:
        return self._run is not None or self.features.is_running

    def _on_feature_run(self) -> None:
        """Keep what a picture is about from being changed while it is drawn."""
        if self.features.is_running:
            self.error.clear()
            self.embedding.end()
        self._lock(self.features.is_running)
        self.refresh()

    def _begin(self, run: Run) -> None:
        self._run = run
        self.error.clear()
        self.features.clear_note()
        run.row.begin(run.total)
        self._lock(True)
        self.refresh()

    def _lock(self, busy: bool) -> None:
        """Keep what a run is about from being changed under it."""
        for part in (self.cards, self.folder_button, self.settings, self.this_plane, self.whole_stack):
            part.setEnabled(not busy)
            part.setToolTip(_BUSY if busy else "")
        self.this_plane.setToolTip(_BUSY if busy else _THIS_PLANE)
        self.picker.setEnabled(not busy and self.picker.layer is not None)

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stopped = True
            self._jobs.stop()

    def _on_step(self, step: Computing | Embedded) -> None:
        run = self._run
        if run is None:
            return
        if self._session.source(run.task.layer) != run.task.source.identity:
            self._abandon(run, f"Stopped, the data of {run.task.layer.name} was replaced")
            return
        match step:
            case Computing():
                self.status.say(Mood.WORKING, step.in_words(run.task.n_planes))
                if step.tiles is not None:
                    run.row.advance(run.done + step.tiles.done / step.tiles.total)
            case Embedded() if step.seconds:
                self._on_measured(run.task.source, step)
                self._advance(run)

    def _on_measured(self, source: Source, step: Embedded) -> None:
        """Remember what a plane took, where it was computed now."""
        if not step.seconds:
            return
        self._measured[source.identity, source.backbone] = step
        operations = get_backbone(source.backbone, source.compute).operations(source.stack.plane_shape)
        # The first plane waits for what is done once: loading, converting, measuring the position.
        if operations and self._waited:
            self._rate = operations / step.seconds
        self._waited = True

    def _advance(self, run: Run) -> None:
        run.done += 1
        run.row.advance(run.done)
        self.refresh()

    def _on_returned(self, left_out: int | None) -> None:
        if self._run is not None:
            self._run.left_out = left_out or 0

    def _on_failed(self, error: Exception) -> None:
        if self._run is not None:
            self._run.failed = True
        self.error.show_error(error)

    def _on_ended(self) -> None:
        run = self._run
        if run is None:
            return
        self._finish(run, run.outcome())

    def _finish(self, run: Run, note: str) -> None:
        self._run = None
        run.row.end(note)
        self._lock(False)
        self.refresh()


def _in_order_of_use(specs: Sequence[BackboneSpec]) -> list[BackboneSpec]:
    """Order backbones: the default, networks on this disk, those to download, and the reports' stand-ins."""

    def rank(spec: BackboneSpec) -> int:
        if not spec.weights:
            return 3 if spec.patch_size > 1 else 0
        return 1 if spec.on_disk else 2

    return sorted(specs, key=rank)
