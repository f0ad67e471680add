"""The Embed widget: features of a plane or a stack are computed ahead, and shown as colours."""

from __future__ import annotations

from dataclasses import dataclass

from napari.layers import Image, Layer
from napari.utils.events import Event
from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .._work import Computing, Embedded, Picture, Source, embed_planes, estimated_bytes, picture_planes
from ..backbones import list_backbones
from ..errors import InputError
from ..feature_picture import FeatureColors
from ..io.describe import bytes_in_words
from ._backbone_cards import BackboneCards
from ._error_line import ErrorLine
from ._feature_layer import FeatureLayer
from ._jobs import JobRunner
from ._layer_picker import LayerPicker
from ._layers import bare_viewer, current_plane, layer_stack
from ._run_row import RunRow, duration
from ._session import session_of
from ._status import Mood, StatusLine

# The Probe widget embeds into the same cache, which tells nobody.
_LOOK_EVERY_MS = 400
_NO_IMAGE = "Open or drop an image first"
_PICTURE = (
    "The three directions in which features vary most, as red, green and blue: "
    "what looks alike here, looks alike to the probe"
)
_THIS_PLANE = "The plane that is shown now"
_BUSY = "Wait for the run, or stop it"


@dataclass(frozen=True, eq=False)
class _Subject:
    """What would be embedded now."""

    layer: Image
    source: Source
    plane: int

    @property
    def n_planes(self) -> int:
        return self.source.stack.n_planes

    @property
    def from_here(self) -> list[int]:
        """All planes, those nearest to the one that is shown first."""
        return sorted(range(self.n_planes), key=lambda plane: abs(plane - self.plane))


@dataclass(eq=False)
class _Run:
    """What is running, and how far it is."""

    subject: _Subject
    row: RunRow
    total: int
    done: int = 0
    stopped: bool = False
    failed: bool = False
    left_out: int = 0


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
        self._run: _Run | None = None
        self._picture: FeatureLayer | None = None
        self._measured: dict[tuple[int, str], Embedded] = {}
        self.picker = LayerPicker(self._viewer)
        self.cards = BackboneCards(self._viewer, list_backbones())
        self.this_plane = QRadioButton("This plane")
        self.whole_stack = QRadioButton("All planes")
        self.cost = QLabel()
        self.embedding = RunRow("Embed")
        self.picturing = RunRow("Show feature picture")
        self.error = ErrorLine(self._viewer)
        self.status = StatusLine(self._viewer)
        self._jobs = JobRunner(self)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self.this_plane.setChecked(True)
        self.this_plane.setToolTip(_THIS_PLANE)
        region = QHBoxLayout()
        self._region = QButtonGroup(self)
        for button in (self.this_plane, self.whole_stack):
            self._region.addButton(button)
            region.addWidget(button)
        region.addStretch()
        for label in (self.cost, self.embedding.note, self.picturing.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        image = QFormLayout()
        image.addRow("Image", self.picker)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addLayout(image)
        layout.addWidget(self.cards)
        layout.addLayout(region)
        for part in (self.cost, self.embedding, self.picturing, self.status, self.error):
            layout.addWidget(part)
        layout.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(_scrolling(content))
        self.setMinimumWidth(300)

    def _connect(self) -> None:
        self.picker.picked.connect(self._on_picked)
        self.cards.chosen.connect(lambda _: self._on_choice())
        self.this_plane.toggled.connect(lambda _: self._on_choice())
        self.embedding.start_requested.connect(self._embed)
        self.picturing.start_requested.connect(self._draw)
        for row in (self.embedding, self.picturing):
            row.stop_requested.connect(self._stop)
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

    def _subject(self) -> _Subject | None:
        """Take stock of layer, backbone and slider; None without an image that can be embedded."""
        layer = self.picker.layer
        if not isinstance(layer, Image) or layer not in self._viewer.layers:
            return None
        source = Source(layer_stack(layer), self._session.source(layer), self.cards.spec.name)
        return _Subject(layer, source, current_plane(self._viewer, layer))

    def refresh(self) -> None:
        """Say what is embedded already, what the rest will cost, and what can be done."""
        try:
            subject = self._subject()
        except InputError as error:
            self._show_impossible(str(error))
            return
        if subject is None:
            self._show_impossible(_NO_IMAGE, Mood.IDLE)
            return
        self._show_region(subject)
        missing = self._missing(subject)
        if missing:
            self._show_impossible(missing)
            return
        held = self._held(subject.source)
        self._say_cost(subject, held)
        self.embedding.set_missing(self._nothing_left(subject, held))
        self.picturing.set_missing("" if self._run is None else _BUSY)
        self.picturing.start_button.setToolTip(_PICTURE if self._run is None else _BUSY)
        if self._run is None:
            self._say_held(subject, held)

    def _held(self, source: Source) -> set[int]:
        return self._session.cache.planes(source.identity, source.backbone)

    def _missing(self, subject: _Subject) -> str:
        spec, shape = self.cards.spec, subject.source.stack.plane_shape
        if min(shape) >= spec.patch_size:
            return ""
        return (
            f"The planes are {shape[1]} × {shape[0]} px, smaller than a patch of {spec.patch_size} px. "
            "Choose the features 'filters', which take any size."
        )

    def _nothing_left(self, subject: _Subject, held: set[int]) -> str:
        if self._run is not None:
            return _BUSY
        if self.whole_stack.isChecked():
            return "All planes are embedded already" if len(held) == subject.n_planes else ""
        return "This plane is embedded already" if subject.plane in held else ""

    def _show_impossible(self, why: str, mood: Mood = Mood.LOOK) -> None:
        self.cost.clear()
        for row in (self.embedding, self.picturing):
            row.set_missing(why)
        if self._run is None:
            self.status.say(mood, why)

    def _show_region(self, subject: _Subject) -> None:
        many = subject.n_planes > 1
        self.whole_stack.setText(f"All {subject.n_planes} planes" if many else "All planes")
        self.whole_stack.setEnabled(many and self._run is None)
        self.whole_stack.setToolTip(
            "All planes, the one that is shown first" if many else "There is one plane only"
        )
        if not many:
            self.this_plane.setChecked(True)
        whole = self.whole_stack.isChecked()
        self.embedding.start_button.setText("Embed all planes" if whole else "Embed this plane")

    def _say_cost(self, subject: _Subject, held: set[int]) -> None:
        stack, spec = subject.source.stack, self.cards.spec
        measured = self._measured.get((subject.source.identity, spec.name))
        nbytes = measured.nbytes if measured else estimated_bytes(stack, spec)
        whole = self.whole_stack.isChecked()
        planes = subject.n_planes if whole else 1
        parts = [f"{'' if measured else 'about '}{bytes_in_words(planes * nbytes)} of memory"]
        left = planes - len(held) if whole else int(subject.plane not in held)
        if measured and left:
            parts.append(f"about {duration(left * measured.seconds)}")
        fitting = max(1, self._session.cache.max_bytes // max(nbytes, 1))
        if fitting < planes:
            parts.append(
                f"{bytes_in_words(self._session.cache.max_bytes)} may be used, which keeps {fitting} planes; "
                "the others are computed when needed"
            )
        text = " · ".join(parts)
        self.cost.setText(text[0].upper() + text[1:])

    def _say_held(self, subject: _Subject, held: set[int]) -> None:
        here, n = subject.plane in held, subject.n_planes
        if n == 1:
            self.status.say(*((Mood.READY, "ready") if here else (Mood.IDLE, "not embedded yet")))
        elif here:
            self.status.say(Mood.READY, f"ready, {len(held)} of {n} planes")
        else:
            self.status.say(
                Mood.IDLE, f"plane {subject.plane} not embedded yet, {len(held)} of {n} planes ready"
            )

    # --- what happens in the viewer ---

    def _on_choice(self) -> None:
        for row in (self.embedding, self.picturing):
            row.end()
        self.error.clear()
        self.refresh()

    def _on_picked(self, layer: Image | None) -> None:
        if self._run is None:
            self._on_choice()

    def _on_slider(self) -> None:
        self.refresh()

    def _on_removed(self, event: Event) -> None:
        if self._run is not None and event.value in self._needed(self._run):
            self._abandon(self._run, f"Stopped, {event.value.name} was removed")
        else:
            self.refresh()

    def _needed(self, run: _Run) -> tuple[Layer | None, ...]:
        """Layers that a run cannot go on without."""
        picture = self._picture.layer if run.row is self.picturing and self._picture is not None else None
        return (run.subject.layer, picture)

    def _abandon(self, run: _Run, note: str) -> None:
        self._jobs.drop()
        self._finish(run, note)

    # --- running ---

    def _embed(self) -> None:
        subject = self._subject()
        if subject is None:
            return
        held = self._held(subject.source)
        wanted = subject.from_here if self.whole_stack.isChecked() else [subject.plane]
        # Those at hand first: they count as used now, and do not make room for the others.
        wanted.sort(key=lambda plane: plane not in held)
        self._begin(_Run(subject, self.embedding, len(set(wanted) - held)))
        self._jobs.start(embed_planes, subject.source, wanted, self._session.cache)

    def _draw(self) -> None:
        subject = self._subject()
        if subject is None:
            return
        if self._picture is None or not self._picture.is_of(subject.layer, subject.source):
            self._picture = FeatureLayer(self._viewer, subject.layer, subject.source)
        wanted = subject.from_here if self.whole_stack.isChecked() else [subject.plane]
        drawing = self._picture.plan(wanted)
        self._begin(_Run(subject, self.picturing, len(drawing.planes)))
        self._jobs.start(picture_planes, subject.source, drawing.planes, self._session.cache, drawing.colors)

    def _begin(self, run: _Run) -> None:
        self._run = run
        self.error.clear()
        for row in (self.embedding, self.picturing):
            row.end()
        run.row.begin(run.total)
        self._lock(True)
        self.refresh()

    def _lock(self, busy: bool) -> None:
        """Keep what a run is about from being changed under it."""
        for part in (self.cards, self.this_plane, self.whole_stack):
            part.setEnabled(not busy)
            part.setToolTip(_BUSY if busy else "")
        self.this_plane.setToolTip(_BUSY if busy else _THIS_PLANE)
        self.picker.setEnabled(not busy and self.picker.layer is not None)

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stopped = True
            self._jobs.stop()

    def _on_step(self, step: Computing | Embedded | FeatureColors | Picture) -> None:
        run = self._run
        if run is None:
            return
        source = run.subject.source
        if self._session.source(run.subject.layer) != source.identity:
            self._abandon(run, f"Stopped, the data of {run.subject.layer.name} was replaced")
            return
        match step:
            case Computing(plane):
                doing = "computing" if run.row is self.embedding else "drawing"
                of = f" of plane {plane}" if run.subject.n_planes > 1 else ""
                self.status.say(Mood.WORKING, f"{doing} features{of}")
            case Embedded() if step.seconds:
                self._measured[source.identity, source.backbone] = step
                if run.row is self.embedding:
                    self._advance(run)
            case FeatureColors() if self._picture is not None:
                self._picture.take_colors(step, run.total)
            case Picture() if self._picture is not None:
                self._picture.draw(step)
                self._advance(run)

    def _advance(self, run: _Run) -> None:
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
        self._finish(run, _outcome(run))

    def _finish(self, run: _Run, note: str) -> None:
        self._run = None
        run.row.end(note)
        self._lock(False)
        self.refresh()


def _outcome(run: _Run) -> str:
    """Say how a run ended, where that needs saying."""
    if run.stopped and run.done < run.total:
        return f"Stopped. What was done is kept: {_planes(run.done)}"
    if run.failed and run.done:
        return f"What was done is kept: {_planes(run.done)}"
    if run.left_out:
        return f"Memory is full. Left until needed: {_planes(run.left_out)}"
    return ""


def _planes(count: int) -> str:
    return "1 plane" if count == 1 else f"{count} planes"


def _scrolling(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area
