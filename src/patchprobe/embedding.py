"""Patch embeddings of planes: the value, and the functions that make it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .grid import PatchGrid, even_points
from .normalisation import Normalisation
from .steps import finish
from .tiles import TiledFeatures, Window

if TYPE_CHECKING:
    from .backbones import Backbone
    from .io import Stack
    from .store import EmbeddingStore

RASTER_POINTS = 1024

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Embedding:
    """The patch grids of one plane and what made them.

    Parameters
    ----------
    grids : tuple of PatchGrid
        One for each feature block of the backbone, all over the same plane.
    backbone : str
        Registered name, such as ``"filters"`` or ``"dinov3-vits16+filters"``.
    version : str
        Version of the backbone's code or hash of its weights. Equal backbone and version mean that
        channels have equal meaning, so that a probe fitted on one embedding serves another.
    normalisation : Normalisation
        The map of intensities that was applied to the plane before.
    """

    grids: tuple[PatchGrid, ...]
    backbone: str
    version: str
    normalisation: Normalisation

    @property
    def image_shape(self) -> tuple[int, int]:
        """(H, W) of the plane, in pixels."""
        return self.grids[0].image_shape

    @property
    def channels(self) -> tuple[int, ...]:
        """Number of channels of each block."""
        return tuple(grid.channels for grid in self.grids)

    @property
    def nbytes(self) -> int:
        """Memory that the features take, in bytes."""
        return sum(grid.features.nbytes for grid in self.grids)

    def sample(self, points: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Features of all blocks, side by side, at pixel positions (n, 2) in (y, x) order."""
        return np.concatenate([grid.sample(points) for grid in self.grids], axis=1)

    @property
    def is_held(self) -> bool:
        """Whether all features are in memory, rather than computed as they are read."""
        return not any(isinstance(grid.features, TiledFeatures) for grid in self.grids)

    @cached_property
    def raster(self) -> npt.NDArray[np.float32]:
        """Features (n, channels) at about a thousand pixels all over the plane: what is usual there."""
        return self.sample(even_points(self.image_shape, RASTER_POINTS))

    def crop(self, window: Window, step: int = 1) -> Embedding:
        """Return the embedding of every `step`-th pixel of a window, as if they were a plane."""
        return replace(self, grids=tuple(grid.crop(window, step) for grid in self.grids))

    def at_pixels(self, channels: npt.NDArray[np.integer] | None = None) -> npt.NDArray[np.float32]:
        """Features at every pixel. Mind the memory.

        Parameters
        ----------
        channels : ndarray of int, optional
            Which ones, ascending and counted over all blocks; all of them if not given.

        Returns
        -------
        ndarray of float32, shape (H, W, channels)
            Channel-first in memory.
        """
        ends = np.cumsum(self.channels)
        wanted = np.arange(ends[-1]) if channels is None else np.asarray(channels)
        blocks = np.split(wanted, np.searchsorted(wanted, ends[:-1]))
        out = np.empty((len(wanted), *self.image_shape), dtype=np.float32)
        for grid, block, end in zip(self.grids, blocks, ends, strict=True):
            at = np.searchsorted(wanted, end - grid.channels)
            chosen = grid.array[:, :, block - (end - grid.channels)]
            out[at : at + len(block)] = np.moveaxis(grid.upsample(chosen), 2, 0)
        return np.moveaxis(out, 0, 2)


def embed(
    plane: npt.ArrayLike,
    backbone: str | Backbone = "filters",
    normalisation: Normalisation | None = None,
    store: EmbeddingStore | None = None,
) -> Embedding:
    """Embed one plane.

    Parameters
    ----------
    plane : array_like, shape (H, W) or (H, W, C)
        Any real dtype. Three channels are taken as red, green and blue.
    backbone : str or Backbone
        A name that `get_backbone` knows, or a backbone.
    normalisation : Normalisation, optional
        Map of intensities, normally that of the plane's stack (`Stack.normalisation`), so that all its
        planes are treated alike. Estimated from the plane itself if not given.
    store : EmbeddingStore, optional
        Where features of pretrained networks are kept between runs, such as `patchprobe.store.default_store`.

    Returns
    -------
    Embedding

    Raises
    ------
    InputError
        If the plane is not two-dimensional, is empty or smaller than a patch, or has no finite pixel.
    """
    from .backbones import get_backbone

    return get_backbone(backbone).embed(plane, normalisation, store)


def embed_stack(
    stack: Stack,
    backbone: str | Backbone = "filters",
    planes: Sequence[int] | None = None,
    on_progress: OnProgress | None = None,
    store: EmbeddingStore | None = None,
    normalisation: Normalisation | None = None,
) -> Iterator[tuple[int, Embedding]]:
    """Embed planes of a stack one after the other, with one normalisation for all.

    Parameters
    ----------
    stack : Stack
    backbone : str or Backbone
    planes : sequence of int, optional
        Numbers of the planes; all of them if not given.
    on_progress : callable, optional
        Called with (planes done, planes in all) after each plane.
    store : EmbeddingStore, optional
        See `embed`.
    normalisation : Normalisation, optional
        That of the stack if not given.

    Yields
    ------
    tuple of (int, Embedding)
        The number of the plane and its embedding. Closing the generator stops the work.
    """
    from .backbones import get_backbone

    resolved = get_backbone(backbone).for_stack(stack, store)
    normalisation = normalisation or stack.normalisation()
    chosen = range(stack.n_planes) if planes is None else planes
    at_once = resolved.planes_at_once(stack.plane_shape)
    for start in range(0, len(chosen), at_once):
        part = chosen[start : start + at_once]
        embeddings = finish(resolved.embedding([stack.plane(index) for index in part], normalisation, store))
        for done, (index, embedding) in enumerate(zip(part, embeddings, strict=True), start=start + 1):
            yield index, embedding
            if on_progress is not None:
                on_progress(done, len(chosen))


def check_plane(plane: npt.ArrayLike, smallest: int = 1) -> npt.NDArray[np.generic]:
    """Return `plane` as an array if it can be embedded, else say why not."""
    array = np.asarray(plane)
    if array.ndim not in (2, 3) or array.size == 0:
        raise InputError(
            f"A plane must be (H, W) or (H, W, channels) and not empty; got shape {array.shape}. "
            "For a stack, embed one plane at a time or use embed_stack."
        )
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise InputError(
            f"Pixels must be integers or real numbers; got {array.dtype}. Convert the image first, "
            "for example to float32 (for complex data, its magnitude)."
        )
    if min(array.shape[:2]) < smallest:
        raise InputError(
            f"The plane is {array.shape[0]} × {array.shape[1]} px, smaller than one patch of "
            f"{smallest} × {smallest} px. Use a larger image or the backbone 'filters', which takes any size."
        )
    return array
