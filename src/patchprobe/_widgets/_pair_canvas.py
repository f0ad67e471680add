"""The picture of two sections in the canvas: one layer above all others, however it is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.layers import Image
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject, QTimer

from .._pair_work import SeenPair
from ..alignment import PlaneMap, Transform
from ..alignment.pair_picture import (
    SeenPlane,
    checkerboard,
    difference,
    placed,
    red_cyan,
    side_by_side,
    translucent,
)
from ._layers import kept_selection, remove_ours, shows_planes
from ._timers import single_shot
from ._view_layers import add_pair_picture, is_landmarks, lay_over_planes
from ._visible import camera_of

Kind = Literal["off", "checkerboard", "red-cyan", "translucent", "flicker", "difference", "side by side"]
# Where a point of the canvas lies: on both sections, on one of them, or on none.
Side = Literal["both", "fixed", "moving"]
Point = tuple[float, float]

# Between two sections side by side, as a share of the width of one.
_GAP = 0.02
_SECOND = 1000


@dataclass(frozen=True)
class Look:
    """How two sections are seen.

    Parameters
    ----------
    kind : str
    tile : int
        Side of the squares of a checkerboard, in pixels.
    rate : int
        Changes of a flicker in a second.
    is_before : bool
        Whether the moving section is seen as it was, before it was aligned.
    """

    kind: Kind = "off"
    tile: int = 64
    rate: int = 2
    is_before: bool = False

    def changed(self, **changes: Any) -> Look:
        """Return the same look but for what is named."""
        return replace(self, **changes)


class PairCanvas:
    """Shows a pair, and says what of it lies at a point of the canvas.

    The picture has no axis for the planes: it stays where it is while the slider moves, until the next
    pair is ready. Other layers are left as they are, below it.

    Parameters
    ----------
    viewer : Viewer
        Not a proxy.
    parent : QObject
        What the timers end with.

    Attributes
    ----------
    look : Look
    layer : Image or None
        While there is a picture.
    drawn : Signal()
        Another picture is shown, or none any more.
    dismissed : Signal()
        The user deleted the layer.
    """

    drawn = Signal()
    dismissed = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self.viewer = viewer
        self.look = Look()
        self.layer: Image | None = None
        self.image: Image | None = None
        self._seen: SeenPair | None = None
        self._put: PlaneMap | None = None
        self._view: tuple[tuple[float, ...], float] | None = None
        self._frames: list[npt.NDArray[np.uint8]] = []
        self._soon = single_shot(parent, self._draw)
        self._flicker = QTimer(parent)
        self._flicker.timeout.connect(self._turn_over)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.events.inserted.connect(self.draw_soon)
        viewer.dims.events.ndisplay.connect(self.draw_soon)

    # --- what is shown ---

    @property
    def seen(self) -> SeenPair | None:
        """The pair."""
        return self._seen

    @property
    def transform(self) -> PlaneMap:
        """From fixed to moving, as the pair is seen now."""
        if self._put is not None:
            return self._put
        if self._seen is None or self.look.is_before:
            return Transform.identity()
        return self._seen.pair.transform

    def show_pair(self, image: Image, seen: SeenPair) -> None:
        """Show another pair of sections of an image, or the same pair otherwise placed."""
        if image is not self.image:
            # The layer is called after its image and belongs to it.
            self._remove()
        self.image, self._seen = image, seen
        self.draw_soon()

    def show_as(self, look: Look) -> None:
        """Change the look."""
        self.look = look
        self.draw_soon()

    def put(self, transform: PlaneMap | None) -> None:
        """Put the moving section somewhere for a while; None lets it back to where it lies."""
        self._put = transform
        self.draw_soon()

    def clear(self) -> None:
        """Let go of the pair, and take the picture away."""
        self._seen = self._put = self.image = None
        self._remove()

    def close(self) -> None:
        """Let go of the viewer."""
        layers, dims = self.viewer.layers.events, self.viewer.dims.events
        layers.removed.disconnect(self._on_removed)
        layers.inserted.disconnect(self.draw_soon)
        dims.ndisplay.disconnect(self.draw_soon)
        if self.layer is not None:
            remove_ours(self.viewer, self.layer)

    # --- points of the canvas ---

    def spot(self, position: npt.ArrayLike) -> tuple[Side, Point] | None:
        """Say on which section a position in the world lies, and where in the fixed frame, in pixels.

        Returns
        -------
        None
            Outside of the picture.
        """
        if self.layer is None or self._seen is None:
            return None
        at = np.array(self.place_of(position))
        rows, cols = (n * self._seen.fixed.step for n in self._seen.fixed.shown.shape)
        side: Side = "both"
        if self.look.kind == "side by side":
            side = "fixed" if at[1] <= cols - 0.5 else "moving"
            at[1] -= self.offset if side == "moving" else 0
        if not (-0.5 <= at[0] <= rows - 0.5 and -0.5 <= at[1] <= cols - 0.5):
            return None
        return side, (float(at[0]), float(at[1]))

    def place_of(self, position: npt.ArrayLike) -> Point:
        """Turn a position in the world into a place of the picture, (y, x) in pixels of the fixed section."""
        assert self.layer is not None and self._seen is not None
        step = self._seen.fixed.step
        y, x = self.layer.world_to_data(np.asarray(position, dtype=float)[-2:])
        return float(y) * step + (step - 1) / 2, float(x) * step + (step - 1) / 2

    @property
    def offset(self) -> float:
        """How far to the right of the fixed section the moving one is seen, in pixels."""
        if self._seen is None or self.look.kind != "side by side":
            return 0.0
        return float((self._seen.fixed.shown.shape[1] + self._gap) * self._seen.fixed.step)

    @property
    def _gap(self) -> int:
        assert self._seen is not None
        return max(2, round(_GAP * self._seen.fixed.shown.shape[1]))

    # --- drawing ---

    def draw_soon(self, event: object = None) -> None:
        """Bring the picture up to date; several changes in a row lead to one."""
        self._soon.start()

    def _draw(self) -> None:
        seen, image = self._seen, self.image
        wanted = seen is not None and image is not None and image in self.viewer.layers
        if not wanted or self.look.kind == "off" or not shows_planes(self.viewer):
            self._remove()
            return
        moving = placed(seen.moving, self.transform, seen.fixed.shown.shape)
        self._frames = self._drawn(seen.fixed, moving)
        self._show(self._frames[0], image, seen.fixed.step)
        self._look_around()
        self._follow_flicker()
        self.drawn.emit()

    def _drawn(self, fixed: SeenPlane, moving: SeenPlane) -> list[npt.NDArray[np.uint8]]:
        """Draw the picture; two of them for a flicker, the second one shown first while it is going on."""
        match self.look.kind:
            case "checkerboard":
                return [checkerboard(fixed, moving, self.look.tile)]
            case "red-cyan":
                return [red_cyan(fixed, moving)]
            case "translucent":
                return [translucent(fixed, moving)]
            case "difference":
                return [difference(fixed, moving)]
            case "side by side":
                return [side_by_side(fixed, moving, self._gap)]
        return [moving.frame, fixed.frame]

    def _show(self, pixels: npt.NDArray[np.uint8], image: Image, step: int) -> None:
        if self.layer is None:
            with kept_selection(self.viewer):
                self.layer = add_pair_picture(self.viewer, image, pixels, step)
            self.layer.events.visible.connect(self._follow_flicker)
            return
        if self.layer.data.shape != pixels.shape:
            self.layer.data = pixels
        lay_over_planes(self.layer, image, step)
        self._raise()
        self._fill(pixels)

    def _raise(self) -> None:
        """Lay the picture over layers that were added meanwhile, but for the landmarks on it."""
        layers = self.viewer.layers
        below = [layer for layer in layers if layer is not self.layer and not is_landmarks(layer)]
        top = max((layers.index(layer) for layer in below), default=-1)
        if layers.index(self.layer) < top:
            layers.move(layers.index(self.layer), top + 1)

    def _fill(self, pixels: npt.NDArray[np.uint8]) -> None:
        assert self.layer is not None
        self.layer.data[...] = pixels
        self.layer.refresh(extent=False, highlight=False, thumbnail=False)

    def _look_around(self) -> None:
        """See all of two sections side by side; afterwards what was seen before."""
        camera = camera_of(self.viewer)
        is_beside = self.layer is not None and self.look.kind == "side by side"
        if is_beside and self._view is None:
            self._view = (camera.center, camera.zoom)
            self.viewer.reset_view()
        elif not is_beside and self._view is not None:
            (camera.center, camera.zoom), self._view = self._view, None

    def _remove(self) -> None:
        self._flicker.stop()
        layer, self.layer = self.layer, None
        if layer is None:
            return
        remove_ours(self.viewer, layer)
        self._look_around()
        self.drawn.emit()

    # --- flicker ---

    @property
    def is_flickering(self) -> bool:
        """Whether the picture changes by itself."""
        return self._flicker.isActive()

    def _follow_flicker(self, event: object = None) -> None:
        """Let the picture change as long as it is seen."""
        if self.look.kind == "flicker" and self.layer is not None and self.layer.visible:
            self._flicker.start(_SECOND // self.look.rate)
        else:
            self._flicker.stop()

    def _turn_over(self) -> None:
        self._frames.reverse()
        self._fill(self._frames[0])

    # --- what else happens ---

    def _on_removed(self, event: Event) -> None:
        if self.layer is not None and event.value is self.layer:
            self._remove()
            self.dismissed.emit()
        elif event.value is self.image:
            self.clear()
