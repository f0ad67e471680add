"""Writing predictions to files in the background: of the stack, or of every image of a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QObject

from .._file_work import apply_probe, is_large, write_prediction
from .._work import Computing
from ..folder_prediction import ImageDone, ImageStep
from ..prediction_file import PlaneDone
from ._jobs import JobRunner
from ._layers import plane_view
from ._live_probe import LiveProbe
from ._loaded_probe import named


class FileRuns:
    """One run at a time, with the probe as it was at its start.

    Parameters
    ----------
    live : LiveProbe
        Whose probe and image they are.
    parent : QObject
        What a run ends with.

    Attributes
    ----------
    began : Signal(int)
        A run of so many steps.
    progressed : Signal(float)
        Steps done, and a part.
    ended : Signal(str)
        What came of it, in words.
    failed : Signal(Exception)
    """

    began = Signal(int)
    progressed = Signal(float)
    ended = Signal(str)
    failed = Signal(Exception)

    def __init__(self, live: LiveProbe, parent: QObject) -> None:
        self._live = live
        self._total = 0
        self._ending = ""
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(self._on_returned)
        self._jobs.failed.connect(self._on_failed)
        self._jobs.ended.connect(self._on_ended)

    def save_prediction(self, path: str) -> None:
        """Write the labels of all planes; those that are predicted already are taken as they are."""
        live = self._live
        source, probe = live.source, live.probe
        if source is None or probe is None:
            return
        labels = live.overlay.labels
        known = {}
        if labels is not None and not is_large(source.stack):
            current = (plane for plane in range(live.n_planes) if live.overlay.shows(plane, live.version))
            # Copies: the overlay goes on following the strokes.
            known = {plane: np.array(plane_view(labels.data, plane)) for plane in current}
        self._begin(live.n_planes, f"Stopped. The next run into {Path(path).name} goes on from here.")
        self._jobs.start(write_prediction, source, named(probe, live.state), path, known, live.cache)

    def apply_to_folder(self, folder: str, output: str) -> None:
        """Predict every image of a folder into another folder."""
        source, probe = self._live.source, self._live.probe
        if source is None or probe is None:
            return
        self._begin(0, "Stopped. The next run into the same folder goes on from here.")
        self._jobs.start(apply_probe, folder, named(probe, self._live.state), output, source)

    def stop(self) -> None:
        """Stop after the plane in work; what is finished stays."""
        self._jobs.stop()

    def _begin(self, total: int, ending: str) -> None:
        self._total, self._ending = total, ending
        self.began.emit(total)

    def _on_step(self, step: Computing | PlaneDone | ImageStep | ImageDone) -> None:
        match step:
            case PlaneDone():
                self.progressed.emit(step.done)
            case ImageStep() | ImageDone():
                if self._total != step.total:
                    self._total = step.total
                    self.began.emit(step.total)
                part = step.plane.done / step.plane.total if isinstance(step, ImageStep) else 1
                self.progressed.emit(step.number - 1 + part)

    def _on_returned(self, result: Path | list[ImageDone]) -> None:
        if isinstance(result, Path):
            self._ending = f"Saved as {result.name}."
            return
        failed = [image for image in result if image.error]
        self._ending = f"{len(result) - len(failed)} of {len(result)} images predicted."
        if failed:
            named = "; ".join(f"{image.path.name}: {image.error}" for image in failed)
            self._ending += f" Without a prediction: {named}"

    def _on_failed(self, error: Exception) -> None:
        self._ending = ""
        self.failed.emit(error)

    def _on_ended(self) -> None:
        self.ended.emit(self._ending)
