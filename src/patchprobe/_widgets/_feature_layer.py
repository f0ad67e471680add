"""The layer that shows features as colours or groups, and which fit its planes were drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels
from napari.viewer import Viewer

from .._feature_work import PLANES_FOR_FIT, FeatureMap, Look, Picture, View
from .._work import Source
from ..class_colors import PALETTE
from ..errors import InputError
from ..io.describe import bytes_in_words
from ..memory import share_of_memory
from ._layers import current_plane, kept_selection, stack_shape
from ._view_layers import (
    add_feature_groups,
    add_feature_picture,
    find_feature_groups,
    find_feature_picture,
)

# Of groups beyond the nine of the palette.
_MORE_COLORS = ("#7f3c8d", "#80cdc1", "#8c510a")
GROUP_COLORS = dict(enumerate((*PALETTE, *_MORE_COLORS), start=1))


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn.

    Parameters
    ----------
    planes : tuple of int
        The most wanted first.
    fitted : FeatureColors or FeatureClusters or None
        None fits new ones to these planes.
    """

    planes: tuple[int, ...]
    fitted: FeatureMap | None


@dataclass(eq=False)
class FeatureLayer:
    """One view of the features of one image by one backbone, all planes in the same colours.

    Colours or groups are fitted to the planes that are asked for, anew as long as there were fewer than
    eight, with the planes that were drawn before drawn again; from then on they stay.

    Parameters
    ----------
    viewer : Viewer
    image : Image
    source : Source
        Of `image`.
    view : View
    """

    viewer: Viewer
    image: Image
    source: Source
    view: View
    fitted: FeatureMap | None = None
    drawn: set[int] = field(default_factory=set)
    layer: Image | Labels | None = None
    _settled: bool = False

    def is_of(self, image: Image | None, source: Source, view: View) -> bool:
        """Whether it shows this view of this image, as it is now, by this backbone."""
        return (self.image, self.source.identity, self.source.backbone, self.view) == (
            image,
            source.identity,
            source.backbone,
            view,
        )

    def is_shown(self, image: Image) -> bool:
        """Whether it is of this image and visible."""
        layer = self._found()
        return self.image is image and layer is not None and layer.visible

    def plan(self, wanted: Sequence[int]) -> Drawing:
        """Say what to draw so that the planes `wanted` are shown, in the colours of all.

        Raises
        ------
        InputError
            If the picture of the stack would not fit into memory.
        """
        nbytes = int(np.prod(self._shape, dtype=np.int64))
        if nbytes > share_of_memory(1):
            raise InputError(
                f"The feature picture of {self.image.name} would take {bytes_in_words(nbytes)} of memory, "
                "more than there is. Take some planes into a layer of their own, or crop the image."
            )
        if self._found() is None:
            self.drawn.clear()
        if self._settled:
            return Drawing(tuple(plane for plane in wanted if plane not in self.drawn), self.fitted)
        return Drawing((*wanted, *sorted(self.drawn.difference(wanted))), None)

    def take_fit(self, fitted: FeatureMap, planes: int) -> None:
        """Use what was fitted to so many planes; what was drawn with another fit is out of date."""
        self.fitted = fitted
        self.drawn.clear()
        self._settled = planes >= min(PLANES_FOR_FIT, self.source.stack.n_planes)
        # New and empty rather than wiped: the system gives memory only to the planes that are drawn.
        self._ready().data = self._blank()

    def draw(self, picture: Picture) -> None:
        """Show one plane."""
        layer = self._ready()
        planes = stack_shape(self.image)[:-2]
        index = np.unravel_index(picture.plane, planes) if planes else ()
        plane = layer.data[tuple(int(i) for i in index)]
        if self._is_groups:
            plane[...] = picture.values
        else:
            plane[..., :3], plane[..., 3] = picture.values, 255
        self.drawn.add(picture.plane)
        if current_plane(self.viewer, self.image) == picture.plane:
            self.show()

    def show(self) -> None:
        """Make it visible, and no other view: they lie over the same pixels."""
        find_other = find_feature_picture if self._is_groups else find_feature_groups
        layer, other = self._found(), find_other(self.viewer, self.image)
        if layer is not None:
            layer.visible = True
            layer.refresh()
        if other is not None:
            other.visible = False

    @property
    def _is_groups(self) -> bool:
        return self.view.look is Look.GROUPS

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of the layer's data: red, green, blue and opacity for colours."""
        shape = stack_shape(self.image)
        return shape if self._is_groups else (*shape, 4)

    def _found(self) -> Image | Labels | None:
        find = find_feature_groups if self._is_groups else find_feature_picture
        return find(self.viewer, self.image)

    def _ready(self) -> Image | Labels:
        """Return the layer, which is made right over the image where there is none."""
        found = self._found()
        if found is None:
            with kept_selection(self.viewer):
                found = self._added()
                layers = self.viewer.layers
                layers.move(layers.index(found), layers.index(self.image) + 1)
        self.layer = found
        return found

    def _added(self) -> Image | Labels:
        if self._is_groups:
            return add_feature_groups(self.viewer, self.image, self._blank(), GROUP_COLORS)
        return add_feature_picture(self.viewer, self.image, self._blank())

    def _blank(self) -> npt.NDArray[np.uint8]:
        """All planes transparent, so that the image is seen where nothing is drawn yet."""
        return np.zeros(self._shape, np.uint8)
