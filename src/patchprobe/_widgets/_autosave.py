"""Strokes are saved while they are painted, and come back when their image is opened again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QObject, QTimer

from .._state import ProbeClass, ProbeState, default_classes
from .._stroke_work import SavedStrokes, find_strokes, save_strokes
from ..autosave import StrokesWriter, strokes_folder
from ..backbones import get_backbone
from ..errors import InputError
from ..io import Stack
from ..strokes_file import StrokeClass, StrokesCard
from ._jobs import JobRunner
from ._layers import plane_view, write_plane
from ._stroke_book import StrokeBook

# Several strokes in quick succession are written at once; what failed is tried again later.
_SOON_MS, _LATER_MS = 300, 10_000


@dataclass(eq=False)
class _Followed:
    """The strokes of one layer: as they are, and as they are on the disk."""

    stack: Stack
    writer: StrokesWriter
    wants_back: bool = False
    planes: dict[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    saved: dict[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    card: StrokesCard | None = None
    number: int = 0

    def changed(self) -> dict[int, npt.NDArray[np.uint8]]:
        """Give the planes that are not on the disk as they are; those without strokes as zeros."""
        new = {plane: now for plane, now in self.planes.items() if self.saved.get(plane) is not now}
        gone = {
            plane: np.zeros_like(before) for plane, before in self.saved.items() if plane not in self.planes
        }
        return new | gone


class Autosave:
    """Saves the strokes that a book follows, of each image to a file of its own.

    Only planes that changed are written, beside the window, a moment after the stroke. What is not yet
    written when the widget goes is written then.

    Parameters
    ----------
    state : ProbeState
        Its classes and backbone are saved along, and brought back.
    book : StrokeBook
    parent : QObject
        What the background jobs end with.

    Attributes
    ----------
    restored : Signal(str)
        Strokes came back; which, in one line. Empty when another image is turned to.
    failed : Signal(Exception)
        Strokes could not be saved or read; they are tried again.
    solved : Signal()
        They could be saved after all.
    """

    restored = Signal(str)
    failed = Signal(Exception)
    solved = Signal()

    def __init__(self, state: ProbeState, book: StrokeBook, parent: QObject) -> None:
        self._state = state
        self._book = book
        self._followed: WeakKeyDictionary[Labels, _Followed] = WeakKeyDictionary()
        # Held until they are saved, though their layer may be gone by then.
        self._unsaved: list[_Followed] = []
        self._is_failing = False
        self._written: tuple[_Followed, StrokesCard, dict[int, npt.NDArray[np.uint8]]] | None = None
        self._saving = JobRunner(parent)
        self._finding = JobRunner(parent)
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._save_next)
        self._saving.returned.connect(self._on_saved)
        self._saving.failed.connect(self._on_failed)
        self._saving.ended.connect(self._save_next)
        self._finding.returned.connect(self._on_found)
        self._finding.failed.connect(self.failed.emit)
        book.changed.connect(self._on_strokes)
        state.events.classes.connect(self._on_card)
        state.events.backbone.connect(self._on_card)

    @property
    def is_busy(self) -> bool:
        """Whether something is to be saved or looked for."""
        return bool(self._unsaved) or self._saving.is_running or self._finding.is_running

    def follow(self, stack: Stack | None, layer: Labels | None, is_new: bool) -> None:
        """Save the strokes on another layer from now on.

        Parameters
        ----------
        stack : Stack, optional
            The image that they are on.
        layer : Labels, optional
            The layer that the book follows.
        is_new : bool
            Whether the layer was made just now, so that strokes that were saved before may come back.
        """
        self._finding.drop()
        self.restored.emit("")
        folder = strokes_folder()
        if stack is None or layer is None or folder is None:
            return
        followed = self._followed.get(layer)
        if followed is None or followed.stack.data is not stack.data:
            followed = self._followed[layer] = _Followed(stack, StrokesWriter(stack, folder))
        followed.wants_back |= is_new
        self._on_strokes()
        if followed.wants_back:
            self._finding.start(find_strokes, followed.writer)

    def close(self) -> None:
        """Save now what is not saved yet: the window is going."""
        self._finding.drop()
        self._timer.stop()
        for followed in self._unsaved:
            assert followed.card is not None
            followed.number += 1
            try:
                followed.writer.write(followed.number, followed.changed(), followed.card)
            except InputError:
                # There is nobody left to tell, and an exception would keep the window from closing.
                continue
        self._unsaved.clear()

    # --- saving ---

    def _current(self) -> _Followed | None:
        """Return the strokes that the book follows now: it turns to another layer before we are told."""
        layer = self._book.layer
        return None if layer is None else self._followed.get(layer)

    def _on_strokes(self) -> None:
        current = self._current()
        if current is not None:
            current.planes = dict(self._book.planes)
            if current.changed():
                self._schedule(current)

    def _on_card(self) -> None:
        current = self._current()
        if current is not None and current.planes:
            self._schedule(current)

    def _schedule(self, followed: _Followed) -> None:
        followed.card = StrokesCard(
            followed.stack.name,
            followed.stack.source,
            self._state.backbone,
            tuple(StrokeClass(known.number, known.name, known.color) for known in self._state.classes),
        )
        if followed not in self._unsaved:
            self._unsaved.append(followed)
        if not self._timer.isActive():
            self._timer.start(_SOON_MS)

    def _save_next(self) -> None:
        if not self._unsaved or self._saving.is_running or self._timer.isActive():
            return
        followed = self._unsaved[0]
        assert followed.card is not None
        self._written = (followed, followed.card, followed.planes)
        followed.number += 1
        self._saving.start(save_strokes, followed.writer, followed.number, followed.changed(), followed.card)

    def _on_saved(self) -> None:
        assert self._written is not None
        followed, card, planes = self._written
        followed.saved = planes
        if followed.card is card and not followed.changed():
            self._unsaved.remove(followed)
        if self._is_failing:
            self._is_failing = False
            self.solved.emit()

    def _on_failed(self, error: Exception) -> None:
        self._timer.start(_LATER_MS)
        if not self._is_failing:
            self._is_failing = True
            self.failed.emit(error)

    # --- bringing back ---

    def _on_found(self, saved: SavedStrokes | None) -> None:
        followed, layer = self._current(), self._book.layer
        if followed is None or layer is None:
            return
        followed.wants_back = False
        if saved is None:
            return
        lost = self._bring_back_settings(saved.card)
        for plane, strokes in saved.planes.items():
            # What was painted meanwhile stays.
            now = np.asarray(plane_view(layer.data, plane))
            write_plane(layer.data, plane, np.where(now, now, strokes) if now.any() else strokes)
        layer.refresh()
        self._book.look(saved.planes)
        self.restored.emit(
            f"Strokes of {saved.card.image}, saved {_when(saved.card.saved)}, brought back.{lost}"
        )

    def _bring_back_settings(self, card: StrokesCard) -> str:
        """Take over classes and backbone where they were not chosen since; say what is not to be had."""
        state = self._state
        classes = tuple(ProbeClass(known.number, known.name, known.color) for known in card.classes)
        is_fresh = state.classes == default_classes()
        for known in () if is_fresh else classes:
            if state.class_of(known.number) is None:
                state.add_class(known.name, known.number)
        if is_fresh and classes:
            state.classes = classes
        if state.backbone != ProbeState().backbone or card.backbone == state.backbone:
            return ""
        try:
            get_backbone(card.backbone)
        except InputError:
            return f" Their features, {card.backbone}, are not on this machine."
        state.backbone = card.backbone
        return ""


def _when(saved: str) -> str:
    """Write a time for people: of today the hour, else the day too."""
    then = datetime.fromisoformat(saved).astimezone()
    is_today = then.date() == datetime.now().astimezone().date()
    return f"at {then:%H:%M}" if is_today else f"on {then:%d %B, %H:%M}"
