"""Predicting all planes of a stack in the background."""

from __future__ import annotations

from psygnal import Signal
from qtpy.QtCore import QObject

from .._cache import EmbeddingCache
from .._file_work import Kept, is_large, predict_and_keep
from .._predicting import Prediction
from .._work import Computing, Source, predict_planes
from ..probe import Probe
from ._jobs import JobRunner


class StackRun:
    """One run over a stack, with the probe as it was at its start.

    Parameters
    ----------
    cache : EmbeddingCache
    parent : QObject
        What the run ends with.

    Attributes
    ----------
    predicted : Signal(Prediction, int)
        A plane is done, by the probe of this version.
    kept : Signal(int, ndarray, int)
        The labels of a plane are there from a run before, by an equal probe.
    progressed : Signal(int, int)
        Planes done, and planes in all.
    failed : Signal(Exception)
    ended : Signal(int, int)
        The run is over, after so many planes of all.
    """

    predicted = Signal(Prediction, int)
    kept = Signal(int, object, int)
    progressed = Signal(int, int)
    failed = Signal(Exception)
    ended = Signal(int, int)

    def __init__(self, cache: EmbeddingCache, parent: QObject) -> None:
        self._cache = cache
        self._done = 0
        self._wanted = 0
        self.version = 0
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_plane)
        self._jobs.failed.connect(self.failed.emit)
        self._jobs.ended.connect(self._on_ended)

    def start(self, source: Source, probe: Probe, version: int, here: int) -> None:
        """Predict all planes, those nearest to plane `here` first."""
        planes = sorted(range(source.stack.n_planes), key=lambda plane: abs(plane - here))
        self.version, self._done, self._wanted = version, 0, len(planes)
        self.progressed.emit(0, len(planes))
        # Of stacks that take long, so that a run that is stopped or killed goes on.
        work = predict_and_keep if is_large(source.stack) else predict_planes
        self._jobs.start(work, source, probe, planes, self._cache)

    def stop(self) -> None:
        """Stop after the plane in work; what is predicted stays."""
        self._jobs.stop()

    def drop(self) -> None:
        """Stop and report no further plane: the image is another one now."""
        if self._jobs.is_running:
            self._jobs.drop()
            self.ended.emit(self._done, self._wanted)

    def _on_plane(self, step: Computing | Prediction | Kept) -> None:
        if isinstance(step, Computing):
            return
        self._done += 1
        if isinstance(step, Kept):
            self.kept.emit(step.plane, step.labels, self.version)
        else:
            self.predicted.emit(step, self.version)
        self.progressed.emit(self._done, self._wanted)

    def _on_ended(self) -> None:
        self.ended.emit(self._done, self._wanted)
