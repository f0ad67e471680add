"""Random forest and gradient boosting: scikit-learn fits them, plain arrays predict."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ..embedding import Embedding
from ..tiles import Window
from .rowwise import RowwiseProbe
from .training_set import ClassWeight, TrainingSet
from .tree_arrays import Tree, TreeArrays

# Rows that a tree sees at least, where there are so many.
_FEWEST_ROWS = 64
# Of boosting: rows that a leaf holds, where there are enough, and features that a split chooses among.
_ROWS_PER_LEAF = 40
_SHARE_OF_FEATURES = 0.1
# A leaf of no pixel of a class does not make it impossible.
_SMALLEST_SHARE = 1e-3


class TreeProbe(RowwiseProbe):
    """Decision trees. They are kept as arrays rather than as objects of scikit-learn.

    Arrays need no pickle to be saved, give the same labels whatever scikit-learn is installed where they
    are loaded, and a loaded probe predicts with the very code that predicted when it was fitted.
    Subclasses fit the trees.
    """

    trees_: TreeArrays

    def _train(self, training: TrainingSet) -> None:
        self.trees_ = TreeArrays.of(list(self._grow(training)))

    @abstractmethod
    def _grow(self, training: TrainingSet) -> Iterator[Tree]:
        """Fit, and yield the trees."""

    def _tile_logits(self, embedding: Embedding, tile: Window) -> npt.NDArray[np.float32]:
        features = embedding.crop(tile).at_pixels(self.trees_.channels)
        height, width, channels = features.shape
        return self._logits(features.reshape(height * width, channels)).reshape(height, width, -1)

    def _evaluate(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self._logits(features[:, self.trees_.channels])

    @abstractmethod
    def _logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits (n, k - 1) of feature vectors (n, c) that hold only what the trees ask for."""

    def _tensors(self) -> dict[str, npt.NDArray[Any]]:
        return self.trees_.tensors()

    def _restore_tensors(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        self.trees_ = TreeArrays(**tensors)


class ForestProbe(TreeProbe):
    """Random forest of scikit-learn (`sklearn.ensemble.RandomForestClassifier`), always grown from one seed.

    Each tree sees a twentieth of the rows: neighbouring pixels are nearly copies of each other, and trees
    that see all of them learn the strokes by heart.

    Parameters
    ----------
    trees : int
    max_depth : int
        Questions from the root to a leaf.
    class_weight, class_names, class_colors
        See `LinearProbe`.

    Attributes
    ----------
    trees_ : TreeArrays
    """

    name = "forest"
    title = "random forest"
    summary = "many small questions; for classes that no weighted sum of features tells apart"

    def __init__(
        self,
        trees: int = 100,
        max_depth: int = 10,
        class_weight: ClassWeight = "balanced",
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.trees = trees
        self.max_depth = max_depth
        self.class_weight = class_weight
        self.class_names = class_names
        self.class_colors = class_colors

    def _grow(self, training: TrainingSet) -> Iterator[Tree]:
        from sklearn.ensemble import RandomForestClassifier

        n = len(training.target)
        forest = RandomForestClassifier(
            self.trees,
            max_depth=self.max_depth,
            max_samples=min(n, max(_FEWEST_ROWS, n // 20)),
            random_state=0,
            n_jobs=os.cpu_count(),
        )
        weights = training.weights(self.class_weight)
        forest.fit(training.features, training.target, sample_weight=weights)
        for estimator in forest.estimators_:
            tree = estimator.tree_
            share = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
            yield Tree(
                tree.feature,
                tree.threshold,
                tree.children_left,
                tree.children_right,
                tree.children_left == tree.children_right,
                share / self.trees,
            )

    def _logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        shares = self.trees_.evaluate(features) + np.float32(_SMALLEST_SHARE)
        logits: npt.NDArray[np.float32] = np.log(shares[:, 1:]) - np.log(shares[:, :1])
        return logits


class BoostingProbe(TreeProbe):
    """Gradient boosting of scikit-learn (`sklearn.ensemble.HistGradientBoostingClassifier`).

    Each split chooses among a tenth of the features, and leaves are large: a few strokes are soon learned
    by heart.

    Parameters
    ----------
    rounds : int
    max_leaf_nodes : int
        Leaves of each tree.
    learning_rate : float
    class_weight, class_names, class_colors
        See `LinearProbe`.

    Attributes
    ----------
    trees_ : TreeArrays
    baseline_ : ndarray of float32, shape (k - 1,) or (k,)
        What is added to the sum of the trees.
    """

    name = "boosting"
    title = "gradient boosting"
    summary = "trees that mend each other's errors; for many strokes"

    def __init__(
        self,
        rounds: int = 60,
        max_leaf_nodes: int = 8,
        learning_rate: float = 0.05,
        class_weight: ClassWeight = "balanced",
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.rounds = rounds
        self.max_leaf_nodes = max_leaf_nodes
        self.learning_rate = learning_rate
        self.class_weight = class_weight
        self.class_names = class_names
        self.class_colors = class_colors

    def _grow(self, training: TrainingSet) -> Iterator[Tree]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        boosting = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            max_leaf_nodes=self.max_leaf_nodes,
            learning_rate=self.learning_rate,
            min_samples_leaf=min(_ROWS_PER_LEAF, max(2, len(training.target) // 20)),
            max_features=_SHARE_OF_FEATURES,
            early_stopping=False,
            random_state=0,
        )
        # Rows are drawn by their weights: with weights, it looks for its bins a hundred times longer.
        drawn = training.drawn(self.class_weight)
        # A split takes microseconds, waking another thread for it more.
        with threadpool_limits(1, "openmp"):
            boosting.fit(training.features[drawn], training.target[drawn])
        # scikit-learn shows these trees to nobody; a test holds them to its own predictions.
        self.baseline_ = np.asarray(boosting._baseline_prediction, dtype=np.float32).ravel()
        for round_ in boosting._predictors:
            for scored, predictor in enumerate(round_):
                nodes = predictor.nodes
                value = np.zeros((len(nodes), len(round_)))
                value[:, scored] = nodes["value"]
                yield Tree(
                    nodes["feature_idx"],
                    nodes["num_threshold"],
                    nodes["left"],
                    nodes["right"],
                    nodes["is_leaf"].astype(bool),
                    value,
                )

    def _logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        raw = self.trees_.evaluate(features) + self.baseline_
        return raw if raw.shape[1] == 1 else raw[:, 1:] - raw[:, :1]

    def _tensors(self) -> dict[str, npt.NDArray[Any]]:
        return super()._tensors() | {"baseline": self.baseline_}

    def _restore_tensors(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        self.baseline_ = tensors["baseline"]
        super()._restore_tensors({name: t for name, t in tensors.items() if name != "baseline"})
