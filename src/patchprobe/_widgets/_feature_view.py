"""What the features see: as colours, as groups, or by similarity to a point."""

from __future__ import annotations

from napari.utils.events import Event
from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QSizePolicy, QSpinBox, QWidget

from .._feature_work import FeatureMap, Look, Picture, View, picture_planes
from .._work import Computing, Embedded
from ..errors import InputError
from ._embed_task import Run, Task
from ._feature_layer import GROUP_COLORS, FeatureLayer
from ._jobs import JobRunner
from ._live_similarity import LiveSimilarity
from ._run_row import RunRow
from ._section import Section
from ._session import session_of
from ._status import Mood, StatusLine

_GROUPS = 6
_ALL_BLOCKS = "all blocks"
_LOOKS = {
    Look.COLORS: (
        "colours",
        "Show feature picture",
        "The three directions in which features vary most, as red, green and blue: "
        "what looks alike here, looks alike to the probe",
    ),
    Look.GROUPS: (
        "groups",
        "Show groups",
        "Pixels in so many groups of like features (k-means), without any strokes: "
        "what the features tell apart by themselves",
    ),
}
_BLOCKS_LATER = "Known once a plane is embedded"
_ONE_BLOCK = "These features have one block"
_SIMILAR = (
    "Paints where the plane looks like the place under the mouse: yellow is alike, clear is not. "
    "A click keeps the place, to look at it on other planes too"
)


class FeatureView(Section):
    """Controls of what is shown of the features, and the runs that draw it.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.

    Attributes
    ----------
    said : Signal(Mood, str)
        What a run is doing.
    measured : Signal(Source, Embedded)
        A plane was embedded on the way.
    failed : Signal(Exception)
        To be shown where it happened.
    run_changed : Signal()
        A run began or is over.
    """

    said = Signal(object, str)
    measured = Signal(object, object)
    failed = Signal(object)
    run_changed = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__("What the features see", parent)
        self._viewer = viewer
        self._session = session_of(viewer)
        self._task: Task | None = None
        self._missing = ""
        self._run: Run | None = None
        self._layers: dict[Look, FeatureLayer] = {}
        self._blocks: tuple[str, ...] = ()
        self.block = QComboBox()
        self.look = QComboBox()
        self.clusters = QSpinBox()
        self.drawing = RunRow(_LOOKS[Look.COLORS][1])
        self.similar = QCheckBox("Similar to the point under the mouse")
        self.status = StatusLine(viewer)
        self.jobs = JobRunner(self)
        self.similarity = LiveSimilarity(viewer, self)
        self._lay_out()
        self._connect()
        self._update()

    def _lay_out(self) -> None:
        for words, _, tip in _LOOKS.values():
            self.look.addItem(words)
            self.look.setItemData(self.look.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.clusters.setRange(2, len(GROUP_COLORS))
        self.clusters.setValue(_GROUPS)
        self.clusters.setToolTip("How many groups")
        self.clusters.setAccessibleName("How many groups")
        self.similar.setToolTip(_SIMILAR)
        self.status.hide()
        self.drawing.note.setWordWrap(True)
        self.drawing.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        looks = QHBoxLayout()
        looks.addWidget(self.look, 1)
        looks.addWidget(self.clusters)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Block", self.block)
        form.addRow("Picture", looks)
        self.body.addLayout(form)
        for part in (self.drawing, self.similar, self.status):
            self.body.addWidget(part)

    def _connect(self) -> None:
        for combo in (self.block, self.look):
            combo.currentIndexChanged.connect(self._on_view)
        self.clusters.valueChanged.connect(self._on_view)
        self.similar.toggled.connect(self._update)
        self.drawing.start_requested.connect(self._draw)
        self.drawing.stop_requested.connect(self._stop)
        self.jobs.yielded.connect(self._on_step)
        self.jobs.failed.connect(self._on_failed)
        self.jobs.ended.connect(self._on_ended)
        self.similarity.status.connect(self.status.say)
        self.similarity.failed.connect(self.failed.emit)
        self.similarity.dismissed.connect(lambda: self.similar.setChecked(False))
        self._viewer.layers.events.removed.connect(self._on_removed)
        similarity = self.similarity
        self.destroyed.connect(lambda *_: similarity.close())

    def showEvent(self, event: QShowEvent) -> None:
        """Go on painting similarity."""
        super().showEvent(event)
        self._update()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the mouse alone while nobody sees the switch."""
        super().hideEvent(event)
        self.similarity.stop()

    # --- what is wanted ---

    @property
    def is_running(self) -> bool:
        """Whether a picture is being drawn."""
        return self._run is not None

    @property
    def view(self) -> View:
        """What is chosen."""
        look = list(Look)[self.look.currentIndex()]
        block = self.block.currentIndex() - 1 if len(self._blocks) > 1 else -1
        return View(look, None if block < 0 else block, self.clusters.value() if look is Look.GROUPS else 0)

    def follow(self, task: Task | None, missing: str = "") -> None:
        """Turn to the image, the plane and the features that are chosen.

        Parameters
        ----------
        task : Task, optional
            None where nothing can be embedded.
        missing : str
            Why nothing can be drawn now; empty where it can.
        """
        self._task, self._missing = task, missing
        self._update()

    def clear_note(self) -> None:
        """Forget how the last run ended: something else is chosen."""
        self.drawing.end()

    def _update(self, *_: object) -> None:
        task, busy = self._task, self._run is not None
        self._show_blocks(
            () if task is None else self._session.cache.blocks(task.source.identity, task.source.backbone)
        )
        look = self.view.look
        _, verb, tip = _LOOKS[look]
        self.clusters.setVisible(look is Look.GROUPS)
        self.drawing.start_button.setText(verb)
        self.drawing.set_missing(self._missing)
        self.drawing.start_button.setToolTip(self._missing or tip)
        for part in (self.look, self.clusters):
            part.setEnabled(not busy)
        self.block.setEnabled(not busy and len(self._blocks) > 1)
        self.similar.setEnabled(task is not None)
        self.similar.setToolTip(_SIMILAR if task is not None else self._missing)
        self._update_similarity()

    def _update_similarity(self) -> None:
        task, wanted = self._task, self.similar.isChecked()
        self.status.setVisible(wanted and task is not None)
        if wanted and task is not None and self.isVisible():
            self.similarity.watch(task.layer, task.source, self.view.block, bool(self._missing))
        else:
            self.similarity.stop()

    def _show_blocks(self, names: tuple[str, ...]) -> None:
        """Offer the blocks that the features have, which is known once a plane is embedded."""
        several = "Which part of the features is shown"
        self.block.setToolTip(several if len(names) > 1 else _BLOCKS_LATER if not names else _ONE_BLOCK)
        if names == self._blocks and self.block.count():
            return
        self._blocks = names
        with QSignalBlocker(self.block):
            self.block.clear()
            self.block.addItems([_ALL_BLOCKS, *names] if len(names) > 1 else [*names] or [_ALL_BLOCKS])

    def _on_view(self) -> None:
        """Draw what is chosen now, where a picture is looked at and its features are at hand."""
        self.clear_note()
        self._update()
        task = self._task
        drawn = any(layer.is_shown(task.layer) for layer in self._layers.values()) if task else False
        if task is not None and drawn and not self._missing and not task.whole and task.plane in task.held:
            self._draw()

    # --- running ---

    def _draw(self) -> None:
        task, view = self._task, self.view
        if task is None:
            return
        layer = self._layers.get(view.look)
        if layer is None or not layer.is_of(task.layer, task.source, view):
            layer = self._layers[view.look] = FeatureLayer(self._viewer, task.layer, task.source, view)
        try:
            drawing = layer.plan(task.wanted)
        except InputError as error:
            self.failed.emit(error)
            return
        self._run = Run(task, self.drawing, len(drawing.planes))
        self.drawing.begin(self._run.total)
        self.run_changed.emit()
        cache = self._session.cache
        self.jobs.start(picture_planes, task.source, drawing.planes, cache, view, drawing.fitted)

    @property
    def _drawn(self) -> FeatureLayer:
        """The view that is being drawn; it cannot be changed during a run."""
        return self._layers[self.view.look]

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stopped = True
            self.jobs.stop()

    def _on_removed(self, event: Event) -> None:
        run = self._run
        if run is not None and event.value in (run.task.layer, self._drawn.layer):
            self._abandon(run, f"Stopped, {event.value.name} was removed")

    def _abandon(self, run: Run, note: str) -> None:
        self.jobs.drop()
        self._finish(run, note)

    def _on_step(self, step: Computing | Embedded | FeatureMap | Picture) -> None:
        run = self._run
        if run is None:
            return
        if self._session.source(run.task.layer) != run.task.source.identity:
            self._abandon(run, f"Stopped, the data of {run.task.layer.name} was replaced")
            return
        match step:
            case Computing():
                self.said.emit(Mood.WORKING, step.in_words(run.task.n_planes))
            case Embedded():
                self.measured.emit(run.task.source, step)
            case Picture():
                self._drawn.draw(step)
                run.done += 1
                self.drawing.advance(run.done)
            case _:
                self._drawn.take_fit(step, run.total)

    def _on_failed(self, error: Exception) -> None:
        if self._run is not None:
            self._run.failed = True
        self.failed.emit(error)

    def _on_ended(self) -> None:
        run = self._run
        if run is not None:
            self._drawn.show()
            self._finish(run, run.outcome())

    def _finish(self, run: Run, note: str) -> None:
        self._run = None
        self.drawing.end(note)
        self.run_changed.emit()
