"""A probe that follows the strokes: what happens between the brush and the overlay."""

from __future__ import annotations

from napari.layers import Image, Labels
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._predicting import Prediction
from .._state import ProbeState, Snapshot
from .._work import Computing, Counted, Differs, Embedded, Fitted, Report, RowsRead, Source
from ..errors import InputError
from ..io import Stack
from ..probe import Probe
from ._autosave import Autosave
from ._fit_run import FitRun
from ._image_set import ImageSet
from ._layers import add_strokes, current_plane, find_strokes, layer_stack
from ._loaded_probe import LoadedProbe, named
from ._overlay import OverlayLayers
from ._painting import Painting, check_strokes
from ._session import session_of
from ._stack_run import StackRun
from ._status import Mood
from ._timers import single_shot
from ._visible import visible_view


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
    shown : Signal()
        The overlay of what is visible is new.
    predicted : Signal(object)
        `Prediction` of the plane that is seen, or None without a probe.
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
    shown = Signal()
    predicted = Signal(object)
    failed = Signal(Exception)
    solved = Signal()
    noticed = Signal(str)

    def __init__(self, viewer: Viewer, state: ProbeState, parent: QObject) -> None:
        self.viewer = viewer
        self.state = state
        self.image: Image | None = None
        self.strokes: Labels | None = None
        self.probe: Probe | None = None
        self.painting = Painting(viewer, state, parent)
        self.book, self.brush = self.painting.book, self.painting.brush
        self.edits = self.painting.edits
        self.images = ImageSet()
        self.overlay = OverlayLayers(viewer, state)
        self._session = session_of(viewer)
        self.cache = self._session.cache
        self.stack_run = StackRun(self.cache, parent)
        self.stack: Stack | None = None
        self.loaded = LoadedProbe()
        self.version = 0
        self._fitted_revision = -1
        self._shown: Prediction | None = None
        self.run = FitRun(self.cache, parent)
        self._soon = single_shot(parent, self._start)
        self.autosave = Autosave(state, self.book, parent)
        self._connect()

    def _connect(self) -> None:
        self.run.reported.connect(self._on_report)
        self.run.predicted.connect(self._on_prediction)
        self.run.failed.connect(self._on_failed)
        self.run.awaited.connect(self._start)
        self.stack_run.predicted.connect(self.overlay.show)
        self.stack_run.kept.connect(self.overlay.show_labels)
        self.stack_run.failed.connect(self._on_failed)
        self.stack_run.ended.connect(lambda *_: self._say_ready())
        self.book.changed.connect(self._on_strokes)
        self.book.refused.connect(self._on_failed)
        self.images.changed.connect(self._on_images)
        self.painting.noticed.connect(self.noticed.emit)
        self.edits.repainting.connect(self._on_repainting)
        self.edits.repainted.connect(self._on_repainted)
        self.edits.failed.connect(self.failed.emit)
        self.viewer.layers.events.removed.connect(self._on_removed)
        self.viewer.dims.events.current_step.connect(self._on_moved)
        events = self.state.events
        events.backbone.connect(self._on_backbone)
        events.classifier.connect(self.refit_now)
        events.classes.connect(self._on_classes)
        events.live.connect(self.update)
        events.overlay.connect(self._on_overlay)
        events.opacity.connect(self.overlay.restyle)

    def close(self) -> None:
        """Let go of the viewer: the widget is gone."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.dims.events.current_step.disconnect(self._on_moved)
        self.autosave.close()
        self.painting.close()

    # --- what is worked on ---

    @property
    def n_planes(self) -> int:
        """Planes of the image; 0 without one."""
        return 0 if self.stack is None else self.stack.n_planes

    def use_image(self, image: Image | None) -> None:
        """Work on another image, with the stroke layer that was made for it, or a new one."""
        self._drop_jobs()
        if self.image in self.viewer.layers and self.stack is not None:
            source = self._session.source(self.image)
            self.images.park_book(self.image, self.stack, source, self.book)
        self.image = image
        self.stack = None
        if image is not None:
            try:
                self.stack = layer_stack(image)
            except InputError as error:
                self._on_failed(error)
        if self.stack is None or image is None:
            self._take_strokes(None)
            self.autosave.follow(None, None, is_new=False)
            if image is None:
                self.status.emit(Mood.IDLE, "no image yet")
            return
        self.solved.emit()
        found = find_strokes(self.viewer, image)
        self._take_strokes(found or add_strokes(self.viewer, image, self.state.color_map()))
        self.images.take(image, self.book)
        self.autosave.follow(self.stack, self.strokes, is_new=found is None)

    def use_strokes(self, layer: Labels) -> None:
        """Take the strokes from another labels layer; refuse one that does not fit the image."""
        if self.image is None or layer is self.strokes:
            return
        try:
            check_strokes(layer, self.image)
        except InputError as error:
            self.failed.emit(error)
            return
        self._drop_jobs()
        self._take_strokes(layer)
        self.autosave.follow(self.stack, layer, is_new=False)

    def _take_strokes(self, layer: Labels | None) -> None:
        self.strokes = layer
        self.probe = self.loaded.probe
        self._fitted_revision = -1
        self.overlay.attach(self.image if layer is not None else None, layer)
        # A run comes when all is in its place.
        with self.book.changed.blocked():
            self.painting.attach(layer, self.image)
        self.brush.take()
        self.counted.emit()
        self.fitted.emit()
        self.update()

    def _drop_jobs(self) -> None:
        """Forget what runs: it is about something else now."""
        self.run.drop()
        self.stack_run.drop()

    def _on_removed(self, event: Event) -> None:
        self.overlay.forget(event.value)
        self.images.forget(event.value)

    # --- classes and strokes ---

    def _on_classes(self) -> None:
        self.overlay.restyle()
        self.counted.emit()

    def _on_repainting(self, number: int, into: int) -> None:
        # What is computed now still knows the class.
        self._drop_jobs()
        self.overlay.relabel(number, into)

    def _on_repainted(self) -> None:
        self._drop_jobs()
        self.images.look()
        self.book.look()
        self.update()

    def _on_strokes(self) -> None:
        # At once: what the window has to paint meanwhile can wait, and the job says what it has counted.
        self._start()
        if self.book.planes.keys() <= self.book.counts.keys():
            self.counted.emit()

    def _on_images(self) -> None:
        self._fitted_revision = -1
        self.update()

    def painted(self) -> set[int]:
        """Numbers of the classes that have strokes, on this image or on others that feed the probe."""
        others = set() if self.stack is None else self.images.painted(self.stack)
        return self.book.painted() | others

    def _on_moved(self) -> None:
        # What is being computed for the plane before is kept, but waited for no more.
        self.run.drop()
        self.update()

    def _on_backbone(self) -> None:
        self._drop_jobs()
        self.book.rows.clear()
        self.images.forget_rows()
        self.loaded.forget()
        self.probe = None
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
        if self.stack is None or self.image not in self.viewer.layers:
            return
        if self.run.wait_in_line():
            return
        snapshot = self.snapshot(fit=self.needs_fit and (self.state.live or forced))
        if not self._is_done(snapshot):
            self.run.start(snapshot, self.book.revision)

    def _is_done(self, snapshot: Snapshot) -> bool:
        """Whether there is nothing to count, embed, fit or predict."""
        if snapshot.fit or snapshot.uncounted or snapshot.plane not in self._held_planes():
            return False
        return self.probe is None or self.overlay.is_current(snapshot.plane, self.version)

    def snapshot(self, fit: bool) -> Snapshot:
        """Freeze all that a fit and a prediction of the plane shown are computed from."""
        assert self.stack is not None and self.image is not None
        return Snapshot(
            stack=self.stack,
            source=self._session.source(self.image),
            backbone=self.state.backbone,
            plane=current_plane(self.viewer, self.image),
            strokes=dict(self.book.planes),
            fit=fit,
            uncounted=tuple(plane for plane in self.book.planes if plane not in self.book.counts),
            rows=dict(self.book.rows),
            view=visible_view(self.viewer, self.strokes),
            probe=self.loaded.probe if fit else self.probe,
            classifier=self.state.classifier,
            earlier=self.loaded.rows([known.number for known in self.state.classes]),
            decision_weights=self.state.decision_weights,
            compute=self._session.compute,
            others=tuple(self.images.others(self.stack)),
        )

    def _on_report(self, report: Report) -> None:
        match report:
            case Computing(plane) if plane not in self._held_planes():
                self.status.emit(Mood.WORKING, report.in_words(self.n_planes))
            case Embedded():
                self._say_ready()
            case Counted() if self.book.keep(report):
                self._on_counted(report)
            case RowsRead() if report.source != self._session.source(self.image):
                self.images.keep_rows(report)
            case RowsRead():
                self.book.keep(report)
            case Differs(sentences):
                self.loaded.tell(sentences)
            case Prediction():
                self._show(report)
            case Fitted(probe, seen):
                self._fitted_revision = self.run.revision
                self.probe = probe and probe.with_decision_weights(self.state.decision_weights)
                self.version += 1
                if seen is not None:
                    self._show(seen)
                self.fitted.emit()

    def _on_counted(self, report: Counted) -> None:
        for number in report.counts:
            if self.state.class_of(number) is None:
                self.state.add_class(number=number)
        self.counted.emit()

    def _on_prediction(self, prediction: Prediction | None) -> None:
        if prediction is not None:
            prediction = self._show(prediction)
        elif self.probe is None:
            self.overlay.clear()
        self.predicted.emit(prediction)
        self._say_ready()
        if not self.book.is_refused:
            self.solved.emit()

    def _show(self, prediction: Prediction) -> Prediction:
        weighed = prediction.weighed(self.state.decision_weights)
        if weighed is not self._shown:
            self._shown = weighed
            self.overlay.show(weighed, self.version)
            self.shown.emit()
        return weighed

    def _on_failed(self, error: Exception) -> None:
        self.status.emit(Mood.LOOK, "stopped: see the message below")
        self.failed.emit(error)

    def _held_planes(self) -> set[int]:
        if self.image is None:
            return set()
        return self.cache.planes(self._session.source(self.image), self.state.backbone)

    def _say_ready(self) -> None:
        planes = f", {len(self._held_planes())} of {self.n_planes} planes" if self.n_planes > 1 else ""
        self.status.emit(Mood.READY, f"ready{planes}")

    @property
    def source(self) -> Source | None:
        """What is embedded; None without an image."""
        if self.stack is None or self.image is None:
            return None
        here = self._session
        return Source(self.stack, here.source(self.image), self.state.backbone, here.compute)

    def predict_stack(self) -> None:
        """Predict all planes in the background."""
        if (source := self.source) is None or self.probe is None:
            return
        probe = named(self.probe, self.state)
        self.stack_run.start(source, probe, self.version, current_plane(self.viewer, self.image))

    def take_probe(self, probe: Probe | None, seen: Prediction | None = None) -> None:
        """Predict with another probe; `seen` is what it says of a plane, if known."""
        self.probe = probe
        self.version += 1
        self.fitted.emit()
        if seen is not None:
            self._on_prediction(seen)

    def go_on_with(self, probe: Probe, path: str) -> None:
        """Predict with a finished probe of a file, and add new strokes to those that it has learned from."""
        self.state.take_probe(probe)
        self._drop_jobs()
        self._fitted_revision = self.book.revision
        self.loaded.take(probe, path)
        self.solved.emit()
        self.take_probe(probe)
        self.update()

    def forget_loaded(self) -> None:
        """Go on with the strokes on this image alone."""
        self.loaded.forget()
        self.refit_now()
