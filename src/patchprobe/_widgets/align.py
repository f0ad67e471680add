"""The Align widget: a stack becomes an aligned stack, with a verdict on every section."""

from __future__ import annotations

import math
from pathlib import Path

from napari.layers import Image, Layer
from napari.viewer import Viewer
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from .._carry_work import Framing, save
from .._measure_work import advice, summary
from .._section_pair import SectionPair
from ..errors import InputError
from ._align_form import AlignForm
from ._align_more import AlignMore
from ._aligned_layers import AlignedLayers
from ._column import fill_with_column
from ._error_line import ErrorLine
from ._jobs import JobRunner
from ._layers import bare_viewer, layer_stack
from ._live_alignment import LiveAlignment
from ._pair_panel import PairPanel
from ._quality_plots import QualityPlots
from ._run_row import RunRow
from ._section_actions import SectionActions
from ._section_table import Sections, SectionTable, pixel_of
from ._status import Mood, StatusLine
from ._tones import focus_style

_TABLE_HEIGHT = 190
_NOT_YET = "Align a stack first"
_MARK = "Mark sections in the table first"


class AlignWidget(QWidget):
    """Choose a stack, align it, see how sure each section is, mend it, move other layers along.

    Parameters
    ----------
    napari_viewer : Viewer
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self.live = LiveAlignment(self._viewer, self)
        self.aligned = AlignedLayers(self._viewer, self)
        self.form = AlignForm(self._viewer)
        self.run = RunRow("Align")
        self.error = ErrorLine(self._viewer)
        self.status = StatusLine(self._viewer)
        self.advice = QLabel()
        self.table = SectionTable(self._viewer)
        self.actions_row = SectionActions()
        self.detail = QLabel()
        self.pair = PairPanel(self._viewer)
        self.plots = QualityPlots(self._viewer)
        self.more = AlignMore(self._viewer, self.aligned.candidates)
        self._planes = 0
        self._saver = JobRunner(self)
        self._lay_out()
        self._connect()
        live, aligned = self.live, self.aligned
        self.destroyed.connect(lambda *_: (live.close(), aligned.close()))
        self._restyle()
        self._on_picked(self.form.picker.layer)

    def _lay_out(self) -> None:
        self.table.setMinimumHeight(_TABLE_HEIGHT)
        for label in (self.advice, self.detail, self.run.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        content = QWidget()
        layout = QVBoxLayout(content)
        for part in (self.form, self.run, self.error, self.status, self.advice):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        for part in (self.actions_row, self.detail, self.pair, self.plots, self.more):
            layout.addWidget(part)
        fill_with_column(self, content)

    def _connect(self) -> None:
        live, aligned = self.live, self.aligned
        self.form.picker.picked.connect(self._on_picked)
        self.form.changed.connect(self._check)
        self.form.more.anchor_changed.connect(live.set_anchor)
        self.form.more.pulls_changed.connect(live.set_pulls)
        self.run.start_requested.connect(lambda: live.start(self.form.options(), self.form.neighbours))
        self.run.stop_requested.connect(live.stop)
        self._connect_sections()
        self._viewer.events.theme.connect(self._restyle)
        live.status.connect(self.status.say)
        live.began.connect(lambda: self.run.begin(0))
        live.measured.connect(self._on_measured)
        live.ended.connect(self._on_ended)
        live.placed.connect(self._on_placed)
        live.settled.connect(self._on_settled)
        live.pair_changed.connect(self._on_pair)
        live.failed.connect(self.error.show_error)
        live.solved.connect(self.error.clear)
        self._saver.returned.connect(lambda path: self.status.say(Mood.READY, f"Saved as {path.name}"))
        self._saver.failed.connect(lambda error: self._on_failed(error, "saved"))
        aligned.began.connect(self._on_moving)
        aligned.moved.connect(self._on_moved)
        aligned.shown.connect(self._on_shown)
        aligned.failed.connect(lambda error: self._on_failed(error, "moved"))
        self.more.apply_requested.connect(self._on_apply)
        self.more.framing_changed.connect(self._on_framing)
        self.more.save_requested.connect(self._save)
        self.more.load_requested.connect(self._load)
        self.more.save_stack_requested.connect(self._save_stack)

    def _connect_sections(self) -> None:
        live, table, actions = self.live, self.table, self.actions_row
        table.chosen.connect(live.look_at)
        table.chosen.connect(lambda _: self.pair.show_picture())
        # The row that is marked already can be clicked, too.
        table.cellClicked.connect(lambda *_: self.pair.show_picture())
        table.exclude_requested.connect(live.exclude)
        table.include_requested.connect(live.include)
        table.anchor_requested.connect(live.set_anchor)
        table.measured_requested.connect(live.remove_edge)
        table.itemSelectionChanged.connect(self._allow_actions)
        actions.exclude_requested.connect(self._exclude_or_include)
        actions.anchor_requested.connect(lambda: live.set_anchor(live.section))
        actions.undo_requested.connect(live.undo)
        actions.redo_requested.connect(live.redo)
        self.plots.clicked.connect(live.look_at)
        self.pair.edge_set.connect(live.set_edge)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo and redo, unless a text field did so in its text."""
        for keys, button in (
            (QKeySequence.StandardKey.Undo, self.actions_row.undo_button),
            (QKeySequence.StandardKey.Redo, self.actions_row.redo_button),
        ):
            if event.matches(keys):
                button.click()
                return
        super().keyPressEvent(event)

    def _restyle(self) -> None:
        self.setStyleSheet(focus_style(self._viewer))

    # --- what would be done ---

    def _on_picked(self, layer: Layer | None) -> None:
        self.error.clear()
        self.run.end()
        stack = layer if isinstance(layer, Image) else None
        self.aligned.follow(stack)
        self.more.show_chosen(self.aligned.chosen, self.aligned.framing)
        try:
            self.live.choose(stack)
        except InputError as error:
            self.live.choose(None)
            self.error.show_error(error)
        self._check()

    def _check(self) -> None:
        """Say whether an alignment could start, and what is missing."""
        missing = self.form.missing()
        self.run.set_missing(missing)
        if self.live.alignment is None and not self.live.is_busy:
            self.status.say(Mood.IDLE, missing or "Press Align: sections are compared, then placed")

    # --- aligning ---

    def _on_measured(self, done: int, total: int) -> None:
        if self.run.total != total:
            self.run.begin(total)
        self.run.advance(done)

    def _on_ended(self, note: str) -> None:
        self.run.end(note)
        self._allow()

    def _on_placed(self) -> None:
        """Show the sections, also those of a run that goes on."""
        live = self.live
        self.advice.hide()
        self.table.show_sections(self._sections())
        self.form.more.show_edits(live.state.edits)
        self.table.mark(live.section)
        self.detail.setText(self.table.describe(live.section))
        self._allow()

    def _sections(self) -> Sections | None:
        live = self.live
        if live.alignment is None or live.layer is None:
            return None
        return Sections(live.alignment, live.source, live.state.edits, pixel_of(live.layer))

    def _on_settled(self) -> None:
        """Move the layers; a stack that was chosen again shows what it showed."""
        live = self.live
        if live.alignment is None or live.stack is None:
            self.plots.clear()
        else:
            self.plots.show_alignment(live.stack, live.alignment)
        self.aligned.show(live.alignment)

    def _on_shown(self) -> None:
        shown = self._sections()
        if shown is None:
            self._check()
            return
        standings = shown.standings
        self.more.refresh()
        advised = advice(standings, shown.alignment)
        good = not advised and all(found in ("ok", "left out") for found in standings)
        said = summary(standings, max(math.hypot(*shown.shift(n)) for n in range(len(standings))))
        self.status.say(Mood.READY if good else Mood.LOOK, said)
        self.advice.setText(advised)
        self.advice.setToolTip(" ".join(shown.alignment.notes))
        self.advice.setVisible(bool(advised))
        self._allow()

    def _allow(self) -> None:
        """Enable what can be done now."""
        live = self.live
        is_free = not live.is_measuring
        self.actions_row.show_history(*((live.state.words, live.next_redo) if is_free else ("", "")))
        self.more.allow(live.layer is not None, live.alignment is not None)
        self.form.picker.setEnabled(self.form.picker.layer is not None)
        self._allow_actions()

    def _allow_actions(self) -> None:
        live = self.live
        out = set(live.state.edits.excluded)
        marked = set(self.table.marked)
        missing = _NOT_YET if live.alignment is None else ""
        self.actions_row.allow(bool(marked) and not missing, bool(marked) and marked <= out, missing or _MARK)

    # --- one section ---

    def _on_pair(self, pair: SectionPair | None) -> None:
        section = self.live.section
        self.table.mark(section)
        self.detail.setText(self.table.describe(section))
        self.plots.mark(section)
        self._allow_actions()
        self.pair.follow(self.live.layer, pair, self.form.options().backbone)

    def _exclude_or_include(self) -> None:
        marked = self.table.marked
        if set(marked) <= set(self.live.state.edits.excluded):
            self.live.include(marked)
        else:
            self.live.exclude(marked)

    # --- other layers and files ---

    def _on_apply(self, layers: list[Layer]) -> None:
        self.aligned.choose(layers)
        self.aligned.show(self.live.alignment, again=True)

    def _on_framing(self, framing: Framing) -> None:
        self.aligned.framing = framing
        if self.live.alignment is not None:
            self.aligned.show(self.live.alignment)

    def _on_moving(self, planes: int) -> None:
        self.error.clear()
        self._planes = planes
        self.status.say(Mood.WORKING, "Moving sections")

    def _on_moved(self, done: int) -> None:
        self.status.say(Mood.WORKING, f"Moving sections, {done} of {self._planes}")

    def _on_failed(self, error: Exception, what: str) -> None:
        self.status.say(Mood.LOOK, f"Not {what}: see the message above")
        self.error.show_error(error)

    def _save(self, path: str) -> None:
        try:
            self.live.save(path)
        except InputError as error:
            self._on_failed(error, "saved")
        else:
            self.error.clear()
            self.status.say(Mood.READY, f"Saved as {Path(path).name}")

    def _load(self, path: str) -> None:
        try:
            self.live.load(path)
        except InputError as error:
            self._on_failed(error, "loaded")

    def _save_stack(self, path: str) -> None:
        """Save the aligned layer, with its voxel size."""
        moved = None if self.live.layer is None else self.aligned.moved_of(self.live.layer)
        if moved is None:
            self.error.say("The aligned layer was removed. Press Apply to have it made again.")
            return
        self.error.clear()
        self.status.say(Mood.WORKING, f"Saving {Path(path).name}")
        self._saver.start(save, layer_stack(moved), path)
