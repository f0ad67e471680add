"""What all widgets of one viewer share: the embeddings in memory, and the identity of image data."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from napari.layers import Layer
from napari.viewer import Viewer

from .._align_history import AlignHistory
from .._cache import EmbeddingCache
from .._carry_work import Framing
from .._landmark_book import LandmarkBook
from ..alignment import StackAlignment
from ..compute import Compute, default_compute
from ._layers import bare_viewer

_numbers = count(1)


@dataclass(eq=False)
class CarriedWith:
    """Layers that are moved as one stack is.

    Parameters
    ----------
    chosen : set of Layer
        Layers that are moved along, besides the stack itself.
    moved : mapping of Layer to Layer
        What shows each of them, and the stack, in the common frame.
    framing : Framing
        What is shown of that frame.
    by : tuple, optional
        The alignment and framing that `moved` shows.
    """

    chosen: WeakSet[Layer] = field(default_factory=WeakSet)
    moved: WeakKeyDictionary[Layer, Layer] = field(default_factory=WeakKeyDictionary)
    framing: Framing = field(default_factory=Framing)
    by: tuple[StackAlignment, Framing] | None = None


@dataclass(eq=False)
class Session:
    """Shared by the widgets of one viewer; goes when the viewer goes.

    Parameters
    ----------
    cache : EmbeddingCache
    compute : Compute
        How networks are computed.
    alignments : mapping of Layer to AlignHistory
        What was aligned of each stack; it outlives the widget that aligned it.
    carried : mapping of Layer to CarriedWith
        The layers that were moved along with each stack.
    landmarks : mapping of Layer to LandmarkBook
        What was marked in the sections of each stack.
    """

    cache: EmbeddingCache = field(default_factory=EmbeddingCache)
    compute: Compute = field(default_factory=default_compute)
    alignments: WeakKeyDictionary[Layer, AlignHistory] = field(default_factory=WeakKeyDictionary)
    carried: WeakKeyDictionary[Layer, CarriedWith] = field(default_factory=WeakKeyDictionary)
    landmarks: WeakKeyDictionary[Layer, LandmarkBook] = field(default_factory=WeakKeyDictionary)
    _sources: WeakKeyDictionary[Layer, tuple[int, Any]] = field(default_factory=WeakKeyDictionary)

    def moved_layers(self) -> set[Layer]:
        """Return the layers that show others in the common frame of an alignment."""
        return {made for held in self.carried.values() for made in held.moved.values()}

    def source(self, layer: Layer) -> int:
        """Identity of the data that a layer holds now; a new number when its data is replaced."""
        number, data = self._sources.get(layer, (0, None))
        if data is layer.data:
            return number
        if number:
            self.cache.forget(number)
        number = next(_numbers)
        self._sources[layer] = (number, layer.data)
        return number

    def forget(self, layer: Layer) -> None:
        """Drop what is held of a layer that was removed."""
        number, _ = self._sources.pop(layer, (0, None))
        self.cache.forget(number)


_sessions: WeakKeyDictionary[Viewer, Session] = WeakKeyDictionary()


def session_of(viewer: Viewer) -> Session:
    """Return the session of a viewer; the first call makes it."""
    viewer = bare_viewer(viewer)
    if viewer not in _sessions:
        _sessions[viewer] = session = Session()
        viewer.layers.events.removed.connect(lambda event: session.forget(event.value))
    return _sessions[viewer]
