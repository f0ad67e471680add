"""The Align widget: a stack becomes an aligned stack, with a verdict on every section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari.layers import Image, Labels, Layer
from napari.utils.events import Event
from napari.viewer import Viewer
from qtpy.QtWidgets import (
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .._align_work import (
    Aligned,
    Pair,
    PairRequest,
    PlaneMoved,
    SectionDone,
    align,
    compare,
    move,
    move_again,
    summary,
)
from ..alignment import StackAlignment
from ..errors import InputError
from ..io import Stack
from ..normalisation import Normalisation
from ._align_form import AlignForm
from ._align_more import AlignMore
from ._aligned_layers import AlignedLayers
from ._column import fill_with_column
from ._error_line import ErrorLine
from ._jobs import JobRunner
from ._layers import (
    bare_viewer,
    current_plane,
    layer_data,
    layer_stack,
    show_plane,
)
from ._pair_view import PairView
from ._run_row import RunRow
from ._section_table import Pixel, SectionTable
from ._status import Mood, StatusLine

# What pairs are compared by where only intensity was asked for.
_PICTURED = "filters"


@dataclass(frozen=True, eq=False)
class _Run:
    """One alignment, of a layer as it was when it began."""

    layer: Image
    stack: Stack
    backbone: str

    @property
    def is_stale(self) -> bool:
        """Whether the layer holds other data by now."""
        return layer_data(self.layer) is not self.stack.data


class AlignWidget(QWidget):
    """Choose a stack, align it, see how sure each section is, move other layers along.

    Parameters
    ----------
    napari_viewer : Viewer
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self._run: _Run | None = None
        self._alignment: StackAlignment | None = None
        self._normalisation: Normalisation | None = None
        self._aligned = AlignedLayers(self._viewer)
        self._moving: Layer | None = None
        self.form = AlignForm(self._viewer)
        self.run = RunRow("Align")
        self.error = ErrorLine(self._viewer)
        self.status = StatusLine(self._viewer)
        self.table = SectionTable(self._viewer)
        self.detail = QLabel()
        self.pair = PairView()
        self.more = AlignMore(self._viewer, self._movable)
        self._aligner = JobRunner(self)
        self._comparer = JobRunner(self)
        self._mover = JobRunner(self)
        self._lay_out()
        self._connect()
        self._on_picked(self.form.picker.layer)

    def _lay_out(self) -> None:
        self.table.setMinimumHeight(170)
        for label in (self.detail, self.run.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        content = QWidget()
        layout = QVBoxLayout(content)
        for part in (self.form, self.run, self.error, self.status):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        for part in (self.detail, self.pair, self.more):
            layout.addWidget(part)
        fill_with_column(self, content)

    def _connect(self) -> None:
        self.form.picker.picked.connect(self._on_picked)
        self.form.changed.connect(self._check)
        self.run.start_requested.connect(self._start)
        self.run.stop_requested.connect(self._aligner.stop)
        self._aligner.yielded.connect(self._on_step)
        self._aligner.returned.connect(self._on_aligned)
        self._aligner.failed.connect(self._on_failed)
        self._aligner.ended.connect(self._on_ended)
        self._comparer.returned.connect(self._on_compared)
        self._comparer.failed.connect(self.error.show_error)
        self._mover.returned.connect(self._on_moved)
        self._mover.failed.connect(self._on_move_failed)
        self.table.chosen.connect(self._on_chosen)
        self.more.move_requested.connect(self._move)
        self.more.save_requested.connect(self._save)
        self.more.load_requested.connect(self._load)
        self._viewer.layers.events.removed.connect(self._on_removed)
        self._viewer.dims.events.current_step.connect(self._on_slider)

    # --- what would be done ---

    def _on_picked(self, layer: Layer | None) -> None:
        if self._run is not None and layer is self._run.layer:
            return
        self._forget()
        self._check()

    def _forget(self) -> None:
        """Let go of an alignment that is about another stack than the one that is chosen."""
        for runner in (self._aligner, self._comparer, self._mover):
            runner.drop()
        self.run.end()
        self._run = self._alignment = self._normalisation = None
        self.table.begin(Pixel())
        self.pair.clear()
        self.detail.clear()
        self.error.clear()
        self._allow_more()

    def _allow_more(self) -> None:
        self.more.others.refresh()
        self.more.allow(self._alignment is not None)
        self.more.load_button.setEnabled(self.form.picker.layer is not None)

    def _check(self) -> None:
        """Say whether an alignment could start, and what is missing."""
        missing = self.form.missing()
        self.run.set_missing(missing)
        if self._run is None:
            self.status.say(Mood.IDLE, missing or "Ready to align")

    # --- aligning ---

    def _start(self) -> None:
        run = self._new_run()
        if run is None:
            return
        self._begin(run, "Comparing sections")
        self._aligner.start(align, self.form.request(run.stack))

    def _new_run(self) -> _Run | None:
        layer = self.form.picker.layer
        if not isinstance(layer, Image):
            return None
        self._forget()
        try:
            stack = layer_stack(layer)
        except InputError as error:
            self._on_failed(error)
            return None
        return _Run(layer, stack, self.form.backbone.currentData() or _PICTURED)

    def _begin(self, run: _Run, doing: str) -> None:
        self._run = run
        self.table.begin(_pixel(run.layer))
        self.run.begin(run.stack.n_planes)
        self.status.say(Mood.WORKING, doing)

    def _on_step(self, step: SectionDone | PlaneMoved) -> None:
        run = self._run
        if run is None:
            return
        if run.is_stale:
            self._abandon(run)
            return
        if isinstance(step, SectionDone):
            self.table.add(str(step.number), step.alignment)
            self.run.advance(step.number + 1)
            if step.number + 1 == run.stack.n_planes:
                self.run.begin(run.stack.n_planes)
                self.status.say(Mood.WORKING, "Moving sections")
        else:
            self.run.advance(step.done)

    def _abandon(self, run: _Run) -> None:
        """Let go of an alignment whose stack is another one by now."""
        self._forget()
        self.run.end(f"Stopped, the data of {run.layer.name} was replaced")
        self._check()

    def _on_aligned(self, aligned: Aligned) -> None:
        run = self._run
        assert run is not None
        if run.is_stale:
            self._abandon(run)
            return
        self._alignment = aligned.alignment
        layer = self._aligned.put(run.layer, aligned.data)
        run.layer.visible = False
        self.run.end(f"Added {layer.name}")
        all_ok = all(status == "ok" for status in aligned.alignment.statuses)
        self.status.say(Mood.READY if all_ok else Mood.LOOK, summary(list(aligned.alignment.sections)))
        self._allow_more()
        self._show_section(current_plane(self._viewer, run.layer))

    def _on_failed(self, error: Exception) -> None:
        self.status.say(Mood.LOOK, "Not aligned: see the message above")
        self.error.show_error(error)

    def _on_ended(self) -> None:
        if self._alignment is None and self._run is not None:
            done = self.table.rowCount()
            self.run.end(
                "" if self.error.text else f"Stopped after {done} of {self._run.stack.n_planes} sections"
            )
            if not self.error.text:
                self.status.say(Mood.IDLE, "Stopped, no layer was added")

    # --- one section ---

    def _on_chosen(self, section: int) -> None:
        if self._run is not None:
            show_plane(self._viewer, self._run.layer, section)
            self._show_section(section)

    def _on_slider(self) -> None:
        if self._run is not None and self._run.layer in self._viewer.layers:
            section = current_plane(self._viewer, self._run.layer)
            if section != self.table.currentRow() and section < self.table.rowCount():
                self._show_section(section)

    def _show_section(self, section: int) -> None:
        """Mark the row, and compare the section with the one that it was matched to."""
        self.table.mark(section)
        run, found = self._run, self.table.sections[section]
        self.detail.setText(self.table.describe(section))
        if run is None or run.is_stale:
            return
        if found.reference is None:
            self._comparer.drop()
            self.pair.clear()
            return
        self._comparer.start(
            compare, PairRequest(run.stack, found.reference, section, run.backbone, self._normalisation)
        )

    def _on_compared(self, pair: Pair | None) -> None:
        if pair is None:
            self.pair.clear("One of the two sections is blank")
            return
        self._normalisation = pair.request.normalisation
        self.pair.show_pair(pair, self.table.sections[pair.request.moving].step)

    # --- other layers and files ---

    def _movable(self, viewer: Viewer) -> list[Layer]:
        return [] if self._run is None else self._aligned.movable(self._run.layer)

    def _move(self, layer: Image | Labels) -> None:
        assert self._alignment is not None
        self._moving = layer
        self.error.clear()
        self.status.say(Mood.WORKING, f"Moving {layer.name}")
        interpolation = "nearest" if isinstance(layer, Labels) else "linear"
        try:
            stack = layer_stack(layer)
        except InputError as error:
            self._on_move_failed(error)
        else:
            self._mover.start(move, self._alignment, stack, interpolation)

    def _on_move_failed(self, error: Exception) -> None:
        self.status.say(Mood.LOOK, "Not moved: see the message above")
        self.error.show_error(error)

    def _on_moved(self, data: Any) -> None:
        layer = self._moving
        if layer is not None and layer in self._viewer.layers:
            self.status.say(Mood.READY, f"Added {self._aligned.put(layer, data).name}")
            self._allow_more()

    def _save(self, path: str) -> None:
        assert self._alignment is not None
        try:
            self.status.say(Mood.READY, f"Saved as {self._alignment.save(path).name}")
        except InputError as error:
            self.error.show_error(error)

    def _load(self, path: str) -> None:
        run = self._new_run()
        if run is None:
            return
        try:
            alignment = StackAlignment.load(path)
            alignment.apply(run.stack)  # says whether it fits
        except InputError as error:
            self._on_failed(error)
            return
        self._begin(run, "Moving sections")
        self._aligner.start(move_again, alignment, run.stack)

    # --- what else happens ---

    def _on_removed(self, event: Event) -> None:
        if self._run is not None and event.value is self._run.layer:
            self._forget()
            self._check()
        elif event.value is self._moving:
            self._mover.drop()
            self._moving = None


def _pixel(layer: Image) -> Pixel:
    """Say what a pixel of a layer measures."""
    unit = f"{layer.units[-1]:~}"
    return Pixel((float(layer.scale[-2]), float(layer.scale[-1])), "pixel" if unit in ("px", "") else unit)
