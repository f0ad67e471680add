"""Comparing classifiers in the background, and keeping what came out as long as it holds."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import Signal
from qtpy.QtCore import QObject

from .._cache import EmbeddingCache
from .._compare_work import compare
from .._state import Snapshot
from .._work import Computing, RowsRead
from ..probe import Comparison
from ..steps import TileDone
from ._classifier_section import ClassifierSection
from ._jobs import JobRunner


class ClassifierCompare:
    """One comparison at a time, on the strokes as they are when it starts.

    Parameters
    ----------
    section : ClassifierSection
        Starts and stops it, and shows what comes out.
    snapshot : callable
        Returns what is to be compared on now, or None where there is nothing.
    cache : EmbeddingCache
    parent : QObject
        What a run ends with.

    Attributes
    ----------
    failed : Signal(Exception)
    """

    failed = Signal(Exception)

    def __init__(
        self,
        section: ClassifierSection,
        snapshot: Callable[[], Snapshot | None],
        cache: EmbeddingCache,
        parent: QObject,
    ) -> None:
        self._section = section
        self._snapshot = snapshot
        self._cache = cache
        self._jobs = JobRunner(parent)
        section.run.start_requested.connect(self.start)
        section.run.stop_requested.connect(self._jobs.stop)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(self._on_compared)
        self._jobs.failed.connect(self._on_failed)
        self._jobs.ended.connect(self._on_ended)

    @property
    def is_running(self) -> bool:
        """Whether classifiers are being compared."""
        return self._jobs.is_running

    def start(self) -> None:
        """Compare all classifiers on the strokes as they are now."""
        snapshot = self._snapshot()
        if snapshot is None:
            return
        self._section.show_comparison(None)
        self._section.run.begin(0)
        self._jobs.start(compare, snapshot, self._cache)

    def drop(self) -> None:
        """Stop, and forget what came out: it is about something else now."""
        self._jobs.drop()
        self._section.run.end()
        self._section.show_comparison(None)

    def _on_step(self, step: Computing | RowsRead | TileDone) -> None:
        if not isinstance(step, TileDone):
            return
        run = self._section.run
        if run.total != step.total:
            run.begin(step.total)
        run.advance(step.done)

    def _on_compared(self, comparison: Comparison) -> None:
        self._section.show_comparison(comparison)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(error)

    def _on_ended(self) -> None:
        self._section.run.end()
