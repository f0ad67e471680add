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
from .decision import Decides


class Head(Decides, ABC):
    """From the features of a plane to the logits, probabilities and labels of its pixels.

    Subclasses fit it, and give `predict_logits`.

    Attributes
    ----------
    classes_ : ndarray of int, shape (k,)
        Class numbers, ascending.
    decision_weights_ : mapping of int to float
        See `patchprobe.probe.Decision`.
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the head is for.
    class_names, class_colors : dict of int to str or None
        Name and colour (``"#rrggbb"``) of each class.
    """

    # What messages call it.
    _noun = "head"

    backbone_: str
    version_: str
    channels_: tuple[int, ...]
    class_names: dict[int, str] | None
    class_colors: dict[int, str] | None

    @abstractmethod
    def predict_logits(self, embedding: Embedding, window: Window | None = None) -> npt.NDArray[np.float32]:
        """Logits of the second and later classes at every pixel, not weighed; that of the first is 0.

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

    def _card(self) -> dict[str, Any]:
        """Say of a saved head what its classes are and which embeddings it is for."""
        return {
            "backbone": self.backbone_,
            "version": self.version_,
            "channels": list(self.channels_),
            "classes": [int(c) for c in self.classes_],
            "class_names": {str(c): name for c, name in (self.class_names or {}).items()},
            "class_colors": {str(c): color for c, color in (self.class_colors or {}).items()},
            "decision_weights": {str(c): weight for c, weight in self.decision_weights_.items()},
        }

    def _restore_card(self, card: dict[str, Any]) -> None:
        """Set what `_card` gave."""
        self.backbone_, self.version_ = card["backbone"], card["version"]
        self.channels_ = tuple(card["channels"])
        self.classes_ = np.asarray(card["classes"])
        self.class_names = {int(c): name for c, name in card["class_names"].items()} or None
        self.class_colors = {int(c): color for c, color in card["class_colors"].items()} or None
        self.decision_weights_ = {int(c): float(w) for c, w in card.get("decision_weights", {}).items()}

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
