"""What every linear head does once it is fitted: logits on the grids, brought to pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import NotFittedError

from ..embedding import Embedding
from ..errors import InputError
from ..tiles import Window

# A channel that hardly varies over the planes carries rounding errors, not information.
_SMALLEST_DEVIATION = 1e-3


class LinearHead:
    """A fitted linear map from features to class logits. Subclasses fit it.

    A linear map commutes with bilinear interpolation: class logits are computed on the patch grids,
    brought to pixels and added over the blocks; the features never are.

    Attributes
    ----------
    classes_ : ndarray of int, shape (k,)
        Class numbers, ascending.
    coef_ : list of ndarray of float32, each (channels, k - 1)
        For each block, weights on the raw features. The logit of the first class is 0.
    intercept_ : ndarray of float32, shape (k - 1,)
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the head is for.
    class_names, class_colors : dict of int to str or None
        Name and colour (``"#rrggbb"``) of each class.
    """

    # What messages call it.
    _noun = "head"

    classes_: npt.NDArray[Any]
    coef_: list[npt.NDArray[np.float32]]
    intercept_: npt.NDArray[np.float32]
    backbone_: str
    version_: str
    channels_: tuple[int, ...]
    class_names: dict[int, str] | None
    class_colors: dict[int, str] | None

    def predict_logits(
        self, embedding: Embedding, window: Window | None = None
    ) -> npt.NDArray[np.float32]:
        """Logits of the second and later classes; that of the first is 0 everywhere.

        Parameters
        ----------
        embedding : Embedding
        window : tuple of slice, optional
            The pixels that are wanted; all of the plane if not given. They get the same numbers either way,
            to the bit.

        Returns
        -------
        ndarray of float32, shape (H, W, k - 1), or that of the window
        """
        self._check(embedding)
        total: npt.NDArray[np.float32] | None = None
        bias = self.intercept_
        for grid, weights in zip(embedding.grids, self.coef_, strict=True):
            part = grid.map_to_pixels(weights, bias, window)
            total = part if total is None else total + part
            bias = np.zeros_like(bias)
        assert total is not None
        return total

    def predict(self, embedding: Embedding) -> npt.NDArray[np.uint8]:
        """Predict the class of every pixel.

        Parameters
        ----------
        embedding : Embedding
            Of the backbone that the head was fitted on.

        Returns
        -------
        ndarray of uint8, shape (H, W)
            The most probable of `classes_`.
        """
        return self.labels_from_logits(self.predict_logits(embedding))

    def predict_proba(self, embedding: Embedding) -> npt.NDArray[np.float32]:
        """Predict the probability of each class at every pixel.

        Returns
        -------
        ndarray of float32, shape (H, W, k)
            In the order of `classes_`; sums to 1.
        """
        return probabilities_from_logits(self.predict_logits(embedding))

    def labels_from_logits(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Turn the result of `predict_logits` into labels."""
        classes = self.classes_.astype(np.uint8)
        if logits.shape[2] == 1:
            return np.asarray(np.where(logits[:, :, 0] > 0, classes[1], classes[0]), dtype=np.uint8)
        winner = logits.argmax(axis=2)
        is_first = np.take_along_axis(logits, winner[:, :, None], axis=2)[:, :, 0] <= 0
        labels: npt.NDArray[np.uint8] = classes[np.where(is_first, 0, winner + 1)]
        return labels

    def _fold(
        self,
        coef: npt.NDArray[np.floating],
        intercept: npt.NDArray[np.floating],
        mean: npt.NDArray[np.float32],
        scale: npt.NDArray[np.float32],
    ) -> None:
        """Fold standardisation, ``(features - mean) * scale``, into weights on the raw features.

        Parameters
        ----------
        coef : ndarray, shape (k - 1, channels of all blocks)
        intercept : ndarray, shape (k - 1,)
        mean, scale : ndarray of float32, shape (channels of all blocks,)
        """
        raw = coef * scale
        self.intercept_ = (intercept - raw @ mean).astype(np.float32)
        self.coef_ = [
            np.ascontiguousarray(block.T, dtype=np.float32)
            for block in np.split(raw, np.cumsum(self.channels_)[:-1], axis=1)
        ]

    def _card(self) -> dict[str, Any]:
        """Say of a saved head what its classes are and which embeddings it is for."""
        return {
            "backbone": self.backbone_,
            "version": self.version_,
            "channels": list(self.channels_),
            "classes": [int(c) for c in self.classes_],
            "class_names": {str(c): name for c, name in (self.class_names or {}).items()},
            "class_colors": {str(c): color for c, color in (self.class_colors or {}).items()},
        }

    def _tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        return {f"coef.{i}": block for i, block in enumerate(self.coef_)} | {"intercept": self.intercept_}

    def _restore(self, card: dict[str, Any], tensors: dict[str, npt.NDArray[Any]]) -> None:
        """Set what `_card` and `_tensors` gave."""
        self.backbone_, self.version_ = card["backbone"], card["version"]
        self.channels_ = tuple(card["channels"])
        self.classes_ = np.asarray(card["classes"])
        self.class_names = {int(c): name for c, name in card["class_names"].items()} or None
        self.class_colors = {int(c): color for c, color in card["class_colors"].items()} or None
        self.coef_ = [tensors[f"coef.{i}"] for i in range(len(self.channels_))]
        self.intercept_ = tensors["intercept"]

    def _check_fitted(self) -> None:
        if not hasattr(self, "coef_"):
            raise NotFittedError(f"This {self._noun} is not fitted yet. Call fit with painted labels first.")

    def _check(self, embedding: Embedding) -> None:
        self._check_fitted()
        wanted = (self.backbone_, self.version_, self.channels_)
        given = (embedding.backbone, embedding.version, embedding.channels)
        if wanted != given:
            raise InputError(
                f"This {self._noun} was fitted on features of {wanted[0]!r} (version {wanted[1]}, "
                f"{wanted[2]} channels), but the image was embedded with {given[0]!r} (version {given[1]}, "
                f"{given[2]} channels). Embed the image as the {self._noun} expects, or fit a new one."
            )


def standardisation(
    reference: npt.NDArray[np.float32], channels: Sequence[int]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean of each channel, and the scale that gives it the variance 1 / (channels of its block).

    Parameters
    ----------
    reference : ndarray of float32, shape (n, channels of all blocks)
        Features all over the planes rather than under the strokes: a channel that happens to be constant
        under two short strokes would otherwise be blown up everywhere else.
    channels : sequence of int
        Of each block.

    Returns
    -------
    mean, scale : ndarray of float32, shape (channels of all blocks,)
    """
    deviation = reference.std(axis=0, dtype=np.float64)
    floor = _SMALLEST_DEVIATION * max(float(deviation.max()), _SMALLEST_DEVIATION)
    sizes = np.repeat(channels, channels)
    scale = 1 / (np.maximum(deviation, floor) * np.sqrt(sizes))
    return reference.mean(axis=0, dtype=np.float64).astype(np.float32), scale.astype(np.float32)


def probabilities_from_logits(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Softmax over the classes, with the first class's logit at 0.

    Parameters
    ----------
    logits : ndarray of float32, shape (H, W, k - 1)

    Returns
    -------
    ndarray of float32, shape (H, W, k)
    """
    highest = np.maximum(logits.max(axis=2, keepdims=True), 0)
    first = np.exp(-highest)
    rest = np.exp(logits - highest)
    exponentials = np.concatenate([first, rest], axis=2)
    exponentials /= exponentials.sum(axis=2, keepdims=True)
    return exponentials
