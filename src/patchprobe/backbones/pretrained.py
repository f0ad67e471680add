"""Pretrained vision networks as backbones: any plane, tile by tile, without seams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import PatchGrid
from .base import Backbone, BackboneSpec
from .model_folder import ModelFolder
from .name import BackboneName
from .torch_network import TorchNetwork

# Pixels along the side of what the network sees at once, about what it was trained on.
_TILE = 518
# Part of a tile that it shares with the next one, where the two are blended.
_OVERLAP = 1 / 6
# Pixels around a tile that enlarging looks at.
_MARGIN = 4


@dataclass(frozen=True)
class _Tile:
    """Where a tile lies on the patch grid."""

    top: int
    left: int
    rows: int
    cols: int


class PretrainedBackbone(Backbone):
    """Blocks of a pretrained network, on a grid of its patches.

    The plane is enlarged `refine` times, so that a patch covers less of it, and cut into overlapping tiles of
    about 518 px, whose features are blended with weights that fall towards the border of a tile. A border
    of less than a patch is filled by mirroring. Greyscale is repeated to three channels.

    Parameters
    ----------
    name : BackboneName
    folder : ModelFolder
    summary, licence, weights : str
        For the spec.
    download_mb : float
    """

    def __init__(
        self,
        name: BackboneName,
        folder: ModelFolder,
        summary: str = "",
        licence: str = "see the model",
        weights: str = "",
        download_mb: float = 0.0,
    ) -> None:
        self.folder = folder
        self.refine = name.refine
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
        )
        self._lock = Lock()

    @cached_property
    def network(self) -> TorchNetwork:
        """The network, loaded when it is first needed."""
        return TorchNetwork(self.folder, self.blocks)

    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Compute one block for each block of the network. See `Backbone.grids`."""
        if plane.ndim == 3 and plane.shape[2] != 3:
            raise InputError(
                f"{self.spec.name} takes greyscale or RGB; the plane has {plane.shape[2]} channels. "
                "Choose one channel first (Stack.channel)."
            )
        shape = (plane.shape[0], plane.shape[1])
        rows, cols = self._cells(shape)
        sums = [np.zeros((rows, cols, self.folder.channels(block)), np.float32) for block in self.blocks]
        total = np.zeros((rows, cols, 1), np.float32)
        with self._lock:
            network = self.network
        for tile in _tiles(rows, cols, _TILE // self.stride):
            features = network(self._cut(plane, tile)[None])
            here = slice(tile.top, tile.top + tile.rows), slice(tile.left, tile.left + tile.cols)
            weight = _weights(tile.rows)[:, None, None] * _weights(tile.cols)[None, :, None]
            for block_sum, block in zip(sums, features, strict=True):
                block_sum[here] += weight * block[0]
            total[here] += weight
        for block_sum in sums:
            block_sum /= total
        stride = self.stride / self.refine
        centre = (stride - 1) / 2
        return tuple(
            PatchGrid(block_sum.astype(np.float16), stride, (centre, centre), shape, f"block {block}")
            for block_sum, block in zip(sums, self.blocks, strict=True)
        )

    def count_tiles(self, shape: tuple[int, int]) -> int:
        """How many forward passes a plane of (H, W) pixels takes."""
        return sum(1 for _ in _tiles(*self._cells(shape), _TILE // self.stride))

    def _cells(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of patches that cover a plane of (H, W) pixels."""
        rows, cols = (-(-side * self.refine // self.stride) for side in shape)
        return rows, cols

    def _cut(self, plane: npt.NDArray[np.float32], tile: _Tile) -> npt.NDArray[np.float32]:
        """Pixels of a tile as the network expects them, (3, H, W): enlarged, mirrored beyond the plane."""
        scale = 1 / self.refine
        size = (tile.cols * self.stride, tile.rows * self.stride)
        # Centres of pixels lie at whole numbers, so that enlarging shifts them by half the difference.
        tops = [(start * self.stride + 0.5) * scale - 0.5 for start in (tile.top, tile.left)]
        starts = [max(0, int(top) - _MARGIN) for top in tops]
        stops = [int(top + length * scale) + _MARGIN for top, length in zip(tops, size[::-1], strict=True)]
        shift_y, shift_x = (top - start for top, start in zip(tops, starts, strict=True))
        cut = cv2.warpAffine(
            # Only what is needed: OpenCV warps no image of more than 32767 pixels along a side.
            np.ascontiguousarray(plane[starts[0] : stops[0], starts[1] : stops[1]]),
            np.array([[scale, 0, shift_x], [0, scale, shift_y]]),
            size,
            flags=(cv2.INTER_NEAREST if self.refine == 1 else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        rgb = np.broadcast_to(cut[None], (3, *cut.shape)) if cut.ndim == 2 else np.moveaxis(cut, 2, 0)
        mean, std = (np.array(three, np.float32)[:, None, None] for three in (self.spec.mean, self.spec.std))
        return np.ascontiguousarray((np.clip(rgb, 0, 1) - mean) / std, dtype=np.float32)


def _tiles(rows: int, cols: int, side: int) -> Iterator[_Tile]:
    """Cover a grid with overlapping tiles of `side` cells, or of the grid's own size where that is less."""
    for top in _starts(rows, side):
        for left in _starts(cols, side):
            yield _Tile(top, left, min(side, rows), min(side, cols))


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    step = side - max(1, round(side * _OVERLAP))
    count = -(-(length - side) // step) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _weights(cells: int) -> npt.NDArray[np.float32]:
    """Weights that rise over the overlap from the border of a tile inwards."""
    ramp = max(1, round(cells * _OVERLAP))
    distance = np.minimum(np.arange(cells), np.arange(cells)[::-1]) + 1
    return np.minimum(distance / (ramp + 1), 1).astype(np.float32)
