"""Two sections of a stack: seen on each other in the canvas, and set by hand."""

from __future__ import annotations

from dataclasses import replace

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from .._landmark_book import LandmarkBook
from .._pair_compare import CompareRequest, Comparison, compare
from .._pair_work import SeenPair, see
from .._section_pair import SectionPair
from ..normalisation import Normalisation
from ._error_line import ErrorLine
from ._jobs import JobRunner
from ._look_row import LookRow
from ._pair_canvas import Kind, Look, PairCanvas
from ._pair_hand import PairHand
from ._pair_view import PairView
from ._section import Section
from ._section_table import pixel_of
from ._session import session_of
from ._status import StatusLine

# What patches are compared by where only intensity was asked for.
_PICTURED = "filters"
# How a pair is seen that someone asked for without saying how.
_FIRST: Kind = "checkerboard"


class PairPanel(QWidget):
    """Shows the pair that is looked at as long as the panel is seen.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.

    Attributes
    ----------
    edge_set : Signal(object)
        An `Edge` that was set by hand.
    """

    edge_set = Signal(object)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: Image | None = None
        self._pair: SectionPair | None = None
        self._seen: SeenPair | None = None
        self._before_tool: Look | None = None
        self._is_chosen = False
        canvas = self.canvas = PairCanvas(viewer, self)
        self.caption = QLabel()
        self.look = LookRow(viewer)
        self.hand = PairHand(canvas)
        self.error = ErrorLine(viewer)
        self.status = StatusLine(viewer)
        self.similarity = Section("Similarity of patches and shifts")
        self.pictures = PairView(viewer)
        self.similarity.body.addWidget(self.pictures)
        self._backbone = _PICTURED
        self._normalisation: Normalisation | None = None
        self._reader = JobRunner(self)
        self._comparer = JobRunner(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self.caption, self.look, self.hand, self.status, self.error, self.similarity):
            layout.addWidget(part)
        self.status.hide()
        self._connect()
        # Not through self, which is gone by then.
        self.destroyed.connect(lambda *_: canvas.close())
        self.follow(None, None)

    def _connect(self) -> None:
        self.look.changed.connect(self._on_look)
        self.canvas.dismissed.connect(self._on_dismissed)
        self.hand.kind_wanted.connect(self._on_kind_wanted)
        self.hand.edge_set.connect(self.edge_set)
        self.hand.said.connect(self._on_said)
        self.hand.failed.connect(self.error.show_error)
        self._reader.returned.connect(self._on_seen)
        self._reader.failed.connect(self.error.show_error)
        self.similarity.toggle.toggled.connect(lambda _: self._compare())
        self._comparer.returned.connect(self._on_compared)
        self._comparer.failed.connect(self.error.show_error)

    @property
    def is_busy(self) -> bool:
        """Whether something is read or computed."""
        return self._reader.is_running or self._comparer.is_running or self.hand.is_busy

    def follow(self, image: Image | None, pair: SectionPair | None, backbone: str | None = None) -> None:
        """Show another pair of sections of an image, or the same one otherwise placed; None shows nothing.

        Parameters
        ----------
        image : Image or None
        pair : SectionPair or None
        backbone : str, optional
            Features by which patches are compared in the pictures of similarity.
        """
        if image is not None and image is not self._image:
            self.hand.open(session_of(self.canvas.viewer).landmarks.setdefault(image, LandmarkBook()))
        if self._pair is None or pair is None or pair.stack is not self._pair.stack:
            self._normalisation = None
        if self._pair is None or pair is None or not _are_same(self._pair, pair):
            self.status.hide()
            self.error.clear()
        self._image, self._pair, self._backbone = image, pair, backbone or _PICTURED
        self.setEnabled(pair is not None)
        self.caption.setText(
            "" if pair is None else f"Sections {pair.fixed} (fixed) and {pair.moving} (moving)"
        )
        if pair is not None:
            self.look.show_sections(pair.fixed, pair.moving)
        self.hand.follow(pair, pixel_of(image))
        self._refresh()
        self._compare()

    def show_picture(self) -> None:
        """See the pair in the canvas, unless the user has said how, or that it is not to be seen."""
        if not self._is_chosen:
            self._is_chosen = True
            self._show_as(self.look.look.changed(kind=_FIRST))

    def showEvent(self, event: QShowEvent) -> None:
        """Show the picture again."""
        super().showEvent(event)
        self._refresh()
        self._compare()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the picture and what is held away: another widget has the canvas now."""
        super().hideEvent(event)
        self.hand.use_tool(None)
        self._refresh()

    def _refresh(self) -> None:
        """Read the pair if it is to be seen and is not at hand."""
        image, pair, seen = self._image, self._pair, self._seen
        if image is None or pair is None or not self.isVisible() or self.canvas.look.kind == "off":
            self._reader.drop()
            self.canvas.clear()
        elif seen is not None and _are_same(seen.pair, pair):
            self._on_seen(replace(seen, pair=pair))
        else:
            self._reader.start(see, pair)

    def _on_seen(self, seen: SeenPair) -> None:
        self._seen = seen
        if self._image is not None and self._image in self.canvas.viewer.layers:
            self.canvas.show_pair(self._image, seen)

    # --- how similar they are ---

    def _compare(self) -> None:
        """Compare the pair, if that is looked at."""
        if self._pair is None or not self.pictures.isVisible():
            self._comparer.drop()
            self.pictures.clear()
            return
        self._comparer.start(compare, CompareRequest(self._pair, self._backbone, self._normalisation))

    def _on_compared(self, found: Comparison | None) -> None:
        if found is None:
            self.pictures.clear("One of the two sections is blank")
            return
        self._normalisation = found.request.normalisation
        self.pictures.show_comparison(found)

    # --- how it is seen ---

    def _on_look(self, look: Look) -> None:
        """Follow what the user chose; a tool that cannot do with it is laid down."""
        self._is_chosen = True
        if self._before_tool is not None:
            self._before_tool = look
            unfit = look.kind == "off" or (self.hand.tool == "drag" and look.kind == "side by side")
            if unfit:
                self.hand.use_tool(None)
        self._show_as(look)

    def _show_as(self, look: Look) -> None:
        self.look.show_look(look)
        self.canvas.show_as(look)
        self._refresh()

    def _on_kind_wanted(self, kind: Kind | None) -> None:
        """Change the way of seeing for the time of a tool."""
        held = self.hand.tool == "drag"
        self.look.allow_before(not held)
        if kind is None:
            look, self._before_tool = self._before_tool, None
            if look is not None:
                self._show_as(look)
            return
        self._before_tool = self._before_tool or self.look.look
        self._show_as(self.look.look.changed(kind=kind, is_before=False))

    def _on_dismissed(self) -> None:
        self._is_chosen = True
        self.hand.use_tool(None)
        self._show_as(self.look.look.changed(kind="off"))

    def _on_said(self, mood: object, words: str) -> None:
        self.error.clear()
        self.status.say(mood, words)
        self.status.show()


def _are_same(one: SectionPair, other: SectionPair) -> bool:
    """Whether two pairs are of the same planes, however they lie."""
    return one.stack.data is other.stack.data and (one.fixed, one.moving) == (other.fixed, other.moving)
