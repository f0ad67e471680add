"""Running long work beside the window: one job at a time, stoppable, stale results dropped."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from napari.qt.threading import GeneratorWorker
from qtpy.QtCore import QObject, Signal

from ..errors import InputError


class _Refusal:
    """An InputError on its way from the worker: what the user can mend is no crash."""

    def __init__(self, error: InputError) -> None:
        self.error = error


def _refusing(work: Callable[..., Generator[Any, None, Any]], *args: Any) -> Generator[Any, None, Any]:
    try:
        return (yield from work(*args))
    except InputError as error:
        return _Refusal(error)


class JobRunner(QObject):
    """Runs generator functions in napari's workers, one at a time, and reports on the GUI thread.

    The function gets arrays and values only; it touches neither Qt nor layers. What it yields comes out of
    `yielded`, what it returns out of `returned`. Starting a job ends the one before: that one is asked to
    quit, and nothing of it is reported any more.

    The workers are built directly rather than by ``create_worker``, which registers each worker with the
    window for good: hundreds of refits would keep their arrays alive for as long as the window.

    Attributes
    ----------
    yielded : Signal(object)
        Each value that the running job yields.
    returned : Signal(object)
        The value that the job returned; not emitted after a stop or an error.
    failed : Signal(object)
        The exception of a job: an `InputError` to be shown to the user, or a defect, which napari has
        shown already.
    ended : Signal()
        The job is over, whichever way; emitted last.
    """

    yielded = Signal(object)
    returned = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[_Job] = []
        self._last: _Job | None = None
        self.destroyed.connect(partial(_drop_all, self._running))

    @property
    def is_running(self) -> bool:
        """Whether a job is running whose reports are still wanted."""
        return any(job.wanted for job in self._running)

    def start(self, work: Callable[..., Generator[Any, None, Any]], *args: Any) -> None:
        """Start a job and drop the one before.

        Parameters
        ----------
        work : generator function
            Each yield is a place where it can be stopped.
        *args
            Passed to `work`: arrays and frozen values.
        """
        self.drop()
        job = _Job(self, work, *args)
        self._running.append(job)
        job.worker.start()

    def stop(self) -> None:
        """Ask the running job to end at its next yield; what it yielded so far stays."""
        for job in self._running:
            job.quit()

    def drop(self) -> None:
        """Stop the running job and report nothing of it any more."""
        _drop_all(self._running)

    def _retire(self, job: _Job) -> None:
        self._running.remove(job)
        # Called from a slot of the job, which must outlive it: it goes when the next one ends.
        self._last = job


class _Job(QObject):
    """One worker and its slots. A QObject, so that its slots are called on the GUI thread."""

    def __init__(self, runner: JobRunner, work: Callable[..., Generator[Any, None, Any]], *args: Any) -> None:
        super().__init__()
        self.runner = runner
        self.wanted = True
        self.worker: GeneratorWorker | None = GeneratorWorker(_refusing, work, *args)
        self.worker.yielded.connect(self._on_yielded)
        self.worker.returned.connect(self._on_returned)
        self.worker.errored.connect(self._on_errored)
        self.worker.finished.connect(self._on_finished)

    def quit(self) -> None:
        """Ask the worker to end at its next yield."""
        if self.worker is not None:
            self.worker.quit()

    def _on_yielded(self, value: Any) -> None:
        if self.wanted:
            self.runner.yielded.emit(value)

    def _on_returned(self, value: Any) -> None:
        if not self.wanted:
            return
        if isinstance(value, _Refusal):
            self.runner.failed.emit(value.error)
        else:
            self.runner.returned.emit(value)

    def _on_errored(self, error: Exception) -> None:
        if self.wanted:
            self.runner.failed.emit(error)

    def _on_finished(self) -> None:
        wanted, self.wanted = self.wanted, False
        self.worker = None  # lets go of what the worker was given
        self.runner._retire(self)
        if wanted:
            self.runner.ended.emit()


def _drop_all(jobs: list[_Job], *_: Any) -> None:
    for job in jobs:
        job.wanted = False
        job.quit()
