"""The reports' segmentation: one feature vector and one label for each patch, one linear classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix

from ..backbones import Backbone, get_backbone
from ..embedding import Embedding
from ..errors import InputError
from ..io import Stack
from ..normalisation import Normalisation
from ..probe import patch_labels
from ..steps import finish
from ..store import default_store
from ..synthetic import generate

PATCH = 16
# The synthetic images are drawn in the unit range already.
AS_IT_IS = Normalisation(0, 1)

MakeClassifier = Callable[[], Any]


@dataclass(frozen=True)
class PatchSet:
    """Images of one modality as patches.

    Parameters
    ----------
    features : ndarray of float32, shape (images, patches, channels)
    labels : ndarray of bool, shape (images, patches)
        Whether any pixel of the patch is foreground.
    """

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]

    def rows(self, images: Any) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Return the features (n, channels) and labels (n,) of some images, by index or slice."""
        chosen = self.features[images]
        return chosen.reshape(-1, chosen.shape[2]), self.labels[images].ravel()

    @property
    def foreground(self) -> float:
        """Share of patches that are foreground."""
        return float(self.labels.mean())


@dataclass(frozen=True)
class Score:
    """How well patches were told apart.

    Parameters
    ----------
    confusion : ndarray of int, shape (2, 2)
        Patches by true (rows) and predicted class (columns), background first.
    """

    confusion: npt.NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Share of patches that are predicted right."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def f1(self) -> float:
        """F1 of the foreground; 0 where nothing of it was found."""
        (_, wrong), (missed, right) = self.confusion
        return float(2 * right / max(2 * right + wrong + missed, 1))

    @property
    def foreground(self) -> float:
        """Share of patches that are foreground in truth."""
        return float(self.confusion[1].sum() / self.confusion.sum())

    @property
    def predicted_foreground(self) -> float:
        """Share of patches that are predicted foreground."""
        return float(self.confusion[:, 1].sum() / self.confusion.sum())

    @property
    def is_single_class(self) -> bool:
        """Whether all patches were predicted alike."""
        return bool((self.confusion.sum(axis=0) == 0).any())


def patch_features(embedding: Embedding, patch: int = PATCH) -> npt.NDArray[np.float32]:
    """Return one feature vector for each patch, whatever the stride of the backbone.

    A grid with the patches' own stride is taken as it is. A finer one is averaged in each patch, a coarser
    one interpolated at the patches' centres.

    Parameters
    ----------
    embedding : Embedding
    patch : int
        Side of a patch, in pixels.

    Returns
    -------
    ndarray of float32, shape (H // patch * (W // patch), channels)
    """
    return np.concatenate([_block_features(grid, patch) for grid in embedding.grids], axis=1)


def _block_features(grid: Any, patch: int) -> npt.NDArray[np.float32]:
    rows, cols = (size // patch for size in grid.image_shape)
    points_across = max(1, int(np.ceil(patch / grid.stride)))
    along = (np.arange(points_across) + 0.5) * patch / points_across - 0.5
    y = (np.arange(rows)[:, None] * patch + along).ravel()
    x = (np.arange(cols)[:, None] * patch + along).ravel()
    points = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
    sampled = grid.sample(points).reshape(rows, points_across, cols, points_across, -1)
    mean: npt.NDArray[np.float32] = sampled.mean(axis=(1, 3)).reshape(rows * cols, -1)
    return mean


def embedded(images: npt.NDArray[np.float32], backbone: str | Backbone) -> list[Embedding]:
    """Embed synthetic images (n, H, W, 3) in the unit range."""
    store = default_store()
    model = get_backbone(backbone).for_stack(Stack(images, "zyxc", rgb=True), store)
    at_once = model.planes_at_once((images.shape[1], images.shape[2]))
    found: list[Embedding] = []
    for start in range(0, len(images), at_once):
        found += finish(model.embedding(list(images[start : start + at_once]), AS_IT_IS, store))
    return found


def patch_set(modality: str, backbone: str | Backbone, n: int, size: int, seed: int) -> PatchSet:
    """Draw images of a modality and take them apart into patches."""
    images, masks = generate(modality, n, size, seed)
    features = np.stack([patch_features(embedding) for embedding in embedded(images, backbone)])
    return PatchSet(features, np.stack([patch_labels(mask > 0).ravel() == 1 for mask in masks]))


def fit(make: MakeClassifier, features: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_]) -> Any:
    """Fit a classifier on patches.

    Raises
    ------
    InputError
        If all patches are of one class.
    """
    if labels.all() or not labels.any():
        kind = "foreground" if labels.all() else "background"
        raise InputError(
            f"All {len(labels)} training patches are {kind}, so there is nothing to tell apart. "
            "Take more or larger images, or another seed."
        )
    return make().fit(features, labels)


def judge(model: Any, features: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_]) -> Score:
    """Compare what a classifier says of patches with the truth."""
    return Score(confusion_matrix(labels, model.predict(features), labels=[False, True]))


def constant_f1(foreground: float) -> float:
    """F1 of calling everything foreground, where a share of patches is."""
    return 2 * foreground / (1 + foreground)
