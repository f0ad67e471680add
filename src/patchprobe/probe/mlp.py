"""A small neural network: one hidden layer."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from ..blas import one_blas_thread
from ..embedding import Embedding
from ..tiles import Window
from .linear_head import fold, linear_map, standardisation
from .rowwise import RowwiseProbe
from .training_set import ClassWeight, TrainingSet

_MOST_STEPS = 100


class MLPProbe(RowwiseProbe):
    """Multilayer perceptron with one hidden layer of rectified units, fitted by L-BFGS from one seed.

    The hidden layer is linear before it is rectified, so that it commutes with bilinear interpolation as a
    linear probe does: it is computed on the patch grids, and what is brought to pixels are its units, not
    the features. `sklearn.neural_network.MLPClassifier` fits it.

    Parameters
    ----------
    hidden : int
        Units.
    penalty : float
        Weight of the squared norm beside the mean loss, for features of unit variance.
    class_weight, class_names, class_colors
        See `LinearProbe`.

    Attributes
    ----------
    hidden_ : list of ndarray of float32, each (channels, hidden)
        For each block, weights on the raw features; the standardisation is folded in.
    hidden_bias_ : ndarray of float32, shape (hidden,)
    output_ : ndarray of float32, shape (hidden, k - 1)
    output_bias_ : ndarray of float32, shape (k - 1,)
    """

    name = "mlp"
    title = "small neural network"
    summary = "one hidden layer; for classes that hang on two features at once"

    def __init__(
        self,
        hidden: int = 16,
        penalty: float = 0.1,
        class_weight: ClassWeight = "balanced",
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.hidden = hidden
        self.penalty = penalty
        self.class_weight = class_weight
        self.class_names = class_names
        self.class_colors = class_colors

    def _train(self, training: TrainingSet) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        mean, scale = standardisation(training.reference, training.channels)
        # Unit variance on average, with blocks of equal weight.
        scale *= np.float32(np.sqrt(sum(training.channels) / len(training.channels)))
        chosen = training.drawn(self.class_weight)
        network = MLPClassifier(
            (self.hidden,),
            solver="lbfgs",
            alpha=self.penalty * len(chosen),
            max_iter=_MOST_STEPS,
            random_state=0,
        )
        with one_blas_thread(), warnings.catch_warnings():
            # Stopped early it is as good; held-out strokes tell.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit((training.features[chosen] - mean) * scale, training.target[chosen])
        (inner, outer), (inner_bias, outer_bias) = network.coefs_, network.intercepts_
        self.hidden_, self.hidden_bias_ = fold(inner.T, inner_bias, mean, scale, training.channels)
        if outer.shape[1] > 1:
            outer, outer_bias = outer[:, 1:] - outer[:, :1], outer_bias[1:] - outer_bias[0]
        self.output_, self.output_bias_ = outer.astype(np.float32), outer_bias.astype(np.float32)

    def _evaluate(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self._output(features @ np.concatenate(self.hidden_) + self.hidden_bias_)

    def _tile_logits(self, embedding: Embedding, tile: Window) -> npt.NDArray[np.float32]:
        return self._output(linear_map(embedding.crop(tile), self.hidden_, self.hidden_bias_))

    def _output(self, units: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        logits: npt.NDArray[np.float32] = np.maximum(units, 0) @ self.output_ + self.output_bias_
        return logits

    def _tensors(self) -> dict[str, npt.NDArray[Any]]:
        return {f"hidden.{i}": block for i, block in enumerate(self.hidden_)} | {
            "hidden_bias": self.hidden_bias_,
            "output": self.output_,
            "output_bias": self.output_bias_,
        }

    def _restore_tensors(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        self.hidden_ = [tensors[f"hidden.{i}"] for i in range(len(self.channels_))]
        self.hidden_bias_ = tensors["hidden_bias"]
        self.output_, self.output_bias_ = tensors["output"], tensors["output_bias"]
