"""What everything does that turns features into classes, once it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import NotFittedError

from ..embedding import Embedding
from ..errors import InputError
from ..tiles import Window


class Head(ABC):
    """From the features of a plane to the logits, probabilities and labels of its pixels.

    Subclasses fit it, and give `predict_logits`.

    Attributes
    ----------
    classes_ : ndarray of int, shape (k,)
        Class numbers, ascending.
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the head is for.
    class_names, class_colors : dict of int to str or None
        Name and colour (``"#rrggbb"``) of each class.
    """

    # What messages call it.
    _noun = "head"

    classes_: npt.NDArray[Any]
    backbone_: str
    version_: str
    channels_: tuple[int, ...]
    class_names: dict[int, str] | None
    class_colors: dict[int, str] | None

    @abstractmethod
    def predict_logits(self, embedding: Embedding, window: Window | None = None) -> npt.NDArray[np.float32]:
        """Logits of the second and later classes at every pixel; that of the first is 0 everywhere.

        Parameters
        ----------
        embedding : Embedding
            Of the backbone that the head was fitted on.
        window : tuple of slice, optional
            The pixels (rows, columns) that are wanted; all of them if not given. They get the same numbers
            as in the whole.

        Returns
        -------
        ndarray of float32, shape (H, W, k - 1), or that of the window
        """

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

    def _restore_card(self, card: dict[str, Any]) -> None:
        """Set what `_card` gave."""
        self.backbone_, self.version_ = card["backbone"], card["version"]
        self.channels_ = tuple(card["channels"])
        self.classes_ = np.asarray(card["classes"])
        self.class_names = {int(c): name for c, name in card["class_names"].items()} or None
        self.class_colors = {int(c): color for c, color in card["class_colors"].items()} or None

    def _check_fitted(self) -> None:
        if not hasattr(self, "classes_"):
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
