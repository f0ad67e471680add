"""The linear probe: strokes in, labels and probabilities out, in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from ..blas import one_blas_thread
from ..embedding import Embedding
from ..errors import InputError
from .base import Probe
from .held_out import judge
from .linear_head import LinearHead, fold, standardisation
from .selection import choose
from .strokes import TrainingRows
from .training_set import ClassWeight, TrainingSet

# Without enough strokes to hold some out, a strong penalty is the safe guess.
_DEFAULT_C = 1.0
_STROKES_TO_CHOOSE = 2


class LinearProbe(LinearHead, Probe):
    """Logistic regression on frozen features, fitted on sparse strokes and predicted for every pixel.

    Features are sampled at the strokes, standardised, and each block is scaled by its weight divided by
    √channels, so that a block of 384 channels does not drown one of 60. A linear map commutes with
    bilinear interpolation: class logits are computed on the patch grid and brought to pixels, never the
    features.

    Parameters
    ----------
    C : float or "auto"
        Inverse penalty, relative to the scaled blocks. ``"auto"`` chooses it by held-out strokes and
        leans to the stronger penalty.
    block_weights : sequence of float or "auto"
        Weight of each feature block. ``"auto"`` chooses them by held-out strokes; ignored with one block.
    class_weight : "balanced" or None
        Whether classes count equally however much was painted of each (default), or by painted pixels.
    class_names, class_colors : dict of int to str, optional
        Name and colour (``"#rrggbb"``) of each class; they travel with the saved probe.

    Attributes
    ----------
    coef_ : list of ndarray of float32, each (channels, k - 1)
        For each block, weights on the raw features; the standardisation is folded in. The logit of the
        first class is 0.
    intercept_ : ndarray of float32, shape (k - 1,)
    C_, block_weights_ : float, tuple of float
        What was used.

    Examples
    --------
    >>> import numpy as np
    >>> from patchprobe import LinearProbe, embed
    >>> image = np.zeros((64, 64)); image[:, 32:] = 1.0
    >>> strokes = np.zeros((64, 64), dtype=int); strokes[10:20, 5:9] = 1; strokes[10:20, 50:54] = 2
    >>> probe = LinearProbe().fit(embed(image), strokes)
    >>> probe.predict(embed(image))[0, [0, 63]]
    array([1, 2], dtype=uint8)
    """

    name = "linear"
    title = "linear"
    summary = "fits in milliseconds and follows every stroke; the default"

    def __init__(
        self,
        C: float | Literal["auto"] = "auto",
        block_weights: Sequence[float] | Literal["auto"] = "auto",
        class_weight: ClassWeight = "balanced",
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.C = C
        self.block_weights = block_weights
        self.class_weight = class_weight
        self.class_names = class_names
        self.class_colors = class_colors

    def _learn(self, training: TrainingSet, judged: bool) -> None:
        mean, scale = standardisation(training.reference, training.channels)
        standardised = np.asarray((training.features - mean) * scale, dtype=np.float32)
        weights = training.weights(self.class_weight)
        with one_blas_thread():
            self._choose(standardised, weights, training)
            by_channel = np.repeat(np.asarray(self.block_weights_, dtype=np.float32), training.channels)
            logistic = LogisticRegression(C=self.C_, max_iter=300, tol=1e-3)
            logistic.fit(standardised * by_channel, training.target, sample_weight=weights)
        coef, intercept = logistic.coef_, logistic.intercept_
        if len(training.classes) > 2:
            coef, intercept = coef[1:] - coef[0], intercept[1:] - intercept[0]
        self.coef_, self.intercept_ = fold(coef, intercept, mean, scale * by_channel, training.channels)

    def _choose(
        self,
        standardised: npt.NDArray[np.float32],
        weights: npt.NDArray[np.float64],
        training: TrainingSet,
    ) -> None:
        """Set `C_`, `block_weights_` and `held_out_`."""
        given_c = None if self.C == "auto" else float(self.C)
        given_weights = None if self.block_weights == "auto" else tuple(map(float, self.block_weights))
        if given_weights is not None and len(given_weights) != len(training.channels):
            raise InputError(
                f"{len(given_weights)} block weights were given for {len(training.channels)} feature "
                "block(s) of the backbone. Give one for each, or 'auto'."
            )
        if training.fewest_strokes < _STROKES_TO_CHOOSE:
            # A class that vanishes with its only stroke would tip the choice; the others are judged still.
            given_c = given_c or _DEFAULT_C
            given_weights = given_weights or (1.0,) * len(training.channels)
        blocks = np.split(standardised, np.cumsum(training.channels)[:-1], axis=1)
        one_hot = 2.0 * np.eye(len(training.classes))[training.target] - 1
        choice = choose(blocks, one_hot, weights, training.strokes, given_c, given_weights)
        self.C_, self.block_weights_ = choice.C, choice.block_weights
        r = choice.rows
        self.held_out_ = judge(choice.held_out, training.target[r], training.pixels[r], training.strokes[r])

    def logits_of(self, rows: TrainingRows, embedding: Embedding | None = None) -> npt.NDArray[np.float32]:
        """See `Probe.logits_of`."""
        logits: npt.NDArray[np.float32] = rows.features @ np.concatenate(self.coef_) + self.intercept_
        return logits

    def chosen(self) -> dict[str, Any]:
        """See `Probe.chosen`."""
        return {"C": self.C_, "block_weights": list(self.block_weights_)}

    def _restore_chosen(self, card: dict[str, Any]) -> None:
        self.C_, self.block_weights_ = card["C"], tuple(card["block_weights"])
