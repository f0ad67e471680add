"""The alignment of a stack, live: pairs are measured, edited and placed again behind the widget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from napari.layers import Image, Layer
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._align_history import AlignHistory, AlignState, place_state
from .._landmark_book import LandmarkBook
from .._measure_work import AlignRequest, Measured, Options, Source, measure
from .._section_pair import SectionPair, pair_of
from ..alignment import Edge, StackAlignment, StackEdges
from ..alignment.edited import EditedAlignment
from ..alignment.edits import AlignmentEdits
from ..errors import InputError
from ..io import Stack
from ._jobs import JobRunner
from ._layers import current_plane, layer_data, layer_stack, show_plane
from ._session import session_of
from ._status import Mood


class LiveAlignment:
    """Holds the alignment of the chosen stack; every edit places its sections again.

    It owns no widget and moves no layer: others show what its signals say. What was measured and edited stays
    with the layer when another stack is chosen or the widget is closed.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.
    parent : QObject
        What the background jobs end with.

    Attributes
    ----------
    layer : Image or None
        The stack.
    section : int
        The section that is looked at.
    is_measuring : bool
        Whether sections are being compared.
    status : Signal(Mood, str)
        What it is doing.
    began : Signal()
        Sections are being compared.
    measured : Signal(int, int)
        Pairs or sections done, and wanted.
    ended : Signal(str)
        Nothing is compared any more; why, in words.
    placed : Signal()
        The alignment, the edits or the stack are others; during a run also what is known so far.
    settled : Signal()
        The alignment that layers are to be moved by is another one, or there is none any more.
    pair_changed : Signal(object)
        Another pair is looked at, or the same lies otherwise: a `SectionPair`, or None.
    failed : Signal(Exception)
        To be shown where it happened.
    solved : Signal()
        An older error is solved.
    """

    status = Signal(Mood, str)
    began = Signal()
    measured = Signal(int, int)
    ended = Signal(str)
    placed = Signal()
    settled = Signal()
    pair_changed = Signal(object)
    failed = Signal(Exception)
    solved = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self.viewer = viewer
        self.layer: Image | None = None
        self.section = 0
        self._histories = session_of(viewer).alignments
        self._history: AlignHistory | None = None
        self.is_measuring = False
        self._request: AlignRequest | None = None
        self._measured: Measured | None = None
        self._shown: StackAlignment | None = None
        self._measurer, self._placer = JobRunner(parent), JobRunner(parent)
        self._measurer.yielded.connect(self._on_measured)
        self._measurer.returned.connect(self._on_all_measured)
        self._measurer.failed.connect(self._on_measuring_failed)
        self._placer.returned.connect(self._on_placed)
        self._placer.failed.connect(self._on_placing_failed)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.dims.events.current_step.connect(self._on_slider)

    def close(self) -> None:
        """Let go of the viewer: the widget is gone, and its jobs with it."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.dims.events.current_step.disconnect(self._on_slider)
        self._keep_measured()

    # --- what there is ---

    @property
    def state(self) -> AlignState:
        """What the stack's alignment is now, without what is being measured."""
        return AlignState() if self._history is None else self._history.now

    @property
    def stack(self) -> Stack | None:
        """The stack, as it was when it was chosen."""
        return None if self._history is None else self._history.stack

    @property
    def alignment(self) -> StackAlignment | None:
        """Where the sections lie as far as that is known: the latest, while another is worked out."""
        return self._shown

    @property
    def source(self) -> Source | None:
        """What `alignment` is by."""
        return self.state.source if self._measured is None else self._measured.source

    @property
    def is_busy(self) -> bool:
        """Whether pairs are compared or sections placed."""
        return self.is_measuring or self._placer.is_running

    @property
    def pair(self) -> SectionPair | None:
        """The pair that is looked at."""
        if self._history is None:
            return None
        return pair_of(self._history.stack, self.section, self._shown, self.source, self.state.edits)

    @property
    def next_redo(self) -> str:
        """What `redo` would bring back, in words; empty where there is nothing."""
        return "" if self._history is None else self._history.next_redo

    # --- which stack, which section ---

    def choose(self, layer: Layer | None) -> None:
        """Turn to another stack, or come back to one.

        Raises
        ------
        InputError
            If the layer cannot be a stack.
        """
        self._keep_measured()
        self._drop_jobs()
        self.layer, self._history, self._shown, self.section = None, None, None, 0
        if isinstance(layer, Image):
            stack = layer_stack(layer)
            held = self._histories.get(layer)
            if held is None or held.stack.data is not stack.data:
                held = self._histories[layer] = AlignHistory(stack)
            self.layer, self._history = layer, held
            self.section = current_plane(self.viewer, layer)
        self._enter()

    def look_at(self, section: int) -> None:
        """Show a section in the viewer, and compare it with the one that it was placed by."""
        if self.layer is not None:
            self.section = section
            show_plane(self.viewer, self.layer, section)
            self.pair_changed.emit(self.pair)

    def _on_slider(self) -> None:
        if self.layer is None or self.layer not in self.viewer.layers:
            return
        section = current_plane(self.viewer, self.layer)
        if section != self.section:
            self.section = section
            self.pair_changed.emit(self.pair)

    # --- measuring ---

    def start(self, options: Options, neighbours: int) -> None:
        """Compare the pairs that are missing, and place the sections."""
        if self._history is None or self._is_stale():
            return
        self._drop_jobs()
        self.is_measuring = True
        self.solved.emit()
        self.began.emit()
        self.status.emit(Mood.WORKING, "Comparing sections")
        self._request = AlignRequest(self._history.stack, options, neighbours, self.state.edits)
        self._measurer.start(measure, self._request, self._history.known.get(options))

    def stop(self) -> None:
        """Compare no more, at once; sections are placed by what there is, and `start` goes on from it."""
        measured = self._measured
        self._drop_jobs()
        if measured is None:
            self.status.emit(Mood.IDLE, "Stopped before anything was compared")
            return
        self.ended.emit(f"Stopped after {measured.share}; Align goes on from there")
        self._add(self._found(measured, f"align, {measured.share}"))

    def _keep_measured(self) -> None:
        """Note what a run has measured so far, for when its stack is turned to again."""
        if self._measured is not None and self._history is not None:
            self._history.add(self._found(self._measured, f"align, {self._measured.share}"))

    def _found(self, measured: Measured, words: str) -> AlignState:
        """Make a state of what was measured; it has yet to be placed if it was edited meanwhile."""
        assert self._request is not None
        edits = self.state.edits
        alignment = measured.alignment if edits == self._request.edits else None
        return AlignState(words, measured.source, self._request.options, edits, alignment)

    def _on_measured(self, measured: Measured) -> None:
        if self._history is None or self._request is None or self._is_stale():
            return
        self._measured = measured
        self._history.known[self._request.options] = measured.known
        self.measured.emit(measured.done, measured.total)
        if measured.alignment is not None:
            self._shown = measured.alignment
            self.placed.emit()
            self.pair_changed.emit(self.pair)

    def _on_all_measured(self, measured: Measured) -> None:
        if self._history is None or self._request is None or self._is_stale():
            return
        self._history.known[self._request.options] = measured.known
        self._drop_jobs()
        self._add(self._found(measured, "align"))

    def _on_measuring_failed(self, error: Exception) -> None:
        self._drop_jobs()
        self._on_failed(error)

    # --- editing ---

    def exclude(self, sections: Iterable[int]) -> None:
        """Leave sections out, and place the others without them."""
        numbers = sorted(set(sections) - set(self.state.edits.excluded))
        if numbers:
            self._edit(f"leave out {_named(numbers)}", self.state.edits.exclude(numbers))

    def include(self, sections: Iterable[int]) -> None:
        """Use sections again."""
        numbers = sorted(set(sections) & set(self.state.edits.excluded))
        if numbers:
            self._edit(f"use {_named(numbers)} again", self.state.edits.include(numbers))

    def set_edge(self, edge: Edge) -> None:
        """Let a pair hold as it was set by hand, and place all sections again."""
        self._edit(f"pair {edge.fixed}–{edge.moving} by hand", self.state.edits.with_edge(edge))

    def remove_edge(self, pair: tuple[int, int]) -> None:
        """Go back to what was measured of a pair."""
        if self.state.edits.edge_of(pair) is not None:
            self._edit(f"pair {pair[0]}–{pair[1]} as measured", self.state.edits.without_edge(pair))

    def set_anchor(self, section: int | None) -> None:
        """Let a section stay where it is; None for the middle one."""
        words = "anchor in the middle" if section is None else f"anchor at {section}"
        if section != self.state.edits.anchor:
            self._edit(words, replace(self.state.edits, anchor=section))

    def set_pulls(self, smoothness: float, drift: float) -> None:
        """Place sections with other pulls."""
        edits = replace(self.state.edits, smoothness=smoothness, drift=drift)
        if edits != self.state.edits:
            self._edit("smoothness and drift", edits)

    def undo(self) -> None:
        """Take back the last edit, or the whole alignment."""
        if self._history is not None and not self.is_measuring:
            self._history.undo()
            self._enter()

    def redo(self) -> None:
        """Bring back what was undone last."""
        if self._history is not None and not self.is_measuring:
            self._history.redo()
            self._enter()

    def _edit(self, words: str, edits: AlignmentEdits) -> None:
        if self._history is None or self._is_stale():
            return
        state = replace(self.state, words=words, edits=edits, alignment=None)
        if self.is_measuring:
            # What is measured is placed by these edits once all of it is there.
            self._history.add(state)
            self.placed.emit()
        else:
            self._add(state)

    # --- files ---

    def save(self, path: str | Path) -> None:
        """Save the alignment, with its pairs, edits and landmarks.

        Raises
        ------
        InputError
            If there is none yet.
        """
        if self._shown is None:
            raise InputError("There is no alignment to be saved yet. Press Align first.")
        source = self.source
        edges = source if isinstance(source, StackEdges) else None
        EditedAlignment(self._shown, edges, self.state.edits, self._landmarks.all).save(path)

    def load(self, path: str | Path) -> None:
        """Take an alignment from a file.

        Raises
        ------
        InputError
            If the file holds none, or one of another stack.
        """
        if self._history is None:
            return
        found = EditedAlignment.load(path)
        found.alignment.check_fits(self._history.stack)
        self._drop_jobs()
        self._landmarks.take(found.landmarks)
        self._add(AlignState.loaded(f"load {Path(path).name}", found))

    @property
    def _landmarks(self) -> LandmarkBook:
        """What was marked in the sections of the stack."""
        return session_of(self.viewer).landmarks.setdefault(self.layer, LandmarkBook())

    # --- from one state to the next ---

    def _add(self, state: AlignState) -> None:
        assert self._history is not None
        self._history.add(state)
        self._enter()

    def _enter(self) -> None:
        """Show the state that holds now; where its sections lie may have to be found first."""
        self._placer.drop()
        state = self.state
        if state.is_unplaced:
            assert self._history is not None
            self.status.emit(Mood.WORKING, "Placing sections")
            self._placer.start(place_state, state, self._history.stack)
            self.placed.emit()
            return
        self._shown = state.alignment
        self.solved.emit()
        self.placed.emit()
        self.settled.emit()
        self.pair_changed.emit(self.pair)

    def _on_placed(self, found: tuple[AlignState, StackAlignment]) -> None:
        if self._history is not None and not self._is_stale():
            self._history.settle(*found)
            self._enter()

    def _on_placing_failed(self, error: Exception) -> None:
        """Take back the edit that nothing can be placed by."""
        assert self._history is not None
        self._history.undo()
        self._enter()
        self._on_failed(error)

    def _on_failed(self, error: Exception) -> None:
        self.status.emit(Mood.LOOK, "Not aligned: see the message above")
        self.failed.emit(error)

    # --- what else happens ---

    def _is_stale(self) -> bool:
        """Let go of what was measured if the layer holds other data by now."""
        assert self.layer is not None and self._history is not None
        if layer_data(self.layer) is self._history.stack.data:
            return False
        layer = self.layer
        self.choose(layer)
        self.ended.emit(f"Stopped, the data of {layer.name} was replaced")
        return True

    def _on_removed(self, event: Event) -> None:
        if event.value is self.layer:
            self.choose(None)

    def _drop_jobs(self) -> None:
        self._measurer.drop()
        self._placer.drop()
        self._measured = None
        if self.is_measuring:
            self.is_measuring = False
            self.ended.emit("")


def _named(sections: list[int]) -> str:
    return f"section{'s' if len(sections) > 1 else ''} {', '.join(map(str, sections))}"
