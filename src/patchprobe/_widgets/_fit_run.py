"""The job that follows the strokes: one at a time, with at most one more waiting behind it."""

from __future__ import annotations

from psygnal import Signal
from qtpy.QtCore import QObject

from .._cache import EmbeddingCache
from .._predicting import Prediction
from .._state import Snapshot
from .._work import Fitted, Report, refit
from ._jobs import JobRunner


class FitRun:
    """Runs `refit` on snapshots.

    Parameters
    ----------
    cache : EmbeddingCache
    parent : QObject
        What the jobs end with.

    Attributes
    ----------
    revision : int
        Of the strokes that the last job was started with.
    reported : Signal(object)
        What the job says on its way.
    predicted : Signal(object)
        What it ends with, a `Prediction` or None.
    failed : Signal(Exception)
    awaited : Signal()
        The job is over, and another was asked for meanwhile.
    """

    reported = Signal(object)
    predicted = Signal(object)
    failed = Signal(Exception)
    awaited = Signal()

    def __init__(self, cache: EmbeddingCache, parent: QObject) -> None:
        self.revision = -1
        self._cache = cache
        self._again = False
        self._is_seen = False
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_report)
        self._jobs.returned.connect(self.predicted.emit)
        self._jobs.failed.connect(self.failed.emit)
        self._jobs.ended.connect(self._on_ended)

    @property
    def is_running(self) -> bool:
        """Whether a job is running whose reports are still wanted."""
        return self._jobs.is_running

    def wait_in_line(self) -> bool:
        """Ask for another job behind the one that runs; False if it need not be waited for.

        Once what is on the screen is shown, the rest of the plane is out of date as soon as there is more.
        """
        self._again = self._jobs.is_running and not self._is_seen
        return self._again

    def start(self, snapshot: Snapshot, revision: int) -> None:
        """Start a job and drop the one before."""
        self.revision = revision
        self._is_seen = False
        self._jobs.start(refit, snapshot, self._cache)

    def drop(self) -> None:
        """Forget what runs and what waits: it is about something else now."""
        self._jobs.drop()
        self._again = False

    def _on_report(self, report: Report) -> None:
        if isinstance(report, Prediction) or (isinstance(report, Fitted) and report.seen is not None):
            self._is_seen = True
        self.reported.emit(report)

    def _on_ended(self) -> None:
        if self._again:
            self._again = False
            self.awaited.emit()
