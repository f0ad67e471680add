"""*Next place to paint*: the view goes to where a stroke would teach the probe most."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from .._cache import EmbeddingCache
from .._work import Computing, Source, embed_plane
from ..next_place import SIDE, Place, candidates, choose
from ..probe import Probe, TrainingRows
from ._jobs import JobRunner
from ._layers import current_plane, show_plane
from ._live_probe import LiveProbe
from ._session import session_of
from ._visible import camera_of, visible_view

_NO_PROBE = "Paint a little of two classes first"
_TIP = "Go to where the probe is least sure, and unlike what is painted already (key N)"
_SURE = "The probe is sure of all that was looked at. Look at another plane, or predict the stack."
# Planes that are looked through for a place: the one that is seen, and others whose features are at hand.
_PLANES = 6
# How many times the side of a place is seen around it.
_AROUND = 8


class NextPlaceRow(QWidget):
    """The button, and below it what there is to see at the place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("Next place to paint")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.note)
        self.say("")

    def say(self, text: str) -> None:
        """Say something below the button, or nothing."""
        self.note.setText(text)
        self.note.setVisible(bool(text))


class NextPlace:
    """Between the row and the live probe.

    Parameters
    ----------
    live : LiveProbe
    row : NextPlaceRow
    parent : QObject
        What the background jobs end with.
    """

    def __init__(self, live: LiveProbe, row: NextPlaceRow, parent: QObject) -> None:
        self._live = live
        self._row = row
        self._taken: list[Place] = []
        self._image: object = None
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_report)
        self._jobs.failed.connect(live.failed.emit)
        row.button.clicked.connect(self.go)
        live.painting.next_wanted.connect(self.go)
        live.fitted.connect(self._on_fitted)
        self._on_fitted()

    def go(self) -> None:
        """Look for the next place, and go there."""
        live, source = self._live, self._live.source
        if source is None or live.probe is None or live.image is None:
            self._row.say(f"{_NO_PROBE}.")
            return
        cache = session_of(live.viewer).cache
        here = current_plane(live.viewer, live.image)
        held = sorted(cache.planes(source.identity, source.backbone) - {here}, key=lambda p: abs(p - here))
        wanted = Wanted(
            source,
            live.probe,
            (here, *held[: _PLANES - 1]),
            dict(live.book.planes),
            tuple(live.book.rows.values()),
            tuple(self._taken),
        )
        self._jobs.start(_searching, wanted, cache)

    def _on_fitted(self) -> None:
        is_ready = self._live.probe is not None
        self._row.button.setEnabled(is_ready)
        self._row.button.setToolTip(_TIP if is_ready else _NO_PROBE)
        # What was said of a place is answered by a stroke, or out of date.
        self._row.say("")
        if self._live.image is not self._image:
            self._image = self._live.image
            self._taken.clear()

    def _on_report(self, report: Computing | Found) -> None:
        if isinstance(report, Computing):
            return
        if report.place is None:
            self._taken.clear()
            self._row.say(_SURE)
            return
        self._taken.append(report.place)
        self._show(report.place)

    def _show(self, place: Place) -> None:
        live = self._live
        image = live.image
        if image is None or image not in live.viewer.layers:
            return
        show_plane(live.viewer, image, place.plane)
        index = [0.0] * (image.ndim - 2)
        at = image.data_to_world([*index, *map(float, place.point)])[-2:]
        camera = camera_of(live.viewer)
        camera.center = (0.0, *at)
        view = visible_view(live.viewer, live.strokes)
        if view is not None:
            seen = max(part.stop - part.start for part in view.window)
            # Closer if need be; who is closer already stays there.
            camera.zoom *= max(1.0, seen / (SIDE * _AROUND))
        live.brush.take()
        names = [live.state.class_of(number) for number in place.classes]
        first, second = (known.name if known else "?" for known in names)
        self._row.say(f"Unsure here between {first} and {second}: paint what it is.")


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a place is looked for in; nobody changes it any more.

    Parameters
    ----------
    source : Source
    probe : Probe
    planes : tuple of int
    strokes : mapping of int to ndarray of uint8, shape (H, W)
    rows : tuple of TrainingRows
        Of the strokes.
    taken : tuple of Place
        Proposed before.
    """

    source: Source
    probe: Probe
    planes: tuple[int, ...]
    strokes: Mapping[int, npt.NDArray[np.uint8]]
    rows: Sequence[TrainingRows]
    taken: Sequence[Place]


@dataclass(frozen=True, eq=False)
class Found:
    """The place; None if there is none left."""

    place: Place | None


def _searching(wanted: Wanted, cache: EmbeddingCache) -> Generator[Computing | Found, None, None]:
    found: list[Place] = []
    for plane in wanted.planes:
        embedding = yield from embed_plane(wanted.source, plane, cache, evict=False)
        looking = candidates(wanted.probe, plane, embedding, wanted.strokes.get(plane))
        while True:
            try:
                next(looking)
            except StopIteration as end:
                found += end.value
                break
            yield Computing(plane)
    yield Found(choose(found, wanted.taken, wanted.rows))
