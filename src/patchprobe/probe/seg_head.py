"""The segmentation head of the reports: a 1 × 1 convolution on the patch grid, upsampled to pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.base import BaseEstimator

from ..embedding import Embedding
from ..errors import InputError
from .linear_head import LinearHead, fold, standardisation
from .reference import Reference
from .seg_loss import LabelledPlane, LossWeights, SegObjective
from .storage import read_head, write_head
from .strokes import check_labels, check_same_source

_KIND = "patchprobe segmentation head"
_FORMAT = 1
# Features are held in half precision; a smaller gain of an iteration is rounding.
_SMALLEST_GAIN = 1e-7


class LinearSegHead(LinearHead, BaseEstimator):  # type: ignore[misc]
    """1 × 1 convolution and bilinear upsampling, trained on dense masks (report A, §3.1).

    Where `LinearProbe` samples features at strokes, this head compares the upsampled class logits with the
    truth at every labelled pixel, so that it also learns where between two patches a border lies. With
    several feature blocks their upsampled logits are added.

    The loss is ``ce_weight · CE + dice_weight · (1 - mean Dice) + penalty / 2 · |w|²``: CE is the mean
    cross-entropy over labelled pixels; Dice is the soft overlap of each class over all labelled pixels of
    all planes together, so that rare classes count as much as common ones. Channels are
    standardised and blocks scaled by 1 / √channels, as in `LinearProbe`; the penalty acts on these. Minimised
    by L-BFGS from zero with the exact gradient: equal data give an equal head.

    Parameters
    ----------
    ce_weight, dice_weight : float
        Weights of the two parts of the loss, not negative and not both 0.
    penalty : float
        Weight of the squared norm.
    max_iter : int
        Most iterations of L-BFGS.
    class_names, class_colors : dict of int to str, optional
        Name and colour (``"#rrggbb"``) of each class; they travel with the saved head.

    Attributes
    ----------
    classes_ : ndarray of int, shape (k,)
        Labelled classes, ascending.
    coef_ : list of ndarray of float32, each (channels, k - 1)
        For each block, weights on the raw features. The logit of the first class is 0.
    intercept_ : ndarray of float32, shape (k - 1,)
    loss_ : float
        Loss that was reached.
    n_iter_ : int
        Iterations that were needed.
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the head is for.
    """

    def __init__(
        self,
        ce_weight: float = 1.0,
        dice_weight: float = 1.0,
        penalty: float = 1e-4,
        max_iter: int = 200,
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.ce_weight = ce_weight
        self.dice_weight = dice_weight
        self.penalty = penalty
        self.max_iter = max_iter
        self.class_names = class_names
        self.class_colors = class_colors

    def fit(
        self, embeddings: Embedding | Sequence[Embedding], labels: npt.ArrayLike | Sequence[npt.ArrayLike]
    ) -> Self:
        """Fit on dense masks of one or more planes.

        Parameters
        ----------
        embeddings : Embedding or sequence of Embedding
            All of the same backbone; planes may differ in size.
        labels : array_like of int (H, W), or a sequence of such
            One for each embedding: classes 1 to 255, 0 unlabelled (ignored).

        Returns
        -------
        LinearSegHead
            Itself.

        Raises
        ------
        InputError
            If fewer than two classes are labelled, or labels and embeddings do not match.
        """
        planes, masks = _pairs(embeddings, labels)
        weights = self._loss_weights()
        self.classes_ = _two_or_more_classes(masks)
        first = planes[0]
        self.backbone_, self.version_, self.channels_ = first.backbone, first.version, first.channels
        reference = [plane.raster for plane in planes]
        mean, scale = standardisation(Reference.of(np.concatenate(reference)), self.channels_)
        labelled = [
            LabelledPlane(plane.grids, mask > 0, np.searchsorted(self.classes_, mask[mask > 0]))
            for plane, mask in zip(planes, masks, strict=True)
        ]
        objective = SegObjective(labelled, mean, scale, len(self.classes_), weights)
        found = minimize(
            objective,
            np.zeros(objective.size),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "ftol": _SMALLEST_GAIN},
        )
        self.loss_, self.n_iter_ = float(found.fun), int(found.nit)
        coef, intercept = objective.unpack(found.x)
        self.coef_, self.intercept_ = fold(coef.T, intercept, mean, scale, self.channels_)
        return self

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the head as one small file (safetensors with a JSON card); return where."""
        self._check_fitted()
        card = {
            "format": _FORMAT,
            "patchprobe": installed_version("patchprobe"),
            **self._card(),
            "ce_weight": self.ce_weight,
            "dice_weight": self.dice_weight,
            "penalty": self.penalty,
            "max_iter": self.max_iter,
            "loss": self.loss_,
            "n_iter": self.n_iter_,
        }
        return write_head(path, _KIND, card, self._tensors())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LinearSegHead:
        """Load a saved head.

        Raises
        ------
        InputError
            If the file is missing, damaged, not a segmentation head, or of a newer format.
        """
        card, tensors = read_head(path, _KIND)
        if card.get("format", 0) > _FORMAT:
            raise InputError(
                f"{path} was saved by a newer patchprobe ({card.get('patchprobe')}). "
                "Update patchprobe to read it."
            )
        head = cls(card["ce_weight"], card["dice_weight"], card["penalty"], card["max_iter"])
        head._restore_card(card)
        head._restore_tensors(tensors)
        head.loss_, head.n_iter_ = card["loss"], card["n_iter"]
        return head

    def _loss_weights(self) -> LossWeights:
        given = (self.ce_weight, self.dice_weight, self.penalty)
        if not min(given) >= 0 or self.ce_weight + self.dice_weight == 0:
            raise InputError(
                f"ce_weight is {self.ce_weight}, dice_weight {self.dice_weight}, penalty {self.penalty}; "
                "none may be negative, and one of the first two must be more than 0."
            )
        return LossWeights(*given)


def _pairs(
    embeddings: Embedding | Sequence[Embedding], labels: npt.ArrayLike | Sequence[npt.ArrayLike]
) -> tuple[list[Embedding], list[npt.NDArray[np.uint8]]]:
    """Planes and checked masks that have a labelled pixel, one for each."""
    if isinstance(embeddings, Embedding):
        embeddings, labels = [embeddings], [np.asarray(labels)]
    masks = [np.asarray(mask) for mask in labels]  # type: ignore[union-attr]
    if len(masks) != len(embeddings):
        raise InputError(
            f"{len(embeddings)} embeddings and {len(masks)} masks were given; "
            "give one mask for each embedding."
        )
    check_same_source(embeddings)
    checked = [check_labels(mask, e.image_shape) for mask, e in zip(masks, embeddings, strict=True)]
    chosen = [index for index, mask in enumerate(checked) if mask.any()]
    return [embeddings[index] for index in chosen], [checked[index] for index in chosen]


def _two_or_more_classes(masks: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.intp]:
    present = sorted(set().union(*(np.unique(mask[mask > 0]).tolist() for mask in masks)))
    if len(present) < 2:
        found = f"only class {present[0]} is" if present else "nothing is"
        raise InputError(f"A head needs two classes in its masks; {found} labelled. Label a second class.")
    return np.asarray(present)
