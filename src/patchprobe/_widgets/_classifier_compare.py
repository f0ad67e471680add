"""Comparing classifiers in the background, and keeping what came out as long as it holds."""

from __future__ import annotations

from psygnal import Signal
from qtpy.QtCore import QObject

from .._cache import EmbeddingCache
from .._compare_work import compare
from .._work import Computing, RowsRead
from ..probe.held_out import STROKES_TO_JUDGE
from ..steps import TileDone
from ._classifier_section import ClassifierSection
from ._jobs import JobRunner
from ._live_probe import LiveProbe


class ClassifierCompare:
    """One comparison at a time, on the strokes as they are when it starts; and the choice that follows.

    Parameters
    ----------
    section : ClassifierSection
        Starts and stops it, shows what comes out, and chooses.
    live : LiveProbe
        Whose strokes are compared on, and who fits what is chosen.
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
        live: LiveProbe,
        cache: EmbeddingCache,
        parent: QObject,
    ) -> None:
        self._section = section
        self._live = live
        self._cache = cache
        self._revision = -1
        self._jobs = JobRunner(parent)
        section.chosen.connect(lambda name: setattr(live.state, "classifier", name))
        live.state.events.classifier.connect(section.show_classifier)
        live.state.events.backbone.connect(self.drop)
        live.counted.connect(self._on_counted)
        section.run.start_requested.connect(self.start)
        section.run.stop_requested.connect(self._jobs.stop)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(section.show_comparison)
        self._jobs.failed.connect(self.failed.emit)
        self._jobs.ended.connect(lambda: section.run.end())
        section.show_classifier(live.state.classifier)

    @property
    def is_running(self) -> bool:
        """Whether classifiers are being compared."""
        return self._jobs.is_running

    def start(self) -> None:
        """Compare all classifiers on the strokes as they are now."""
        self._section.show_comparison(None)
        self._section.run.begin(0)
        self._revision = self._live.book.revision
        self._jobs.start(compare, self._live.snapshot(fit=True), self._cache)

    def drop(self) -> None:
        """Stop, and forget what came out: it is about something else now."""
        self._jobs.drop()
        self._section.run.end()
        self._section.show_comparison(None)

    def _on_counted(self) -> None:
        enough = [strokes >= STROKES_TO_JUDGE for strokes, _ in self._live.book.totals().values()]
        can = len(enough) > 1 and all(enough)
        self._section.run.set_missing("" if can else "Paint three strokes of each class first")
        self._section.show_age(self._live.book.revision != self._revision)

    def _on_step(self, step: Computing | RowsRead | TileDone) -> None:
        if not isinstance(step, TileDone):
            return
        run = self._section.run
        if run.total != step.total:
            run.begin(step.total)
        run.advance(step.done)
