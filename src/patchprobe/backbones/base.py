"""What a backbone is: a frozen spec and one method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding, check_plane
from ..grid import PatchGrid
from ..normalisation import Normalisation, estimate_normalisation

if TYPE_CHECKING:
    from ..store import EmbeddingStore

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
    on_disk: bool = True
    is_gated: bool = False


class Backbone(ABC):
    """A frozen feature extractor: subclasses give `spec` and `grids`.

    Adding two gives a backbone with the blocks of both.
    """

    spec: BackboneSpec

    @abstractmethod
    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Compute the feature blocks of one normalised plane.

        Parameters
        ----------
        plane : ndarray of float32, shape (H, W) or (H, W, C)
            In the unit range, finite.

        Returns
        -------
        tuple of PatchGrid
        """

    def embed(
        self,
        plane: npt.ArrayLike,
        normalisation: Normalisation | None = None,
        store: EmbeddingStore | None = None,
    ) -> Embedding:
        """Embed one plane; see `patchprobe.embed`."""
        array = check_plane(plane, self.spec.patch_size)
        if normalisation is None:
            normalisation = estimate_normalisation([array])
        grids = self.kept_grids(normalisation.apply(array), store)
        return Embedding(grids, self.spec.name, self.spec.version, normalisation)

    def kept_grids(
        self, plane: npt.NDArray[np.float32], store: EmbeddingStore | None
    ) -> tuple[PatchGrid, ...]:
        """Return `grids(plane)`, from the store if the features of this backbone are worth keeping."""
        if store is None or not self.spec.weights:
            return self.grids(plane)
        return store.grids(self, plane)

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

    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Concatenate the blocks of all parts; see `Backbone.grids`."""
        return tuple(grid for part in self.parts for grid in part.grids(plane))

    def kept_grids(
        self, plane: npt.NDArray[np.float32], store: EmbeddingStore | None
    ) -> tuple[PatchGrid, ...]:
        """Ask the store for each part by itself, so that sums share entries; see `Backbone.kept_grids`."""
        return tuple(grid for part in self.parts for grid in part.kept_grids(plane, store))
