"""The images whose strokes feed one probe: the one that is painted, and those that were before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakSet

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from psygnal import Signal

from .._state import MAX_CLASSES, OtherImage
from .._work import RowsRead
from ..io import Stack
from ..probe import TrainingRows
from ._layers import plane_view, possibly_painted
from ._stroke_book import StrokeBook


@dataclass(eq=False)
class Parked:
    """Strokes of an image that is not painted now, and what was read of them.

    Parameters
    ----------
    stack : Stack
    source : int
        Identity of the data; see `Session.source`.
    strokes : Labels
        Their layer.
    planes : dict of int to ndarray of uint8, shape (H, W)
    counts, rows : dict
        As in `StrokeBook`.
    """

    stack: Stack
    source: int
    strokes: Labels
    planes: dict[int, npt.NDArray[np.uint8]]
    counts: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)
    rows: dict[int, TrainingRows] = field(default_factory=dict)
    _numbers: dict[int, frozenset[int]] = field(default_factory=dict)

    def numbers_on(self, plane: int) -> frozenset[int]:
        """Return the classes that are painted on a plane; large planes are looked through only once."""
        if plane not in self._numbers:
            strokes = self.planes[plane]
            numbers = range(1, MAX_CLASSES + 1)
            self._numbers[plane] = frozenset(self.counts.get(plane, ())) or frozenset(
                number for number in numbers if (strokes == number).any()
            )
        return self._numbers[plane]

    def look(self) -> None:
        """Read again what is painted; features of planes that changed are unread then."""
        for plane in possibly_painted(self.strokes):
            now = np.asarray(plane_view(self.strokes.data, plane))
            held = self.planes.get(plane)
            if np.array_equal(now, held) if held is not None else not now.any():
                continue
            self.planes[plane] = now.astype(np.uint8)
            for known in (self.rows, self.counts, self._numbers):
                known.pop(plane, None)
        self.planes = {plane: strokes for plane, strokes in self.planes.items() if strokes.any()}


class ImageSet:
    """Holds the strokes of all images but the one that is painted.

    Attributes
    ----------
    changed : Signal()
        There are other images, or others of them are used.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._parked: dict[Image, Parked] = {}
        self._unused: WeakSet[Image] = WeakSet()

    @property
    def parked(self) -> Mapping[Image, Parked]:
        """What is held, by image."""
        return self._parked

    def park(self, image: Image, parked: Parked) -> None:
        """Hold the strokes of an image that is left; nothing if there are none."""
        if parked.planes:
            self._parked[image] = parked
            self.changed.emit()

    def park_book(self, image: Image, stack: Stack, source: int, book: StrokeBook) -> None:
        """Hold what a book knows of an image that is left."""
        if book.layer is not None:
            known = (dict(held) for held in (book.planes, book.counts, book.rows))
            self.park(image, Parked(stack, source, book.layer, *known))

    def take(self, image: Image, book: StrokeBook) -> None:
        """Give back to the book what was read of an image that is painted again, where nothing changed."""
        held = self._parked.pop(image, None)
        if held is None:
            return
        if held.strokes is book.layer:
            for plane, before in held.planes.items():
                if plane in book.planes and np.array_equal(book.planes[plane], before):
                    for known, taken in ((held.rows, book.rows), (held.counts, book.counts)):
                        if plane in known:
                            taken[plane] = known[plane]
        self.changed.emit()

    def forget(self, layer: Layer) -> None:
        """Notice that a layer was deleted: strokes on an image that is gone feed nothing."""
        gone = [image for image, held in self._parked.items() if layer in (image, held.strokes)]
        for image in gone:
            del self._parked[image]
        if gone:
            self.changed.emit()

    def forget_rows(self) -> None:
        """Count all features as unread, as for another backbone."""
        for held in self._parked.values():
            held.rows.clear()

    def keep_rows(self, report: RowsRead) -> None:
        """Keep rows that were read of one of the images."""
        for held in self._parked.values():
            if held.source == report.source and held.planes.get(report.plane) is report.strokes:
                held.rows[report.plane] = report.rows

    def look(self) -> None:
        """Notice that strokes were changed on images that are not painted now, as by merging classes."""
        for held in self._parked.values():
            held.look()
        if self._parked:
            self.changed.emit()

    def is_used(self, image: Image) -> bool:
        """Whether the strokes on an image feed the probe."""
        return image not in self._unused

    def use(self, image: Image, used: bool) -> None:
        """Let the strokes on an image feed the probe while another one is painted, or not."""
        if used != self.is_used(image):
            (self._unused.discard if used else self._unused.add)(image)
            self.changed.emit()

    def fits(self, image: Image, stack: Stack) -> bool:
        """Whether features of an image can be those of another one: grey and colour cannot."""
        return self._parked[image].stack.n_channels == stack.n_channels

    def _feeding(self, stack: Stack) -> Iterator[Parked]:
        return (
            held for image, held in self._parked.items() if self.is_used(image) and self.fits(image, stack)
        )

    def others(self, stack: Stack) -> Iterator[OtherImage]:
        """Give the images that feed the probe besides the one of this stack."""
        for held in self._feeding(stack):
            yield OtherImage(held.stack, held.source, dict(held.planes), dict(held.rows))

    def painted(self, stack: Stack) -> set[int]:
        """Numbers of the classes that have strokes on the other images."""
        return {
            number
            for held in self._feeding(stack)
            for plane in held.planes
            for number in held.numbers_on(plane)
        }
