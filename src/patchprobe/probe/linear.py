"""The linear probe: strokes in, labels and probabilities out, in milliseconds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from ..blas import one_blas_thread
from ..embedding import Embedding
from ..errors import InputError
from .head import LinearHead, standardisation
from .held_out import HeldOut, judge
from .selection import choose
from .storage import read_head, write_head
from .strokes import TrainingRows, check_same_source, read_rows

_KIND = "patchprobe linear probe"
_FORMAT = 1
# Without enough strokes to hold some out, a strong penalty is the safe guess.
_DEFAULT_C = 1.0
_STROKES_TO_CHOOSE = 2


class LinearProbe(LinearHead, BaseEstimator):  # type: ignore[misc]
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
    classes_ : ndarray of int, shape (k,)
        Painted classes, ascending.
    coef_ : list of ndarray of float32, each (channels, k - 1)
        For each block, weights on the raw features; the standardisation is folded in. The logit of the
        first class is 0.
    intercept_ : ndarray of float32, shape (k - 1,)
    C_, block_weights_ : float, tuple of float
        What was used.
    held_out_ : HeldOut or None
        Agreement on held-out strokes; None with fewer than three strokes of a class.
    training_prior_ : tuple of float, length k
        Share that each class had in the fit; equal shares with balanced classes.
    decision_weights_ : mapping of int to float
        What the probability of a class is multiplied by before the most probable one is taken; 1 if not in
        it. Set by `with_decision_weights`; `patchprobe.probe.suggest_weights` suggests some.
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the probe is for.

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

    _noun = "probe"

    training_prior_: tuple[float, ...]

    def __init__(
        self,
        C: float | Literal["auto"] = "auto",
        block_weights: Sequence[float] | Literal["auto"] = "auto",
        class_weight: Literal["balanced"] | None = "balanced",
        class_names: dict[int, str] | None = None,
        class_colors: dict[int, str] | None = None,
    ) -> None:
        self.C = C
        self.block_weights = block_weights
        self.class_weight = class_weight
        self.class_names = class_names
        self.class_colors = class_colors

    def fit(
        self,
        embeddings: Embedding | Sequence[Embedding],
        labels: npt.ArrayLike | Sequence[npt.ArrayLike],
    ) -> Self:
        """Fit on the painted pixels of one or more planes.

        Parameters
        ----------
        embeddings : Embedding or sequence of Embedding
            All of the same backbone; planes may differ in size and come from different images.
        labels : array_like of int (H, W), or a sequence of such
            One for each embedding: 0 unlabelled, classes 1 to 255.

        Returns
        -------
        LinearProbe
            Itself.

        Raises
        ------
        InputError
            If fewer than two classes are painted, the painted planes are constant, or labels and
            embeddings do not match.
        """
        if isinstance(embeddings, Embedding):
            embeddings, labels = [embeddings], [np.asarray(labels)]
        planes = [np.asarray(plane) for plane in labels]  # type: ignore[union-attr]
        if len(planes) != len(embeddings):
            raise InputError(
                f"{len(embeddings)} embeddings and {len(planes)} label images were given; "
                "give one label image for each embedding."
            )
        return self.fit_rows([read_rows(e, plane) for e, plane in zip(embeddings, planes, strict=True)])

    def fit_rows(self, rows: Sequence[TrainingRows]) -> Self:
        """Fit on rows that were read before (`patchprobe.probe.read_rows`), one for each plane."""
        painted = [part for part in rows if len(part.classes)]
        self.classes_ = np.unique(np.concatenate([part.classes for part in painted] or [np.empty(0, int)]))
        if len(self.classes_) < 2:
            found = f"only class {self.classes_[0]} is" if len(self.classes_) else "nothing is"
            what = "a second class" if len(self.classes_) else "a little of each"
            raise InputError(f"A probe needs strokes of two classes; {found} painted. Paint {what}.")
        check_same_source(rows)
        self.backbone_, self.version_ = painted[0].backbone, painted[0].version
        self.channels_ = painted[0].channels
        features = np.concatenate([part.features for part in painted])
        target = np.searchsorted(self.classes_, np.concatenate([part.classes for part in painted]))
        strokes = _number_strokes(painted)
        pixels = np.concatenate([part.weights for part in painted])
        reference = np.concatenate([part.reference for part in painted])
        if (reference == reference[0]).all() and (features == reference[0]).all():
            raise InputError(
                "The painted planes are constant, so nothing tells the classes apart. "
                "Check that the right file, data set or channel was opened, or paint on another plane."
            )
        mean, scale = standardisation(reference, self.channels_)
        standardised = np.asarray((features - mean) * scale, dtype=np.float32)
        weights = self._row_weights(target, pixels)
        with one_blas_thread():
            self._choose(standardised, target, weights, strokes, pixels)
            by_channel = np.repeat(np.asarray(self.block_weights_, dtype=np.float32), self.channels_)
            logistic = LogisticRegression(C=self.C_, max_iter=300, tol=1e-3)
            logistic.fit(standardised * by_channel, target, sample_weight=weights)
        coef, intercept = logistic.coef_, logistic.intercept_
        if len(self.classes_) > 2:
            coef, intercept = coef[1:] - coef[0], intercept[1:] - intercept[0]
        self._fold(coef, intercept, mean, scale * by_channel)
        seen = np.bincount(target, weights=weights)
        self.training_prior_ = tuple((seen / seen.sum()).tolist())
        self.strokes_ = {
            int(c): int(np.unique(strokes[target == i]).size) for i, c in enumerate(self.classes_)
        }
        return self

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the probe as one small file (safetensors with a JSON card); return where.

        The card holds what made it: backbone and version, classes with names and colours, penalty,
        block weights, strokes and held-out score.
        """
        self._check_fitted()
        card = {
            "format": _FORMAT,
            "patchprobe": installed_version("patchprobe"),
            **self._card(),
            "class_weight": self.class_weight,
            "C": self.C_,
            "block_weights": list(self.block_weights_),
            "training_prior": list(self.training_prior_),
            "strokes": {str(c): n for c, n in self.strokes_.items()},
            "held_out": None if self.held_out_ is None else asdict(self.held_out_),
        }
        return write_head(path, _KIND, card, self._tensors())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LinearProbe:
        """Load a saved probe.

        Raises
        ------
        InputError
            If the file is missing, damaged, not a probe, or of a newer format.
        """
        card, tensors = read_head(path, _KIND)
        if card.get("format", 0) > _FORMAT:
            raise InputError(
                f"{path} was saved by a newer patchprobe ({card.get('patchprobe')}). "
                "Update patchprobe to read it."
            )
        probe = cls(class_weight=card["class_weight"])
        probe._restore(card, tensors)
        probe.C_, probe.block_weights_ = card["C"], tuple(card["block_weights"])
        even = [1 / len(probe.classes_)] * len(probe.classes_)
        probe.training_prior_ = tuple(card.get("training_prior", even))
        probe.strokes_ = {int(c): n for c, n in card["strokes"].items()}
        probe.held_out_ = None if card["held_out"] is None else _held_out(card["held_out"])
        return probe

    def _row_weights(
        self, target: npt.NDArray[np.intp], pixels: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        if self.class_weight is None:
            return pixels
        painted = np.bincount(target, weights=pixels)
        balance = painted.sum() / (len(painted) * painted)
        return np.asarray(pixels * balance[target], dtype=np.float64)

    def _choose(
        self,
        standardised: npt.NDArray[np.float32],
        target: npt.NDArray[np.intp],
        weights: npt.NDArray[np.float64],
        strokes: npt.NDArray[np.intp],
        pixels: npt.NDArray[np.float64],
    ) -> None:
        """Set `C_`, `block_weights_` and `held_out_`."""
        given_c = None if self.C == "auto" else float(self.C)
        given_weights = None if self.block_weights == "auto" else tuple(map(float, self.block_weights))
        if given_weights is not None and len(given_weights) != len(self.channels_):
            raise InputError(
                f"{len(given_weights)} block weights were given for {len(self.channels_)} feature block(s) "
                f"of {self.backbone_!r}. Give one for each, or 'auto'."
            )
        fewest = min(np.unique(strokes[target == c]).size for c in range(len(self.classes_)))
        if fewest < _STROKES_TO_CHOOSE:
            self.C_ = given_c or _DEFAULT_C
            self.block_weights_ = given_weights or (1.0,) * len(self.channels_)
            self.held_out_ = None
            return
        blocks = np.split(standardised, np.cumsum(self.channels_)[:-1], axis=1)
        one_hot = 2.0 * np.eye(len(self.classes_))[target] - 1
        choice = choose(blocks, one_hot, weights, strokes, given_c, given_weights)
        self.C_, self.block_weights_ = choice.C, choice.block_weights
        r = choice.rows
        self.held_out_ = judge(choice.held_out, target[r], pixels[r], strokes[r])


def _number_strokes(rows: Sequence[TrainingRows]) -> npt.NDArray[np.intp]:
    """Give the strokes of all planes numbers of their own: each plane's go on where the last plane's end."""
    starts = np.cumsum([0] + [int(part.strokes.max()) + 1 for part in rows])
    return np.concatenate([part.strokes + start for part, start in zip(rows, starts, strict=False)])


def _held_out(card: dict[str, Any]) -> HeldOut:
    return HeldOut(
        accuracy=card["accuracy"],
        f1=tuple(card["f1"]),
        confusion=tuple(tuple(row) for row in card["confusion"]),
        strokes=tuple(card["strokes"]),
    )
