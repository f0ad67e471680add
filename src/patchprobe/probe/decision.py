"""Where logits become labels and probabilities, with a weight for each class."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..errors import InputError

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Decision:
    """How class logits are turned into labels and probabilities.

    Strokes are balanced where the image is not, so that a probe finds too much of a rare class. A decision
    weight multiplies the probability of its class before the most probable one is taken:

        p'_c = w_c p_c / Σ_d w_d p_d,      logit'_c = logit_c + log(w_c / w_first)               (1)

    Labels and probabilities follow from the same weighed logits: the label is the most probable class.

    Parameters
    ----------
    classes : tuple of int
        Class numbers, ascending.
    weights : mapping of int to float
        Above 0; a class that is not in it has 1. Only their ratios matter.
    """

    classes: tuple[int, ...]
    weights: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, weight in self.weights.items():
            if not (isfinite(weight) and weight > 0):
                raise InputError(
                    f"The decision weight of class {number} is {weight}; it must be above 0 and finite. "
                    "1 leaves the class as it is, more finds more of it."
                )

    @property
    def is_neutral(self) -> bool:
        """Whether the weights change nothing."""
        return len({self.weights.get(number, 1.0) for number in self.classes}) <= 1

    def weigh(self, logits: Logits) -> Logits:
        """Add the weights to logits (…, k - 1) of the second and later classes: equation (1)."""
        if self.is_neutral:
            return logits
        weights = np.array([self.weights.get(number, 1.0) for number in self.classes])
        weighed: Logits = logits + np.log(weights[1:] / weights[0]).astype(np.float32)
        return weighed

    def labels(self, logits: Logits) -> npt.NDArray[np.uint8]:
        """Return the class (H, W) with the highest weighed logit; logits are (H, W, k - 1)."""
        classes = np.asarray(self.classes, dtype=np.uint8)
        weighed = self.weigh(logits)
        if weighed.shape[2] == 1:
            return np.asarray(np.where(weighed[:, :, 0] > 0, classes[1], classes[0]), dtype=np.uint8)
        winner = weighed.argmax(axis=2)
        is_first = np.take_along_axis(weighed, winner[:, :, None], axis=2)[:, :, 0] <= 0
        labels: npt.NDArray[np.uint8] = classes[np.where(is_first, 0, winner + 1)]
        return labels

    def probabilities(self, logits: Logits) -> npt.NDArray[np.float32]:
        """Return the weighed probability of each class, (H, W, k); sums to 1."""
        return probabilities_from_logits(self.weigh(logits))


class Decides:
    """What every fitted classifier does once it has logits: decide, with its decision weights.

    A subclass computes the logits.

    Attributes
    ----------
    classes_ : ndarray of int, shape (k,)
        Class numbers, ascending.
    decision_weights_ : mapping of int to float
        By class; 1 where it is not in it. See `Decision`.
    training_prior_ : tuple of float, length k, or None
        Share that each class had in the fit; None for equal shares.
    """

    classes_: npt.NDArray[Any]
    training_prior_: tuple[float, ...] | None = None
    decision_weights_: Mapping[int, float] = MappingProxyType({})

    @property
    def decision(self) -> Decision:
        """How this classifier decides."""
        return Decision(tuple(int(number) for number in self.classes_), self.decision_weights_)

    def with_decision_weights(self, weights: Mapping[int, float]) -> Self:
        """Return the same classifier with other decision weights; nothing is fitted again.

        Parameters
        ----------
        weights : mapping of int to float
            Above 0, by class number; 1 for classes that are not in it.

        Raises
        ------
        InputError
            If a weight is not above 0.
        """
        changed = copy.copy(self)
        changed.decision_weights_ = {int(number): float(weight) for number, weight in weights.items()}
        Decision((), changed.decision_weights_)
        return changed

    def predict_logits(self, embedding: Embedding) -> Logits:
        """Logits (H, W, k - 1) of the second and later classes, not weighed; that of the first is 0."""
        raise NotImplementedError

    def predict(self, embedding: Embedding) -> npt.NDArray[np.uint8]:
        """Predict the class of every pixel.

        Parameters
        ----------
        embedding : Embedding
            Of the backbone that it was fitted on.

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
        return self.decision.probabilities(self.predict_logits(embedding))

    def labels_from_logits(self, logits: Logits) -> npt.NDArray[np.uint8]:
        """Turn the result of `predict_logits` into labels."""
        return self.decision.labels(logits)


def probabilities_from_logits(logits: Logits) -> npt.NDArray[np.float32]:
    """Softmax over the classes, with the first class's logit at 0.

    Parameters
    ----------
    logits : ndarray of float32, shape (…, k - 1)

    Returns
    -------
    ndarray of float32, shape (…, k)
    """
    highest = np.maximum(logits.max(axis=-1, keepdims=True), 0)
    first = np.exp(-highest)
    rest = np.exp(logits - highest)
    exponentials = np.concatenate([first, rest], axis=-1)
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials
