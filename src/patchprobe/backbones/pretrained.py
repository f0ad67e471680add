"""Pretrained vision networks as backbones: any plane, tile by tile, without seams."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from math import floor
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from ..compute import Compute, default_compute
from ..errors import InputError
from ..grid import PatchGrid
from ..memory import new_array
from ..plane import Plane
from ..steps import TileDone, finish
from .base import Backbone, BackboneSpec, Grids
from .engines import Network, load_network, usual_batch
from .levelling import LevelledBlend
from .model_folder import ModelFolder
from .name import BackboneName
from .patch_tiles import Blend, PatchTile, TileLayout
from .position import CROPS, Position, estimate_position

if TYPE_CHECKING:
    from ..io import Stack
    from ..store import EmbeddingStore

# Pixels along the side of what the network sees at once, about what it was trained on.
_TILE = 518
# Of the features as they are computed here; kept ones of another version are computed again.
_VERSION = 2
_PREPARING = "preparing the network, once for tiles of this size"
# Pixels around a tile that enlarging looks at.
_MARGIN = 4

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Job:
    """A tile to compute: of which plane, where its pixels are cut, and where its features go."""

    plane: Values
    offset: tuple[int | float, int | float]
    tile: PatchTile
    blend: Blend
    is_last: bool


class PretrainedBackbone(Backbone):
    """Blocks of a pretrained network, on a grid of its patches.

    The plane is cut into overlapping tiles of about 518 px, whose features are blended with weights that
    fall towards the border of a tile; what repeats from tile to tile is taken out (`LevelledBlend`). A
    border of less than a patch is filled by mirroring. Greyscale is repeated to three channels. The grid
    becomes finer in two ways, which may be combined: the plane is enlarged `refine` times, so that a patch
    covers less of it; or it is passed `shifts` × `shifts` times, displaced by parts of a patch, and the grids
    are interleaved.

    Parameters
    ----------
    name : BackboneName
    folder : ModelFolder
    summary, licence, weights : str
        For the spec.
    download_mb : float
    compute : Compute, optional
        That of the environment if not given.
    position : Position, optional
        What is removed from the features where `name` asks for it; measured on the planes if not given.
    """

    def __init__(
        self,
        name: BackboneName,
        folder: ModelFolder,
        summary: str = "",
        licence: str = "see the model",
        weights: str = "",
        download_mb: float = 0.0,
        compute: Compute | None = None,
        position: Position | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.compute = compute or default_compute()
        self.position = position
        self.blocks = name.blocks or (folder.default_block,)
        if max(self.blocks) > folder.depth:
            raise InputError(
                f"{name} asks for block {max(self.blocks)}, but {name.model} has {folder.depth}. "
                f"Ask for 1 to {folder.depth}."
            )
        self.stride = folder.stride(self.blocks[0])
        if any(folder.stride(block) != self.stride for block in self.blocks):
            raise InputError(
                f"{name} asks for stages of different resolution. Ask for one stage in each backbone, and "
                f"add them: {name.model}?blocks={self.blocks[0]}+{name.model}?blocks={self.blocks[-1]}."
            )
        mean, std = folder.mean_and_std
        self.spec = BackboneSpec(
            name=str(name),
            summary=summary or f"{folder.config.get('model_type', 'network')} in {folder.path.name}",
            patch_size=self.stride,
            channels=sum(map(folder.channels, self.blocks)),
            licence=licence,
            weights=weights or str(folder.path),
            download_mb=download_mb,
            mean=(mean[0], mean[1], mean[2]),
            std=(std[0], std[1], std[2]),
            version=folder.version,
            fineness=name.refine * name.shifts,
        )

    @property
    def network(self) -> Network:
        """The network, loaded when it is needed; those that were used last stay in memory."""
        return load_network(self.folder, self.spec.version, self.blocks, self.compute)

    @property
    def identity(self) -> str:
        """Weights and settings, whatever the model is called here; see `Backbone.identity`."""
        settings = (self.blocks, self.name.refine, self.name.shifts, self.name.is_centred)
        measured = "" if self.position is None else self.position.digest
        return repr((_VERSION, self.spec.version, self.spec.mean, self.spec.std, settings, measured))

    def grids(self, plane: Values) -> Grids:
        """Compute one block for each block of the network. See `Backbone.grids`."""
        return finish(self.steps([plane]))[0]

    def steps(self, planes: Sequence[Values]) -> Generator[TileDone, None, list[Grids]]:
        """Compute `grids` of some planes, stopping after each batch of tiles; see `Backbone.steps`."""
        for plane in planes:
            self._check(plane)
        position = self.position
        if self.name.is_centred and position is None:
            position = yield from estimate_position(self, planes)
        shapes = [_shape(plane) for plane in planes]
        features = [self._new_features(shape) for shape in shapes]
        jobs = (
            job for plane, targets in zip(planes, features, strict=True) for job in self._jobs(plane, targets)
        )
        total, done = self.count_steps(shapes), 0
        network = self.network
        for batch in _batches(jobs, network):
            if not network.is_ready(self._image_shape(batch[0].tile)):
                yield TileDone(done, total, _PREPARING)
            for job, blocks in zip(batch, self._compute(network, batch, position), strict=True):
                job.blend.add(job.tile, blocks)
                if job.is_last:
                    job.blend.finish()
            done += len(batch)
            if done < total:
                yield TileDone(done, total, network.note)
        return [self._as_grids(shape, blocks) for shape, blocks in zip(shapes, features, strict=True)]

    def kept_steps(
        self, planes: Sequence[Plane], store: EmbeddingStore | None
    ) -> Generator[TileDone, None, list[Grids]]:
        """Measure the position on these planes if nobody has; see `Backbone.kept_steps`."""
        if not self.name.is_centred or self.position is not None:
            return (yield from super().kept_steps(planes, store))
        prepared = copy(self)
        prepared.position = yield from estimate_position(self, [plane.values for plane in planes], store)
        return (yield from prepared.kept_steps(planes, store))

    def count_steps(self, shapes: Sequence[tuple[int, int]]) -> int:
        """How many forward passes planes of these (H, W) take."""
        return self.name.shifts**2 * sum(self.layout(shape).count for shape in shapes)

    def planes_at_once(self, shape: tuple[int, int]) -> int:
        """See `Backbone.planes_at_once`."""
        return max(1, usual_batch(self.compute) // self.count_steps([shape]))

    def operations(self, shape: tuple[int, int]) -> float:
        """See `Backbone.operations`."""
        return self._operations_of_tile(shape) * self.count_steps([shape])

    def operations_to_prepare(self, shape: tuple[int, int]) -> float:
        """See `Backbone.operations_to_prepare`: those of the crops that the position is measured on."""
        is_needed = self.name.is_centred and self.position is None
        return self._operations_of_tile(shape) * CROPS if is_needed else 0.0

    def _operations_of_tile(self, shape: tuple[int, int]) -> float:
        """Two for each weight and patch, in the blocks that are computed."""
        rows, cols = self.layout(shape).tile_shape
        weights = self.folder.parameters * max(self.blocks) / self.folder.depth
        return 2.0 * weights * rows * cols

    def preparing(
        self, stack: Stack, store: EmbeddingStore | None = None
    ) -> Generator[TileDone, None, Backbone]:
        """Measure the position over a stack where it is to be removed; see `Backbone.preparing`."""
        if not self.name.is_centred or self.position is not None:
            return self
        position = yield from estimate_position(self, stack, store)
        prepared = copy(self)
        prepared.position = position
        return prepared

    @property
    def measured(self) -> Grids:
        """See `Backbone.measured`."""
        return () if self.position is None else self.position.grids

    def layout(self, shape: tuple[int, int]) -> TileLayout:
        """Tiles of one pass over a plane of (H, W) pixels."""
        rows, cols = (-(-side * self.name.refine // self.stride) for side in shape)
        return TileLayout(rows, cols, _TILE // self.stride)

    def raw_features(self, images: Values) -> list[Values]:
        """Features (n, rows, cols, channels) of each block, as the network gives them, of `cut` images."""
        network = self.network
        batch = network.batch
        parts = [network(images[start : start + batch]) for start in range(0, len(images), batch)]
        return [np.concatenate(blocks) for blocks in zip(*parts, strict=True)]

    def cut(
        self, plane: Values, top: float, left: float, tile_shape: tuple[int, int]
    ) -> npt.NDArray[np.float32]:
        """Cut an image (3, H, W) for the network from a plane, mirrored beyond its borders.

        Parameters
        ----------
        plane : ndarray of float32, shape (H, W) or (H, W, 3)
        top, left : float
            In pixels of the enlarged plane.
        tile_shape : tuple of int
            Rows and columns of patches.
        """
        scale = 1 / self.name.refine
        size = (tile_shape[1] * self.stride, tile_shape[0] * self.stride)
        # Centres of pixels lie at whole numbers, so that enlarging shifts them by half the difference.
        first = [(start + 0.5) * scale - 0.5 for start in (top, left)]
        starts = [max(0, floor(start) - _MARGIN) for start in first]
        stops = [
            max(0, floor(start + length * scale)) + _MARGIN
            for start, length in zip(first, size[::-1], strict=True)
        ]
        shift_y, shift_x = (start - begin for start, begin in zip(first, starts, strict=True))
        is_copy = self.name.refine == 1 and float(top).is_integer() and float(left).is_integer()
        image = cv2.warpAffine(
            # Only what is needed: OpenCV warps no image of more than 32767 pixels along a side.
            np.ascontiguousarray(plane[starts[0] : stops[0], starts[1] : stops[1]]),
            np.array([[scale, 0, shift_x], [0, scale, shift_y]]),
            size,
            flags=(cv2.INTER_NEAREST if is_copy else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        rgb = np.broadcast_to(image[None], (3, *image.shape)) if image.ndim == 2 else np.moveaxis(image, 2, 0)
        mean, std = (np.array(three, np.float32)[:, None, None] for three in (self.spec.mean, self.spec.std))
        return np.ascontiguousarray((np.clip(rgb, 0, 1) - mean) / std, dtype=np.float32)

    def _check(self, plane: Values) -> None:
        if plane.ndim == 3 and plane.shape[2] != 3:
            raise InputError(
                f"{self.spec.name} takes greyscale or RGB; the plane has {plane.shape[2]} channels. "
                "Choose one channel first (Stack.channel)."
            )

    def _offset(self, number: int) -> float:
        """Pixels of the enlarged plane by which pass `number` along an axis is displaced."""
        step = self.stride / self.name.shifts
        # Centred as well as whole pixels can be, so that passes see as far beyond one border as the other.
        return number * step - floor((self.name.shifts - 1) * step / 2)

    def _new_features(self, shape: tuple[int, int]) -> list[npt.NDArray[np.float16]]:
        rows, cols = (-(-side * self.spec.fineness // self.stride) for side in shape)
        return [new_array((rows, cols, self.folder.channels(block)), np.float16) for block in self.blocks]

    def _jobs(self, plane: Values, targets: list[npt.NDArray[np.float16]]) -> Iterator[_Job]:
        layout, shifts = self.layout(_shape(plane)), self.name.shifts
        # Convolutions do not know where in a tile they are, and what is removed need not be levelled.
        is_level = layout.count == 1 or self.folder.is_convolutional or self.name.is_centred
        blending = Blend if is_level else LevelledBlend
        for y in range(shifts):
            for x in range(shifts):
                blend = blending(layout, [target[y::shifts, x::shifts] for target in targets])
                for number, tile in enumerate(layout.tiles(), start=1):
                    offset = (self._offset(y), self._offset(x))
                    yield _Job(plane, offset, tile, blend, number == layout.count)

    def _image_shape(self, tile: PatchTile) -> tuple[int, int, int]:
        return 3, tile.rows * self.stride, tile.cols * self.stride

    def _compute(
        self, network: Network, batch: list[_Job], position: Position | None
    ) -> Iterator[list[Values]]:
        """Features (rows, cols, channels) of each block, for each job."""
        images = [
            self.cut(
                job.plane,
                job.tile.top * self.stride + job.offset[0],
                job.tile.left * self.stride + job.offset[1],
                (job.tile.rows, job.tile.cols),
            )
            for job in batch
        ]
        blocks = network(np.stack(images))
        if position is not None:
            blocks = position.removed_from(blocks)
        return ([block[number] for block in blocks] for number in range(len(batch)))

    def _as_grids(self, shape: tuple[int, int], features: list[npt.NDArray[np.float16]]) -> Grids:
        stride = self.stride / self.spec.fineness
        # Of the centre of the first patch of the first pass, in the plane that is not enlarged.
        centre = (self._offset(0) + self.stride / 2) / self.name.refine - 0.5
        return tuple(
            PatchGrid(block, stride, (centre, centre), shape, f"block {number}")
            for block, number in zip(features, self.blocks, strict=True)
        )


def _shape(plane: Values) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


def _batches(jobs: Iterator[_Job], network: Network) -> Iterator[list[_Job]]:
    """Group jobs whose tiles are of one size."""
    for _, alike in groupby(jobs, key=lambda job: (job.tile.rows, job.tile.cols)):
        batch: list[_Job] = []
        for job in alike:
            batch.append(job)
            if len(batch) >= network.batch:
                yield batch
                batch = []
        if batch:
            yield batch
