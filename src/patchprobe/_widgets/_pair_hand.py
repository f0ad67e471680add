"""Two sections set by hand: by landmarks, or by dragging the one to where it belongs on the other."""

from __future__ import annotations

from typing import Literal

import numpy as np
from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget

from .._landmark_book import LandmarkBook, Marks
from .._pair_work import HandPlaced, HandPlacing, place_by_hand, place_in_words, score_places
from .._section_pair import SectionPair
from ..alignment import Transform
from ..alignment.by_hand import PlaceScore
from ..alignment.landmark_pairs import LandmarkPairs, Point, load_landmarks, save_landmarks
from ..alignment.models import Model
from ..alignment.refine import Fit
from ..errors import InputError
from ._drag_panel import DragPanel
from ._elided_combo import ElidedCombo
from ._jobs import JobRunner
from ._landmark_layers import LandmarkLayers
from ._landmark_panel import LandmarkPanel
from ._pair_canvas import Kind, PairCanvas
from ._section_drag import SectionDrag
from ._section_table import Pixel
from ._status import Mood
from ._timers import single_shot

_MODELS: dict[Model, tuple[str, str]] = {
    "translation": ("shift", "The section is only shifted"),
    "rigid": ("shift + rotation", "The section is shifted and turned"),
    "similarity": ("similarity", "It may be larger or smaller, too"),
    "affine": ("affine", "It may be stretched and sheared, too"),
}
_REFINE = "Let the images refine it"
_REFINE_TIP = "From where you put it, the images find the place to a fraction of a pixel; nothing is searched"
# In coarse cells, of which there are 128 along a section: a pair of landmarks farther off is a slip.
_SLIP = 4 / 128

Tool = Literal["landmarks", "drag"]


class PairHand(QWidget):
    """Two tools, one at a time, and what they need.

    Parameters
    ----------
    canvas : PairCanvas

    Attributes
    ----------
    edge_set : Signal(object)
        An `Edge` that was set by hand.
    kind_wanted : Signal(object)
        The pair is to be seen in this way, as the tool needs it; None to go back to how it was seen.
    said : Signal(object, str)
        A `Mood` and words: what is going on, or what came of it.
    failed : Signal(object)
        An exception, to be shown where it happened.
    """

    edge_set = Signal(object)
    kind_wanted = Signal(object)
    said = Signal(object, str)
    failed = Signal(object)

    def __init__(self, canvas: PairCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._pair: SectionPair | None = None
        self._pixel = Pixel()
        self._active: Layer | None = None
        self._score: PlaceScore | None = None
        self._first: Fit | None = None
        self.tool: Tool | None = None
        self._book = LandmarkBook()
        self.marks = LandmarkLayers(canvas)
        self.drag = SectionDrag(canvas)
        viewer: Viewer = canvas.viewer
        self.landmarks_button = QPushButton("Landmarks")
        self.drag_button = QPushButton("Drag")
        self.model = ElidedCombo()
        self.refine = QCheckBox(_REFINE)
        self.landmarks = LandmarkPanel()
        self.dragging = DragPanel(viewer)
        self._placer = JobRunner(self)
        self._scorer = JobRunner(self)
        self._soon = single_shot(self, self._show_place)
        self._lay_out()
        self._connect()
        self.follow(None, Pixel())

    def _lay_out(self) -> None:
        for button in (self.landmarks_button, self.drag_button):
            button.setCheckable(True)
        for index, (model, (text, tip)) in enumerate(_MODELS.items()):
            self.model.addItem(text, model)
            self.model.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.model.setCurrentIndex(self.model.findData("rigid"))
        self.refine.setChecked(True)
        self.refine.setToolTip(_REFINE_TIP)
        self.model.setToolTip("What may be done to the moving section")
        buttons, row = QHBoxLayout(), QHBoxLayout()
        buttons.addWidget(QLabel("Fix by"))
        buttons.addWidget(self.landmarks_button, 1)
        buttons.addWidget(self.drag_button, 1)
        self._fit = QWidget()
        fit = QVBoxLayout(self._fit)
        fit.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Fit"))
        row.addWidget(self.model, 1)
        fit.addLayout(row)
        fit.addWidget(self.refine)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(buttons)
        for part in (self._fit, self.landmarks, self.dragging):
            layout.addWidget(part)

    def _connect(self) -> None:
        self.landmarks_button.toggled.connect(lambda on: self.use_tool("landmarks" if on else None))
        self.drag_button.toggled.connect(lambda on: self.use_tool("drag" if on else None))
        self.model.currentIndexChanged.connect(lambda _: self._show_marks())
        self.landmarks.undo_requested.connect(self.undo)
        self.landmarks.remove_requested.connect(self._remove)
        self.landmarks.use_requested.connect(self._use_landmarks)
        self.landmarks.save_requested.connect(self._save)
        self.landmarks.load_requested.connect(self._load)
        self.dragging.use_requested.connect(self._use_place)
        self.dragging.put_back_requested.connect(self._put_back)
        self.marks.clicked.connect(self._on_click)
        self.marks.moved.connect(self._on_moved)
        self.marks.undo_requested.connect(self.undo)
        self.drag.moved.connect(lambda: self._soon.start())
        self.drag.used.connect(self._use_place)
        self.drag.put_back.connect(self._put_back)
        self._scorer.returned.connect(self._on_score)
        self._scorer.failed.connect(self.failed)
        self._placer.returned.connect(self._on_placed)
        self._placer.failed.connect(self._on_failed)

    # --- which pair, which tool ---

    @property
    def is_busy(self) -> bool:
        """Whether something is computed."""
        return self._placer.is_running or self._scorer.is_running or self._soon.isActive()

    def open(self, book: LandmarkBook) -> None:
        """Keep landmarks in this book from now on: that of the stack."""
        self._book = book

    def follow(self, pair: SectionPair | None, pixel: Pixel) -> None:
        """Work on another pair, or on the same one otherwise placed."""
        is_same = _sections_of(pair) == _sections_of(self._pair)
        self._pair, self._pixel = pair, pixel
        if pair is None or (self.tool == "drag" and not is_same):
            self.use_tool(None)
        if not is_same:
            self._placer.drop()
            self._scorer.drop()
            self._score = None
        for button, tip in (
            (self.landmarks_button, "Mark the same places in both sections"),
            (self.drag_button, "Move and turn the section by mouse and keys"),
        ):
            button.setEnabled(pair is not None)
            button.setToolTip(tip if pair is not None else "Choose a section in the table first")
        self._show_marks()

    def use_tool(self, tool: Tool | None) -> None:
        """Take up a tool, or lay down the one that is used."""
        if tool == self.tool or (tool is not None and self._pair is None):
            return
        self._lay_down()
        self.tool = tool
        for button, name in ((self.landmarks_button, "landmarks"), (self.drag_button, "drag")):
            with QSignalBlocker(button):
                button.setChecked(name == tool)
        if tool is None:
            self.kind_wanted.emit(None)
        else:
            self._active = self._canvas.viewer.layers.selection.active
            kind: Kind = "side by side" if tool == "landmarks" else "red-cyan"
            self.kind_wanted.emit(kind)
            # The keys are the canvas's now; a button would take arrows as steps to the next button.
            if isinstance(self.window(), QMainWindow):
                self.window().setFocus()
        if tool == "drag":
            self._take_hold()
        self._show_marks()

    def _lay_down(self) -> None:
        self.marks.stop()
        self.drag.stop()
        self._soon.stop()
        layers = self._canvas.viewer.layers
        if self.tool is not None and self._active in layers:
            layers.selection.active = self._active
        self._active = None

    # --- landmarks ---

    def now(self) -> Marks | None:
        """Return the landmarks of the pair; None without a pair."""
        if self._pair is None:
            return None
        return self._book.now(self._pair.fixed, self._pair.moving)

    def _change(self, marks: Marks) -> None:
        self._book.add(marks)
        self._show_marks()

    def _on_click(self, side: str, point: Point) -> None:
        marks, seen = self.now(), self._canvas.seen
        # While the next pair is read the picture is that of the one before.
        if marks is None or seen is None or _sections_of(seen.pair) != _sections_of(self._pair):
            return
        if side == "both":
            side = "fixed" if marks.pending is None else "moving"
        self._change(marks.marked(side, self.marks.in_section(side, point)))

    def _on_moved(self, side: str, number: int, point: Point) -> None:
        marks = self.now()
        assert marks is not None
        if number == len(marks.pairs):
            self._change(Marks(marks.pairs, point))
        else:
            places = (point, None) if side == "fixed" else (None, point)
            self._change(Marks(marks.pairs.with_moved(number, *places), marks.pending))

    def _remove(self, number: int) -> None:
        marks = self.now()
        if marks is not None:
            self._change(Marks(marks.pairs.without(number), marks.pending))

    def undo(self) -> None:
        """Take back what was marked last."""
        if self._pair is not None:
            self._book.undo(self._pair.fixed, self._pair.moving)
            self._show_marks()

    def _show_marks(self) -> None:
        marks, pair = self.now(), self._pair
        is_on = self.tool == "landmarks" and marks is not None
        self.landmarks.setVisible(is_on)
        self.dragging.setVisible(self.tool == "drag")
        self._fit.setVisible(self.tool is not None)
        if not is_on or pair is None:
            return
        self.marks.start(marks)
        model = self.model.currentData()
        lacking = marks.pairs.lacking(model)
        needed = f"{_pairs(lacking, 'more ')} for {_MODELS[model][0]}" if lacking else ""
        misses, trouble = self._misses(marks.pairs, model)
        self.landmarks.show_marks(marks, misses, self._pixel, needed or trouble)
        self.landmarks.allow_undo(self._book.can_undo(pair.fixed, pair.moving))
        is_beside = self._canvas.look.kind == "side by side"
        self.landmarks.hint.setText(_next_step(marks, needed, misses, is_beside))

    def _misses(self, pairs: LandmarkPairs, model: Model) -> tuple[np.ndarray | None, str]:
        """By how much the fit misses each pair, where there are pairs to spare; or why there is no fit."""
        if pairs.lacking(model):
            return None, ""
        try:
            fit = self._fitted(pairs, model)
        except InputError as error:
            return None, str(error)
        return (pairs.offsets(fit) if pairs.spare(model) else None), ""

    def _fitted(self, pairs: LandmarkPairs, model: Model) -> Transform:
        assert self._pair is not None
        return pairs.fit(model, max(2.0, _SLIP * max(self._pair.stack.plane_shape)))

    def _use_landmarks(self) -> None:
        marks = self.now()
        if marks is None:
            return
        try:
            self._place(self._fitted(marks.pairs, self.model.currentData()))
        except InputError as error:
            self.failed.emit(error)

    def _save(self, path: str) -> None:
        try:
            saved = save_landmarks(path, self._book.all)
        except InputError as error:
            self._on_failed(error, "saved")
        else:
            self.said.emit(Mood.READY, f"Saved as {saved.name}")

    def _load(self, path: str) -> None:
        assert self._pair is not None
        try:
            found = load_landmarks(path, (self._pair.fixed, self._pair.moving))
            for pairs in found:
                pairs.check_sections(self._pair.stack.n_planes)
        except InputError as error:
            self._on_failed(error, "loaded")
            return
        self._book.take(found)
        self._show_marks()
        count = sum(len(pairs) for pairs in found)
        where = ", ".join(f"{pairs.fixed} and {pairs.moving}" for pairs in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        self.said.emit(Mood.READY, f"Loaded {_pairs(count)} of landmarks, of sections {where}{more}")

    # --- dragging ---

    def _take_hold(self) -> None:
        assert self._pair is not None
        self.drag.start(self._pair.transform)
        self._first = None
        self._scorer.start(score_places, self._pair)
        self._show_place()

    def _on_score(self, score: PlaceScore) -> None:
        self._score = score
        self._show_place()

    def _show_place(self) -> None:
        held, pair = self.drag.transform, self._pair
        if held is None or pair is None:
            return
        self.dragging.show_place(place_in_words(held, pair.stack.plane_shape))
        if self._score is not None and self._first is None:
            self._first = self._score.at(pair.transform)
        self.dragging.show_score(None if self._score is None else self._score.at(held), self._first)

    def _use_place(self) -> None:
        if self.drag.transform is not None:
            self._place(self.drag.transform)

    def _put_back(self) -> None:
        self.use_tool(None)

    # --- what comes of it ---

    def _place(self, transform: Transform) -> None:
        assert self._pair is not None
        placing = HandPlacing(self._pair, transform, self.model.currentData(), self.refine.isChecked())
        self.said.emit(Mood.WORKING, "Placing the section")
        self._placer.start(place_by_hand, placing)

    def _on_placed(self, placed: HandPlaced) -> None:
        self.use_tool(None)
        self.said.emit(Mood.READY, placed.words)
        self.edge_set.emit(placed.edge)

    def _on_failed(self, error: Exception, what: str = "placed") -> None:
        self.said.emit(Mood.LOOK, f"Not {what}: see the message")
        self.failed.emit(error)


def _sections_of(pair: SectionPair | None) -> object:
    return None if pair is None else (id(pair.stack), pair.fixed, pair.moving)


def _pairs(count: int, more: str = "") -> str:
    return f"{count} {more}pair{'' if count == 1 else 's'}"


def _next_step(marks: Marks, needed: str, misses: np.ndarray | None, is_beside: bool) -> str:
    """Say what to do now."""
    pairs = marks.pairs
    left, right = (" (left)", " (right)") if is_beside else ("", "")
    if marks.pending is not None:
        return f"Now click the same place in section {pairs.moving}{right}."
    click = f"click a place in section {pairs.fixed}{left}, then the same in section {pairs.moving}{right}"
    if not len(pairs):
        return f"{click[0].upper()}{click[1:]}. Drag one to correct it."
    if needed:
        return f"{needed}: {click}."
    if misses is None:
        return f"Use landmarks, or mark one more: it tells how well {_pairs(len(pairs))} fit."
    typical = np.sqrt((misses**2).sum(axis=1).mean())
    return f"{_pairs(len(pairs))} fit to {typical:.1f} px. Use landmarks, or mark more."
