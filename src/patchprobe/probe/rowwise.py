"""Classifiers that see one feature vector at a time, judged by fits without the strokes held out."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from ..embedding import Embedding
from .held_out import HeldOut, judge
from .strokes import TrainingRows
from .tiled import TiledProbe
from .training_set import TrainingSet


class RowwiseProbe(TiledProbe):
    """Subclasses give `_train` and `_evaluate`."""

    def _learn(self, training: TrainingSet, judged: bool) -> None:
        self.held_out_ = self._judge(training) if judged else None
        self._train(training)

    def _judge(self, training: TrainingSet) -> HeldOut | None:
        scores = np.zeros((len(training.target), len(training.classes)))
        for held_out in training.folds():
            other = clone(self)
            other._train(training.part(~held_out))
            scores[held_out, 1:] = other._evaluate(training.features[held_out])
        return judge(scores, training.target, training.pixels, training.strokes)

    def logits_of(self, rows: TrainingRows, embedding: Embedding | None = None) -> npt.NDArray[np.float32]:
        """See `Probe.logits_of`."""
        return self._evaluate(rows.features)

    @abstractmethod
    def _train(self, training: TrainingSet) -> None:
        """Fit on all rows."""

    @abstractmethod
    def _evaluate(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits (n, k - 1) of feature vectors (n, channels)."""
