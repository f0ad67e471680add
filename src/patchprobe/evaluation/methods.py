"""The ways from strokes to a prediction that are compared: heads on features, and a peer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding, embed_stack
from ..probe import LinearProbe, LinearSegHead, MLPProbe
from ..store import default_store
from .task import Strokes, Task

Probabilities = npt.NDArray[np.float32]
Predicted = dict[int, Probabilities]
# From strokes to the probability of each class at each pixel of the judged planes.
Method = Callable[[Strokes], Predicted]

PEER = "scikit-image"
ROWS_PER_TREE = 50
_QUICK_ITERATIONS = 20


def embeddings_of(task: Task, backbone: str) -> dict[int, Embedding]:
    """Embed the planes of a task."""
    return dict(embed_stack(task.stack, backbone, store=default_store(task.stack)))


def by_head(
    task: Task, embeddings: Mapping[int, Embedding], make: Callable[[], Any], strokes: Strokes
) -> Predicted:
    """Fit a head on strokes or masks and predict the judged planes.

    Returns
    -------
    dict of int to ndarray of float32, each (H, W, classes)
        For each judged plane. A class that was not painted has the probability 0.
    """
    head = make().fit([embeddings[plane] for plane in strokes], list(strokes.values()))
    columns = [task.classes.index(number) for number in head.classes_]
    return {plane: _spread(head.predict_proba(embeddings[plane]), columns, task) for plane in task.judged}


def heads(quick: bool = False) -> dict[str, Callable[[], Any]]:
    """Return the heads that are compared, by name."""
    return {
        "logistic (LinearProbe)": LinearProbe,
        "MLP (MLPProbe)": MLPProbe,
        "cross-entropy + Dice (LinearSegHead)": partial(LinearSegHead, max_iter=_QUICK_ITERATIONS)
        if quick
        else LinearSegHead,
    }


class Forest:
    """Trainable segmentation of scikit-image with the settings of its gallery: the peer.

    Gallery example "Trainable segmentation using local features and random forests": multi-scale intensity
    and texture, and a random forest.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._features = {
            plane: forest_features(task.stack.plane(plane)) for plane in {*task.paint, *task.judged}
        }

    def __call__(self, strokes: Strokes) -> Predicted:
        """Fit on strokes and predict the judged planes; see `by_head`."""
        rows = np.concatenate([self._features[plane][painted > 0] for plane, painted in strokes.items()])
        labels = np.concatenate([painted[painted > 0] for painted in strokes.values()])
        forest = make_forest(len(rows)).fit(rows, labels)
        columns = [self.task.classes.index(number) for number in forest.classes_]
        found = {}
        for plane in self.task.judged:
            features = self._features[plane]
            flat = forest.predict_proba(features.reshape(-1, features.shape[2]))
            found[plane] = _spread(flat.reshape(*features.shape[:2], -1), columns, self.task)
        return found


def forest_features(plane: npt.NDArray[Any]) -> npt.NDArray[np.floating]:
    """Return the peer's features (H, W, channels) of a plane (H, W) or (H, W, 3)."""
    from skimage.feature import multiscale_basic_features

    found: npt.NDArray[np.floating] = multiscale_basic_features(  # type: ignore[no-untyped-call]
        plane,
        intensity=True,
        edges=False,
        texture=True,
        sigma_min=1,
        sigma_max=16,
        channel_axis=-1 if plane.ndim == 3 else None,
    )
    return found


def make_forest(rows: int) -> Any:
    """Return the peer's classifier for that many rows, not fitted.

    Each tree sees a twentieth of the rows, as in the gallery, but not fewer than it can learn from.
    """
    from sklearn.ensemble import RandomForestClassifier

    seen = max(rows // 20, min(rows, ROWS_PER_TREE))
    return RandomForestClassifier(n_estimators=50, n_jobs=-1, max_depth=10, max_samples=seen, random_state=0)


def _spread(found: npt.NDArray[Any], columns: list[int], task: Task) -> Probabilities:
    """Put the probabilities of the painted classes in their places among all."""
    out = np.zeros((*found.shape[:2], len(task.classes)), dtype=np.float32)
    out[..., columns] = found
    return out
