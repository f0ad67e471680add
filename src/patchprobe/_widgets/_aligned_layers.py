"""The layers that show what was moved: the stack and all that goes along with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

import numpy as np
from napari.layers import Image, Labels, Layer, Points, Shapes
from napari.utils.events import Event
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QObject

from .._carry_work import Carried, Framing, Pixels, PlaneMoved, Positions, carry, n_planes
from ..alignment import StackAlignment
from ..errors import InputError
from ._jobs import JobRunner
from ._layer_positions import pixels_on
from ._layers import kept_selection, layer_data, layer_stack, plane_count, plane_shape, remove_ours
from ._session import CarriedWith, session_of


class AlignedLayers:
    """Moves layers beside the window, and shows each in a layer of its own that follows the alignment.

    Parameters
    ----------
    viewer : Viewer
    parent : QObject
        What the background job ends with.

    Attributes
    ----------
    began : Signal(int)
        So many planes are being moved.
    moved : Signal(int)
        So many of them are done.
    shown : Signal()
        All layers are as the alignment says.
    failed : Signal(Exception)
    """

    began = Signal(int)
    moved = Signal(int)
    shown = Signal()
    failed = Signal(Exception)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        self._viewer = viewer
        self._session = session_of(viewer)
        self._layer: Image | None = None
        self._with = CarriedWith()
        self._sources: list[Layer] = []
        self._moving: tuple[StackAlignment, Framing] | None = None
        self._is_ours = False
        # Layers of ours that were painted on: what someone drew is never written over.
        self._painted: WeakSet[Layer] = WeakSet()
        self._jobs = JobRunner(parent)
        self._jobs.yielded.connect(self._on_step)
        self._jobs.returned.connect(self._on_all)
        self._jobs.failed.connect(self.failed.emit)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Let go of the viewer: the widget is gone, and its job with it."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    @property
    def is_busy(self) -> bool:
        """Whether something is being moved."""
        return self._jobs.is_running

    @property
    def framing(self) -> Framing:
        """What is shown of the common frame."""
        return self._with.framing

    @framing.setter
    def framing(self, framing: Framing) -> None:
        self._with.framing = framing

    @property
    def chosen(self) -> set[Layer]:
        """Layers that are moved along with the stack."""
        return {layer for layer in self._with.chosen if layer in self._viewer.layers}

    def moved_of(self, source: Layer) -> Layer | None:
        """Return the layer that shows another one in the common frame."""
        held = self._with.moved.get(source)
        return held if held in self._viewer.layers else None

    def follow(self, layer: Image | None) -> None:
        """Turn to another stack."""
        self._jobs.drop()
        self._layer = layer
        self._with = (
            CarriedWith() if layer is None else self._session.carried.setdefault(layer, CarriedWith())
        )

    def candidates(self) -> list[Layer]:
        """List the layers that can be moved along with the stack."""
        stack = self._layer
        if stack is None:
            return []
        ours = {stack, *self._session.moved_layers()}
        return [layer for layer in self._viewer.layers if layer not in ours and _fits(layer, stack)]

    def choose(self, layers: Iterable[Layer]) -> None:
        """Move these along from now on, at the next `show`; others keep what they show."""
        self._with.chosen = WeakSet(layers)

    def show(self, alignment: StackAlignment | None, again: bool = False) -> None:
        """Move the stack and all that goes along; without an alignment, show everything as it was.

        What shows this alignment already is left alone, unless it is to be moved `again`: the layers may
        have changed.
        """
        self._jobs.drop()
        if self._layer is None:
            return
        if alignment is not None and self._with.by == (alignment, self.framing) and not again:
            self.shown.emit()
            return
        self._with.by = None
        if alignment is None:
            # Who removes the stack may want nothing but what came of it.
            if self._layer in self._viewer.layers:
                self._take_away()
            self.shown.emit()
            return
        fitting = set(self.candidates())
        self._sources = [
            self._layer,
            *(layer for layer in self._viewer.layers if layer in self.chosen & fitting),
        ]
        try:
            things = [self._thing(layer) for layer in self._sources]
        except InputError as error:
            self.failed.emit(error)
            return
        self._moving = (alignment, self.framing)
        self.began.emit(n_planes(things))
        self._jobs.start(carry, alignment, things, self.framing)

    def _thing(self, layer: Layer) -> Pixels | Positions:
        assert self._layer is not None
        if isinstance(layer, Image | Labels):
            return Pixels(layer_stack(layer), "nearest" if isinstance(layer, Labels) else "linear")
        groups = layer.data if isinstance(layer, Shapes) else [layer.data]
        planes = layer_data(self._layer).shape[: self._layer.ndim - 2]
        return Positions([pixels_on(self._layer, layer, group) for group in groups], planes)

    def _on_step(self, step: PlaneMoved | Carried) -> None:
        if isinstance(step, PlaneMoved):
            self.moved.emit(step.done)
        elif (source := self._sources[step.index]) in self._viewer.layers:
            self._put(source, step)

    def _on_all(self) -> None:
        self._with.by = self._moving
        self.shown.emit()

    # --- layers of ours ---

    def _put(self, source: Layer, carried: Carried) -> None:
        """Show what was moved in the layer that shows it already, or in a new one."""
        assert self._layer is not None
        stack, data = self._layer, carried.data
        if isinstance(source, Points | Shapes):
            groups = [pixels_on(source, stack, group) for group in data]
            data = groups if isinstance(source, Shapes) else groups[0]
        held = self._with.moved.get(source)
        if held is None or held in self._painted or not _can_hold(held, data):
            self._add(source, data)
        else:
            held.data = data
            if held not in self._viewer.layers:
                self._viewer.add_layer(held)
                source.visible = False
        if isinstance(source, Image | Labels):
            _place(self._with.moved[source], source, carried.origin)

    def _add(self, source: Layer, data: Any) -> None:
        name = f"{source.name} aligned"
        old = self._with.moved.get(source)
        if old in self._painted:
            old.name = f"{name}, painted"
        elif old in self._viewer.layers:
            self._remove(old)
        _, options, kind = source.as_layer_data_tuple()
        for own in ("metadata", "multiscale"):
            options.pop(own, None)
        options |= {"name": name, "visible": True}
        with kept_selection(self._viewer):
            made = self._viewer.add_layer(Layer.create(data, options, kind))
        self._with.moved[source] = made
        source.visible = False
        if isinstance(made, Labels):
            made.events.paint.connect(lambda _: self._painted.add(made))

    def _take_away(self) -> None:
        for source, made in list(self._with.moved.items()):
            if made in self._viewer.layers and made not in self._painted:
                self._remove(made)
            source.visible = True

    def _remove(self, layer: Layer) -> None:
        self._is_ours = True
        try:
            remove_ours(self._viewer, layer)
        finally:
            self._is_ours = False

    def _on_removed(self, event: Event) -> None:
        """Someone who removes what was moved does not want it back."""
        if self._is_ours:
            return
        for source, made in list(self._with.moved.items()):
            if made is event.value:
                self._with.by = None
                if source is not self._layer:
                    self._with.chosen.discard(source)


def _fits(layer: Layer, stack: Image) -> bool:
    """Whether a layer shows the sections of a stack, or lies on them."""
    if isinstance(layer, Image | Labels):
        return (plane_count(layer), plane_shape(layer)) == (plane_count(stack), plane_shape(stack))
    return isinstance(layer, Points | Shapes) and layer.ndim == stack.ndim and len(layer.data) > 0


def _can_hold(held: Layer, data: Any) -> bool:
    """Whether a layer takes other data without losing what it says of each point or shape."""
    return not isinstance(held, Points | Shapes) or len(held.data) == len(data)


def _place(moved: Layer, source: Layer, origin: tuple[int, int]) -> None:
    """Put moved pixels where they belong: their first one is not that of the source in any frame."""
    corner = source.data_to_world((*np.zeros(source.ndim - 2), *origin))
    for name in ("scale", "rotate", "shear", "affine", "units"):
        setattr(moved, name, getattr(source, name))
    moved.translate = source.affine.inverse(corner)
