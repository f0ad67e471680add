"""Changes to the list of classes, each one step that undo takes back with its strokes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from napari.layers import Labels
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal

from .._class_history import ClassStep, Repaint, Stroke, Timeline
from .._state import ProbeClass, ProbeState
from ..errors import InputError
from ._class_layers import stroke_layers
from ._layers import plane_view, possibly_painted


class ClassEdits:
    """Adds, renames, recolours, moves, merges and removes classes; undoes that and strokes in one row.

    Undo takes back whatever was done last, a stroke or a change of the classes. Strokes of a class that is
    removed or merged change on all planes, of all images of the viewer whose strokes were made here, since
    they share one list of classes.

    Parameters
    ----------
    viewer : Viewer
    state : ProbeState

    Attributes
    ----------
    repainting : Signal(int, int)
        Strokes of a class (the first) are about to become those of another, or of none (0).
    repainted : Signal()
        Labels of strokes have changed, on any plane.
    changed : Signal()
        There is something else to undo or redo.
    failed : Signal(InputError)
    """

    repainting = Signal(int, int)
    repainted = Signal()
    changed = Signal()
    failed = Signal(InputError)

    def __init__(self, viewer: Viewer, state: ProbeState) -> None:
        self._viewer = viewer
        self._state = state
        self._layer: Labels | None = None
        self._timeline = Timeline()

    def attach(self, layer: Labels | None) -> None:
        """Undo strokes on this layer from now on."""
        if self._layer is not None:
            self._layer.events.paint.disconnect(self._on_paint)
        self._layer = layer
        if layer is not None:
            layer.events.paint.connect(self._on_paint)
            self.changed.emit()

    # --- changes ---

    def add(self) -> ProbeClass | None:
        """Add a class and return it; None where there is no number left, which is said."""
        before = self._state.classes
        try:
            made = self._state.add_class()
        except InputError as error:
            self.failed.emit(error)
            return None
        self._note(f"add {made.name}", before)
        return made

    def rename(self, number: int, name: str) -> None:
        """Rename a class; an empty name is ignored."""
        before = self._state.classes
        self._state.change_class(number, name=name)
        self._note(f"rename {self._name(number, before)}", before)

    def recolour(self, number: int, color: str) -> None:
        """Give a class another colour, ``"#rrggbb"``."""
        before = self._state.classes
        self._state.change_class(number, color=color)
        self._note(f"recolour {self._name(number, before)}", before)

    def move(self, number: int, by: int) -> None:
        """Move a class down in the list by so many places, or up."""
        before = self._state.classes
        self._state.move_class(number, by)
        self._note(f"move {self._name(number, before)}", before)

    def remove(self, number: int) -> None:
        """Remove a class and erase its strokes."""
        self._replace(number, 0, "remove {}")

    def merge(self, number: int, into: int) -> None:
        """Make all strokes of a class strokes of another, and remove it."""
        self._replace(number, into, "merge {} into {}")

    def _replace(self, number: int, into: int, words: str) -> None:
        before, was_selected = self._state.classes, self._state.selected == number
        said = words.format(self._name(number, before), self._name(into, before))
        try:
            self._state.remove_class(number)
        except InputError as error:
            self.failed.emit(error)
            return
        if was_selected and into:
            self._state.selected = into
        repaints = tuple(self._strokes_of(number, into))
        if repaints:
            self.repainting.emit(number, into)
        self._repaint(repaints, Repaint.apply)
        self._note(said, before, repaints)

    # --- undo ---

    @property
    def undo_words(self) -> str:
        """What undo would take back, in words; empty where there is nothing."""
        return _words(self._timeline.next_undo(self._layer))

    @property
    def redo_words(self) -> str:
        """What redo would bring back."""
        return _words(self._timeline.next_redo(self._layer))

    def undo(self) -> None:
        """Take back the last stroke or change of the classes."""
        entry = self._timeline.undo(self._layer)
        if isinstance(entry, ClassStep):
            self._repaint(entry.repaints, Repaint.revert)
            self._take(entry.undone(self._state.classes))
        elif self._layer is not None:
            # Strokes from before this list of changes began are undone as well.
            self._layer.undo()
        self.changed.emit()

    def redo(self) -> None:
        """Do again what was undone last."""
        entry = self._timeline.redo(self._layer)
        if isinstance(entry, ClassStep):
            self._take(entry.redone(self._state.classes))
            self._repaint(entry.repaints, Repaint.apply)
        elif isinstance(entry, Stroke) and self._layer is not None:
            self._layer.redo()
        self.changed.emit()

    # --- parts ---

    def _on_paint(self, event: Event) -> None:
        # What changed no pixel is nothing to undo, and the layer does not count it either.
        if event.value:
            self._timeline.add(Stroke(self._layer))
            self.changed.emit()

    def _note(self, words: str, before: tuple[ProbeClass, ...], repaints: tuple[Repaint, ...] = ()) -> None:
        if self._state.classes != before or repaints:
            self._timeline.add(ClassStep(words, before, self._state.classes, repaints))
            self.changed.emit()

    def _take(self, classes: tuple[ProbeClass, ...]) -> None:
        self._state.classes = classes
        if self._state.selected and self._state.class_of(self._state.selected) is None:
            self._state.selected = classes[0].number

    def _strokes_of(self, number: int, into: int) -> Iterator[Repaint]:
        for layer in stroke_layers(self._viewer, self._layer):
            leading = layer.data.shape[:-2]
            for plane in possibly_painted(layer):
                strokes = np.asarray(plane_view(layer.data, plane)) == number
                # Most planes of a large stack carry none, and looking is ten times as fast as listing.
                if strokes.any():
                    inside = np.nonzero(strokes)
                    at = np.unravel_index(plane, leading) if leading else ()
                    index = (*(np.full(len(inside[0]), i) for i in at), *inside)
                    yield Repaint(layer, index, number, into)

    def _repaint(self, repaints: tuple[Repaint, ...], write: Callable[[Repaint], None]) -> None:
        for repaint in repaints:
            write(repaint)
        for layer in {repaint.layer for repaint in repaints}:
            layer.refresh()
        if repaints:
            self.repainted.emit()

    def _name(self, number: int, classes: tuple[ProbeClass, ...]) -> str:
        return next((known.name for known in classes if known.number == number), "")


def _words(entry: ClassStep | Stroke | None) -> str:
    if entry is None:
        return ""
    return entry.words if isinstance(entry, ClassStep) else "stroke"
