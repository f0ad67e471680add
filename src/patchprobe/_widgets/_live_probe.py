"""A probe that follows the strokes: what happens between the brush and the overlay."""

from __future__ import annotations

from pathlib import Path

from napari.layers import Image, Labels
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._state import ProbeState, Snapshot
from .._work import Computing, Counted, Embedded, Fitted, Prediction, Report, RowsRead, Source, refit
from ..backbones import get_backbone
from ..errors import InputError
from ..io import Stack
from ..probe import LinearProbe
from ._autosave import Autosave
from ._brush import Brush
from ._image_set import ImageSet
from ._jobs import JobRunner, single_shot
from ._layers import (
    add_strokes,
    check_size,
    current_plane,
    find_strokes,
    label_colormap,
    layer_stack,
)
from ._overlay import OverlayLayers
from ._session import session_of
from ._stack_run import StackRun
from ._status import Mood
from ._stroke_book import StrokeBook
from ._stroke_rescue import StrokeRescue


class LiveProbe:
    """Keeps a probe fitted to the strokes on an image, and the overlay up to date.

    It owns no widget: a widget shows what its signals say. Fits and predictions run in the background,
    one at a time; strokes painted meanwhile lead to one more fit, not to one each.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.
    state : ProbeState
    parent : QObject
        What the background jobs end with.

    Attributes
    ----------
    version : int
        Grows with every fit.
    status : Signal(Mood, str)
        What it is doing.
    counted, fitted : Signal()
        Stroke counts, or the probe and its held-out score, are new.
    failed : Signal(Exception)
        To be shown where it happened.
    solved : Signal()
        A run went well, so an older error is solved.
    noticed : Signal(str)
        Something that the user should know; no error.
    """

    status = Signal(Mood, str)
    counted = Signal()
    fitted = Signal()
    failed = Signal(Exception)
    solved = Signal()
    noticed = Signal(str)

    def __init__(self, viewer: Viewer, state: ProbeState, parent: QObject) -> None:
        self.viewer = viewer
        self.state = state
        self.image: Image | None = None
        self.strokes: Labels | None = None
        self.probe: LinearProbe | None = None
        self.book = StrokeBook(viewer)
        self.brush = Brush(viewer, state)
        self.images = ImageSet()
        self.overlay = OverlayLayers(viewer, state)
        self._session = session_of(viewer)
        self.cache = self._session.cache
        self.stack_run = StackRun(self.cache, parent)
        self._stack: Stack | None = None
        self._loaded: LinearProbe | None = None
        self.version = 0
        self._fitted_revision = -1
        self._running_revision = -1
        self._again = False
        self._jobs = JobRunner(parent)
        self._soon = single_shot(parent, self._start)
        self._rescue = StrokeRescue(viewer, parent)
        self.autosave = Autosave(state, self.book, parent)
        self._connect()

    def _connect(self) -> None:
        self._jobs.yielded.connect(self._on_report)
        self._jobs.returned.connect(self._on_prediction)
        self._jobs.failed.connect(self._on_failed)
        self._jobs.ended.connect(self._on_ended)
        self.stack_run.predicted.connect(self.overlay.show)
        self.stack_run.kept.connect(self.overlay.show_labels)
        self.stack_run.failed.connect(self._on_failed)
        self.stack_run.ended.connect(lambda *_: self._say_ready())
        self.book.changed.connect(self._on_strokes)
        self.book.refused.connect(self._on_failed)
        self.images.changed.connect(self._on_images)
        self.brush.noticed.connect(self.noticed.emit)
        self._rescue.rescued.connect(self._on_rescued)
        self.viewer.layers.events.removed.connect(self._on_removed)
        self.viewer.dims.events.current_step.connect(self._on_moved)
        events = self.state.events
        events.backbone.connect(self._on_backbone)
        events.classes.connect(self._on_classes)
        events.live.connect(self.update)
        events.overlay.connect(self._on_overlay)
        events.opacity.connect(self.overlay.restyle)

    def close(self) -> None:
        """Let go of the viewer: the widget is gone."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.dims.events.current_step.disconnect(self._on_moved)
        self._rescue.close()
        self.autosave.close()
        self.brush.attach(None)
        self.book.attach(None)

    # --- what is worked on ---

    @property
    def stack(self) -> Stack | None:
        """What is worked on; None without an image."""
        return self._stack

    @property
    def n_planes(self) -> int:
        """Planes of the image; 0 without one."""
        return 0 if self._stack is None else self._stack.n_planes

    def use_image(self, image: Image | None) -> None:
        """Work on another image, with the stroke layer that was made for it, or a new one."""
        self._drop_jobs()
        if self.image in self.viewer.layers and self._stack is not None:
            source = self._session.source(self.image)
            self.images.park_book(self.image, self._stack, source, self.book)
        self.image = image
        self._stack = None
        if image is not None:
            try:
                self._stack = layer_stack(image)
            except InputError as error:
                self._on_failed(error)
        if self._stack is None or image is None:
            self._take_strokes(None)
            self.autosave.follow(None, None, is_new=False)
            if image is None:
                self.status.emit(Mood.IDLE, "no image yet")
            return
        self.solved.emit()
        found = find_strokes(self.viewer, image)
        self._take_strokes(found or add_strokes(self.viewer, image, self.state.color_map()))
        self.images.take(image, self.book)
        self.autosave.follow(self._stack, self.strokes, is_new=found is None)

    def use_strokes(self, layer: Labels) -> None:
        """Take the strokes from another labels layer; refuse one that does not fit the image."""
        if self.image is None or layer is self.strokes:
            return
        try:
            check_size(layer, self.image)
        except InputError as error:
            self.failed.emit(error)
            return
        self._drop_jobs()
        self._take_strokes(layer)
        self.autosave.follow(self._stack, layer, is_new=False)

    def _take_strokes(self, layer: Labels | None) -> None:
        self.strokes = layer
        self._rescue.watch(self.image, layer)
        self.probe = self._loaded
        self._fitted_revision = -1
        self.overlay.attach(self.image if layer is not None else None, layer)
        if layer is not None:
            layer.colormap = label_colormap(self.state.color_map())
        self.brush.attach(layer)
        self.book.attach(layer)
        self.brush.take()
        self.counted.emit()
        self.fitted.emit()
        self.update()

    def _drop_jobs(self) -> None:
        """Forget what runs: it is about something else now."""
        self._jobs.drop()
        self.stack_run.drop()
        self._again = False

    def _on_removed(self, event: Event) -> None:
        self.overlay.forget(event.value)
        self.images.forget(event.value)

    def _on_rescued(self) -> None:
        self.brush.take()
        self.noticed.emit("The stroke layer is back, with all strokes. To start over, use Erase all strokes.")

    # --- classes and strokes ---

    def remove_class(self, number: int) -> None:
        """Remove a class and erase its strokes; undo (Ctrl-Z) brings both back."""
        try:
            self.state.remove_class(number)
        except InputError as error:
            self.failed.emit(error)
            return
        self.images.erase(number)
        self.book.erase(number)

    def erase_all(self) -> None:
        """Erase all strokes; undo (Ctrl-Z) brings them back."""
        self.book.erase()

    def _on_classes(self) -> None:
        if self.strokes is not None:
            self.strokes.colormap = label_colormap(self.state.color_map())
        self.overlay.restyle()
        self.counted.emit()

    def _on_strokes(self) -> None:
        self.counted.emit()
        self.update()

    def _on_images(self) -> None:
        self._fitted_revision = -1
        self.update()

    def painted(self) -> set[int]:
        """Numbers of the classes that have strokes, on this image or on others that feed the probe."""
        others = set() if self._stack is None else self.images.painted(self._stack)
        return self.book.painted() | others

    # --- what else happens ---

    def _on_moved(self) -> None:
        if self._jobs.is_running:
            # What is being computed for the plane before is kept, but waited for no more.
            self._jobs.drop()
        self.update()

    def _on_backbone(self) -> None:
        self._drop_jobs()
        self.book.rows.clear()
        self.images.forget_rows()
        self.probe = self._loaded = None
        self._fitted_revision = -1
        self.overlay.forget_predictions()
        self.fitted.emit()
        self.update()

    def _on_overlay(self) -> None:
        self.overlay.restyle()
        self.update()

    # --- running ---

    def update(self) -> None:
        """Bring probe and overlay up to date soon; several calls in a row lead to one run."""
        self._soon.start()

    def refit_now(self) -> None:
        """Fit on all strokes, even while live is off."""
        self._fitted_revision = -1
        self._start(forced=True)

    @property
    def needs_fit(self) -> bool:
        """Whether strokes were painted since the last fit."""
        return self._fitted_revision != self.book.revision

    def _start(self, forced: bool = False) -> None:
        if self._stack is None or self.image not in self.viewer.layers:
            return
        if self._jobs.is_running:
            self._again = True
            return
        self._again = False
        snapshot = self._snapshot(fit=self.needs_fit and (self.state.live or forced))
        if not self._is_done(snapshot):
            self._running_revision = self.book.revision
            self._jobs.start(refit, snapshot, self.cache)

    def _is_done(self, snapshot: Snapshot) -> bool:
        """Whether there is nothing to count, embed, fit or predict."""
        if snapshot.fit or snapshot.uncounted or snapshot.plane not in self._held_planes():
            return False
        return self.probe is None or self.overlay.is_current(snapshot.plane, self.version)

    def _snapshot(self, fit: bool) -> Snapshot:
        assert self._stack is not None and self.image is not None
        return Snapshot(
            stack=self._stack,
            source=self._session.source(self.image),
            backbone=self.state.backbone,
            plane=current_plane(self.viewer, self.image),
            strokes=dict(self.book.planes),
            fit=fit,
            uncounted=tuple(plane for plane in self.book.planes if plane not in self.book.counts),
            rows=dict(self.book.rows),
            probe=self._loaded if fit else self.probe,
            compute=self._session.compute,
            others=tuple(self.images.others(self._stack)),
        )

    def _on_report(self, report: Report) -> None:
        match report:
            case Computing(plane) if plane not in self._held_planes():
                self.status.emit(Mood.WORKING, report.in_words(self.n_planes))
            case Embedded():
                self._say_ready()
            case Counted():
                self._on_counted(report)
            case RowsRead(plane, rows, source) if source == self._session.source(self.image):
                self.book.rows[plane] = rows
            case RowsRead():
                self.images.keep_rows(report)
            case Fitted(probe):
                self.probe = probe
                self.version += 1
                self._fitted_revision = self._running_revision
                self.fitted.emit()

    def _on_counted(self, report: Counted) -> None:
        self.book.counts[report.plane] = report.counts
        for number in report.counts:
            if self.state.class_of(number) is None:
                self.state.add_class(number=number)
        self.counted.emit()

    def _on_prediction(self, prediction: Prediction | None) -> None:
        if prediction is not None:
            self.overlay.show(prediction, self.version)
        elif self.probe is None:
            self.overlay.clear()
        if not self.book.is_refused:
            self.solved.emit()

    def _on_failed(self, error: Exception) -> None:
        self.status.emit(Mood.LOOK, "stopped: see the message below")
        self.failed.emit(error)

    def _on_ended(self) -> None:
        if self._again:
            self._start()

    def _held_planes(self) -> set[int]:
        if self.image is None:
            return set()
        return self.cache.planes(self._session.source(self.image), self.state.backbone)

    def _say_ready(self) -> None:
        held = len(self._held_planes())
        planes = f", {held} of {self.n_planes} planes" if self.n_planes > 1 else ""
        self.status.emit(Mood.READY, f"ready{planes}")

    def source(self) -> Source | None:
        """Say what is embedded, and how; None without an image."""
        if self._stack is None or self.image is None:
            return None
        number = self._session.source(self.image)
        return Source(self._stack, number, self.state.backbone, self._session.compute)

    def named_probe(self) -> LinearProbe | None:
        """Return the probe with the names and colours of its classes."""
        if self.probe is not None:
            self.probe.class_names = {known.number: known.name for known in self.state.classes}
            self.probe.class_colors = self.state.color_map()
        return self.probe

    def predict_stack(self) -> None:
        """Predict all planes in the background."""
        if self._stack is None or self.image is None or self.probe is None:
            return
        source, here = self.source(), current_plane(self.viewer, self.image)
        self.stack_run.start(source, self.named_probe(), self.version, here)

    def is_newer_than_stack_run(self) -> bool:
        """Whether the probe was fitted again since the last run over the stack began."""
        return self.version != self.stack_run.version

    # --- files ---

    def save(self, path: str) -> None:
        """Save the probe with the names and colours of its classes."""
        probe = self.named_probe()
        if probe is None:
            return
        try:
            target = probe.save(path)
        except InputError as error:
            self.failed.emit(error)
        else:
            self.noticed.emit(f"Saved as {target.name}.")

    def load(self, path: str) -> None:
        """Load a probe: its features and classes are taken over, and it predicts until strokes say more."""
        try:
            probe = LinearProbe.load(path)
            get_backbone(probe.backbone_)
        except InputError as error:
            self.failed.emit(error)
            return
        self.take_probe(probe)
        self.noticed.emit(f"Loaded {Path(path).name}. It predicts until you paint two classes.")

    def take_probe(self, probe: LinearProbe) -> None:
        """Predict with a finished probe until strokes say more; its features and classes are taken over."""
        self.state.backbone = probe.backbone_
        numbers = [int(number) for number in probe.classes_]
        self.state.take_classes(numbers, probe.class_names or {}, probe.class_colors or {})
        self._drop_jobs()
        self.probe = self._loaded = probe
        self.version += 1
        self._fitted_revision = self.book.revision
        self.solved.emit()
        self.fitted.emit()
        self.update()
