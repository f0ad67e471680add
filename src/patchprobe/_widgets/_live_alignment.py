"""The alignment of a stack, live: pairs are measured, edited and placed again behind the widget."""

from __future__ import annotations

from napari.layers import Image
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._align_history import AlignHistory, AlignState
from .._section_pair import SectionPair, pair_of
from ..alignment import Edge


class LiveAlignment:
    """Holds the alignment of the chosen stack; every edit places its sections again.

    It owns no widget: a widget shows what its signals say.

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
    pair_changed : Signal(object)
        Another pair is looked at, or the same lies otherwise: a `SectionPair`, or None.
    """

    pair_changed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self.viewer = viewer
        self.layer: Image | None = None
        self.section = 0
        self._history: AlignHistory | None = None

    @property
    def state(self) -> AlignState:
        """What the stack's alignment is now."""
        return AlignState() if self._history is None else self._history.now

    @property
    def pair(self) -> SectionPair | None:
        """The pair that is looked at."""
        if self._history is None:
            return None
        now = self._history.now
        return pair_of(self._history.stack, self.section, now.alignment, now.edges, now.edits)

    def set_edge(self, edge: Edge) -> None:
        """Let a pair hold as it was set by hand, and place all sections again."""
