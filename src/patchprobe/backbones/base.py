"""What a backbone is: a frozen spec and one method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding, check_plane
from ..grid import PatchGrid
from ..normalisation import Normalisation, estimate_normalisation
from ..plane import Plane
from ..steps import TileDone, finish

if TYPE_CHECKING:
    from ..io import Stack
    from ..store import EmbeddingStore

Grids = tuple[PatchGrid, ...]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BackboneSpec:
    """What is known of a backbone without loading it.

    Parameters
    ----------
    name : str
        Registered name.
    summary : str
        What it is good at, in one line.
    patch_size : int
        Pixels along the side of a patch; 1 for a dense filter bank.
    channels : int
        Feature channels for a greyscale plane.
    licence : str
        Licence of the weights, or of the code where there are none.
    weights : str
        Where the weights come from; empty where there are none.
    download_mb : float
        Size of the download, in MB.
    mean, std : tuple of float
        Subtracted from and divided into the three channels of the unit-range image.
    version : str
        Changes whenever the features change; empty while the weights are not on this disk.
    fineness : int
        Cells of the grid along the side of a patch: more than 1 where the grid is refined.
    on_disk : bool
        Whether it can be used at once: its weights are on this disk, or it has none.
    is_gated : bool
        Whether its licence has to be accepted on the hub before the weights can be had.
    """

    name: str
    summary: str
    patch_size: int
    channels: int
    licence: str
    weights: str = ""
    download_mb: float = 0.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    version: str = "1"
    fineness: int = 1
    on_disk: bool = True
    is_gated: bool = False


class Backbone(ABC):
    """A frozen feature extractor: subclasses give `spec` and `grids`.

    Adding two gives a backbone with the blocks of both.
    """

    spec: BackboneSpec

    @abstractmethod
    def grids(self, plane: npt.NDArray[np.float32]) -> Grids:
        """Compute the feature blocks of one normalised plane.

        Parameters
        ----------
        plane : ndarray of float32, shape (H, W) or (H, W, C)
            In the unit range, finite.

        Returns
        -------
        tuple of PatchGrid
        """

    def steps(self, planes: Sequence[npt.NDArray[np.float32]]) -> Generator[TileDone, None, list[Grids]]:
        """Compute `grids` of some planes with places to stop.

        Yields
        ------
        TileDone
            After each part but the last, so that nobody stops when all is computed. Parts of slow
            backbones are tiles, else planes.
        """
        found = []
        for done, plane in enumerate(planes):
            if done:
                yield TileDone(done, len(planes))
            found.append(self.grids(plane))
        return found

    def count_steps(self, shapes: Sequence[tuple[int, int]]) -> int:
        """How many parts `steps` takes for planes of these (H, W)."""
        return len(shapes)

    def planes_at_once(self, shape: tuple[int, int]) -> int:
        """How many planes of (H, W) are best embedded together."""
        return 1

    def operations(self, shape: tuple[int, int]) -> float:
        """About how many multiplications and additions a plane of (H, W) takes; 0 where that is little."""
        return 0.0

    def operations_to_prepare(self, shape: tuple[int, int]) -> float:
        """About how many multiplications and additions `preparing` takes for planes of (H, W)."""
        return 0.0

    def preparing(
        self, stack: Stack, store: EmbeddingStore | None = None
    ) -> Generator[TileDone, None, Backbone]:
        """Measure what this backbone has to know of a stack; return the backbone that knows it."""
        yield from ()
        return self

    def for_stack(self, stack: Stack, store: EmbeddingStore | None = None) -> Backbone:
        """Return this backbone with all that it has to know of a stack, as `embed_stack` uses it."""
        return finish(self.preparing(stack, store))

    @property
    def measured(self) -> Grids:
        """What was measured of a stack by `preparing`: mean features, one grid for each block concerned."""
        return ()

    @property
    def identity(self) -> str:
        """Equal identity and equal pixels give equal features."""
        return f"{self.spec.name} {self.spec.version}"

    def embed(
        self,
        plane: npt.ArrayLike,
        normalisation: Normalisation | None = None,
        store: EmbeddingStore | None = None,
    ) -> Embedding:
        """Embed one plane; see `patchprobe.embed`."""
        return finish(self.embedding([plane], normalisation, store))[0]

    def embedding(
        self,
        planes: Sequence[npt.ArrayLike],
        normalisation: Normalisation | None = None,
        store: EmbeddingStore | None = None,
    ) -> Generator[TileDone, None, list[Embedding]]:
        """Embed some planes, alike in intensities, with places to stop; see `patchprobe.embed`."""
        arrays = [check_plane(plane, self.spec.patch_size) for plane in planes]
        if normalisation is None:
            normalisation = estimate_normalisation(arrays)
        found = yield from self.kept_steps([Plane(array, normalisation) for array in arrays], store)
        return [Embedding(grids, self.spec.name, self.spec.version, normalisation) for grids in found]

    def kept_steps(
        self, planes: Sequence[Plane], store: EmbeddingStore | None
    ) -> Generator[TileDone, None, list[Grids]]:
        """Give `steps`, from the store if the features of this backbone are worth keeping."""
        if store is None or not self.spec.weights:
            return (yield from self.steps([plane.values for plane in planes]))
        return (yield from store.steps(self, planes))

    def __add__(self, other: Backbone) -> Backbone:
        return SumBackbone(self, other)


class SumBackbone(Backbone):
    """The blocks of several backbones, side by side: ``"a+b"``."""

    def __init__(self, *parts: Backbone) -> None:
        self.parts = parts
        specs = [part.spec for part in parts]
        self.spec = BackboneSpec(
            name="+".join(spec.name for spec in specs),
            summary=" with ".join(spec.summary for spec in specs),
            patch_size=max(spec.patch_size for spec in specs),
            channels=sum(spec.channels for spec in specs),
            licence=", ".join(dict.fromkeys(spec.licence for spec in specs)),
            weights=" ".join(spec.weights for spec in specs if spec.weights),
            download_mb=sum(spec.download_mb for spec in specs),
            version="+".join(spec.version for spec in specs),
            is_gated=any(spec.is_gated for spec in specs),
        )

    @property
    def measured(self) -> Grids:
        """See `Backbone.measured`."""
        return tuple(grid for part in self.parts for grid in part.measured)

    @property
    def identity(self) -> str:
        """See `Backbone.identity`."""
        return "+".join(part.identity for part in self.parts)

    def grids(self, plane: npt.NDArray[np.float32]) -> Grids:
        """Concatenate the blocks of all parts; see `Backbone.grids`."""
        return finish(self.steps([plane]))[0]

    def steps(self, planes: Sequence[npt.NDArray[np.float32]]) -> Generator[TileDone, None, list[Grids]]:
        """Take the steps of one part after the other; see `Backbone.steps`."""
        shapes = [(plane.shape[0], plane.shape[1]) for plane in planes]
        return (yield from self._one_after_the_other(shapes, [part.steps(planes) for part in self.parts]))

    def kept_steps(
        self, planes: Sequence[Plane], store: EmbeddingStore | None
    ) -> Generator[TileDone, None, list[Grids]]:
        """Ask the store for each part by itself, so that sums share entries; see `Backbone.kept_steps`."""
        shapes = [(plane.pixels.shape[0], plane.pixels.shape[1]) for plane in planes]
        works = [part.kept_steps(planes, store) for part in self.parts]
        return (yield from self._one_after_the_other(shapes, works))

    def _one_after_the_other(
        self, shapes: Sequence[tuple[int, int]], works: Sequence[Generator[TileDone, None, list[Grids]]]
    ) -> Generator[TileDone, None, list[Grids]]:
        total, before = self.count_steps(shapes), 0
        found: list[Grids] = [() for _ in shapes]
        for part, work in zip(self.parts, works, strict=True):
            if before:
                yield TileDone(before, total)
            grids = yield from _offset(work, before, total)
            found = [old + new for old, new in zip(found, grids, strict=True)]
            before += part.count_steps(shapes)
        return found

    def count_steps(self, shapes: Sequence[tuple[int, int]]) -> int:
        """See `Backbone.count_steps`."""
        return sum(part.count_steps(shapes) for part in self.parts)

    def planes_at_once(self, shape: tuple[int, int]) -> int:
        """See `Backbone.planes_at_once`."""
        return max(part.planes_at_once(shape) for part in self.parts)

    def operations(self, shape: tuple[int, int]) -> float:
        """See `Backbone.operations`."""
        return sum(part.operations(shape) for part in self.parts)

    def operations_to_prepare(self, shape: tuple[int, int]) -> float:
        """See `Backbone.operations_to_prepare`."""
        return sum(part.operations_to_prepare(shape) for part in self.parts)

    def preparing(
        self, stack: Stack, store: EmbeddingStore | None = None
    ) -> Generator[TileDone, None, Backbone]:
        """Prepare each part; see `Backbone.preparing`."""
        prepared = []
        for part in self.parts:
            prepared.append((yield from part.preparing(stack, store)))
        return SumBackbone(*prepared)


def _offset(
    work: Generator[TileDone, None, list[Grids]], before: int, total: int
) -> Generator[TileDone, None, list[Grids]]:
    """Count the steps of a part on from those before."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            found: list[Grids] = end.value
            return found
        yield TileDone(before + step.done, total, step.note)
