"""The layer that shows features as colours, and which colours its planes were drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from napari.layers import Image
from napari.viewer import Viewer

from .._work import PLANES_FOR_COLORS, Picture, Source
from ..errors import InputError
from ..feature_picture import FeatureColors
from ..io.describe import bytes_in_words
from ..memory import share_of_memory
from ._layers import (
    add_feature_picture,
    current_plane,
    find_feature_picture,
    kept_selection,
    stack_shape,
)


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn.

    Parameters
    ----------
    planes : tuple of int
        The most wanted first.
    colors : FeatureColors or None
        None fits new ones to these planes.
    """

    planes: tuple[int, ...]
    colors: FeatureColors | None


@dataclass(eq=False)
class FeatureLayer:
    """The feature picture of one image by one backbone, all planes in the same colours.

    Colours are fitted to the planes that are asked for, anew as long as there were fewer than eight, with the
    planes that were drawn before drawn again; from then on they stay.

    Parameters
    ----------
    viewer : Viewer
    image : Image
    source : Source
        Of `image`.
    """

    viewer: Viewer
    image: Image
    source: Source
    colors: FeatureColors | None = None
    drawn: set[int] = field(default_factory=set)
    layer: Image | None = None
    _settled: bool = False

    def is_of(self, image: Image | None, source: Source) -> bool:
        """Whether it shows this image, as it is now, by this backbone."""
        return (self.image, self.source.identity, self.source.backbone) == (
            image,
            source.identity,
            source.backbone,
        )

    def plan(self, wanted: Sequence[int]) -> Drawing:
        """Say what to draw so that the planes `wanted` are shown, in the colours of all.

        Raises
        ------
        InputError
            If the picture of the stack would not fit into memory.
        """
        nbytes = 4 * int(np.prod(stack_shape(self.image), dtype=np.int64))
        if nbytes > share_of_memory(1):
            raise InputError(
                f"The feature picture of {self.image.name} would take {bytes_in_words(nbytes)} of memory, "
                "more than there is. Take some planes into a layer of their own, or crop the image."
            )
        if find_feature_picture(self.viewer, self.image) is None:
            self.drawn.clear()
        if self._settled:
            return Drawing(tuple(plane for plane in wanted if plane not in self.drawn), self.colors)
        return Drawing((*wanted, *sorted(self.drawn.difference(wanted))), None)

    def take_colors(self, colors: FeatureColors, planes: int) -> None:
        """Use colours that were fitted to so many planes; what was drawn in others is out of date."""
        self.colors = colors
        self.drawn.clear()
        self._settled = planes >= min(PLANES_FOR_COLORS, self.source.stack.n_planes)
        # New and empty rather than wiped: the system gives memory only to the planes that are drawn.
        self._ready().data = self._blank()

    def draw(self, picture: Picture) -> None:
        """Show one plane."""
        layer = self._ready()
        shape = stack_shape(self.image)
        index = np.unravel_index(picture.plane, shape[:-2]) if shape[:-2] else ()
        plane = layer.data[tuple(int(i) for i in index)]
        plane[..., :3], plane[..., 3] = picture.colors, 255
        self.drawn.add(picture.plane)
        if current_plane(self.viewer, self.image) == picture.plane:
            layer.visible = True
            layer.refresh()

    def _ready(self) -> Image:
        """Return the layer, which is made right over the image where there is none."""
        found = find_feature_picture(self.viewer, self.image)
        if found is None:
            with kept_selection(self.viewer):
                found = add_feature_picture(self.viewer, self.image, self._blank())
                layers = self.viewer.layers
                layers.move(layers.index(found), layers.index(self.image) + 1)
        self.layer = found
        return found

    def _blank(self) -> npt.NDArray[np.uint8]:
        """All planes transparent, so that the image is seen where nothing is drawn yet."""
        return np.zeros((*stack_shape(self.image), 4), np.uint8)
