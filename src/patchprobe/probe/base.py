"""What all classifiers share: one way to fit, to be judged, to be saved and to be loaded."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from ..embedding import Embedding
from ..errors import InputError
from .head import Head
from .held_out import HeldOut
from .origin import Origin, differences
from .strokes import TrainingRows, read_rows
from .training_set import ClassWeight, TrainingSet, gather

if TYPE_CHECKING:
    from ..io import Stack
    from ..normalisation import Normalisation


class Probe(Head, BaseEstimator):  # type: ignore[misc]
    """A classifier of pixels that is fitted on sparse strokes. Subclasses learn and predict.

    Attributes
    ----------
    name : str
        By which `make_classifier` knows it.
    title, summary : str
        What people call it, and what it is good at in one line.
    looks_around : bool
        Whether `fit_rows` needs the embeddings of the painted planes besides their rows.
    tile_side : int
        Windows whose edges are multiples of it are predicted without computing anything twice.
    classes_ : ndarray of int, shape (k,)
        Painted classes, ascending.
    strokes_ : dict of int to int
        Strokes of each class.
    held_out_ : HeldOut or None
        Agreement on held-out strokes; None unless two classes have three strokes each.
    training_prior_ : tuple of float, length k
        Share that each class had in the fit; equal shares with balanced classes.
    rows_ : tuple of TrainingRows
        What it was fitted on, so that it can be continued:
        ``probe.fit_rows([*probe.rows_, *new_rows])``. Empty where a file did not keep them.
    origins_ : tuple of Origin
        The images that it has learned from.
    backbone_, version_, channels_ : str, str, tuple of int
        Which embeddings the probe is for.
    """

    _noun = "probe"

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    looks_around: ClassVar[bool] = False
    tile_side: ClassVar[int] = 1

    class_weight: ClassWeight
    strokes_: dict[int, int]
    held_out_: HeldOut | None
    training_prior_: tuple[float, ...]
    rows_: tuple[TrainingRows, ...]
    origins_: tuple[Origin, ...]

    def fit(
        self,
        embeddings: Embedding | Sequence[Embedding],
        labels: npt.ArrayLike | Sequence[npt.ArrayLike],
        stack: Stack | None = None,
    ) -> Self:
        """Fit on the painted pixels of one or more planes.

        Parameters
        ----------
        embeddings : Embedding or sequence of Embedding
            All of the same backbone; planes may differ in size and come from different images.
        labels : array_like of int (H, W), or a sequence of such
            One for each embedding: 0 unlabelled, classes 1 to 255.
        stack : Stack, optional
            What the planes are of, so that `differences` can tell it from others later.

        Returns
        -------
        Probe
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
        rows = [read_rows(e, plane, stack) for e, plane in zip(embeddings, planes, strict=True)]
        return self.fit_rows(rows, embeddings)

    def fit_rows(
        self,
        rows: Sequence[TrainingRows],
        embeddings: Sequence[Embedding | None] | None = None,
        judged: bool = True,
    ) -> Self:
        """Fit on rows that were read before (`patchprobe.probe.read_rows`), one entry for each plane.

        Parameters
        ----------
        rows : sequence of TrainingRows
        embeddings : sequence of Embedding, optional
            That of each plane, for classifiers that look around the strokes (`looks_around`); the others
            ignore it.
        judged : bool
            False saves the time for `held_out_` where it takes fits of its own.
        """
        self._take(rows, gather(rows), judged)
        return self

    def _take(self, rows: Sequence[TrainingRows], training: TrainingSet, judged: bool) -> None:
        """Learn from a training set, and note what it was."""
        self._learn(training, judged)
        painted = [part for part in rows if len(part.classes)]
        self.backbone_, self.version_ = painted[0].backbone, painted[0].version
        self.channels_ = training.channels
        self.classes_ = training.classes
        self.strokes_ = training.count_strokes()
        seen = np.bincount(training.target, weights=training.weights(self.class_weight))
        self.training_prior_ = tuple((seen / seen.sum()).tolist())
        self.rows_ = tuple(painted)
        self.origins_ = tuple(dict.fromkeys(part.origin for part in painted))

    @abstractmethod
    def _learn(self, training: TrainingSet, judged: bool) -> None:
        """Fit, and set `held_out_`."""

    @abstractmethod
    def logits_of(self, rows: TrainingRows, embedding: Embedding | None = None) -> npt.NDArray[np.float32]:
        """Logits (n, k - 1) of training rows, of a plane whose embedding is given if it `looks_around`."""

    @abstractmethod
    def _tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Give the numbers that make a prediction."""

    @abstractmethod
    def _restore_tensors(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        """Set what `_tensors` gave."""

    def chosen(self) -> dict[str, Any]:
        """Give what was chosen on fitting: JSON for the card of the file and for people."""
        return {}

    def _restore_chosen(self, card: dict[str, Any]) -> None:
        """Set what `chosen` gave."""

    def differences(self, stack: Stack, normalisation: Normalisation | None = None) -> list[str]:
        """Say how a stack differs from the images that the probe has learned from.

        Parameters
        ----------
        stack : Stack
        normalisation : Normalisation, optional
            That of the stack, where it is known already.

        Returns
        -------
        list of str
            One sentence for each difference in colours, voxel size and range of intensities; empty where
            none is known.
        """
        self._check_fitted()
        return differences(self.origins_, Origin.of(normalisation or stack.normalisation(), stack))

    def save(self, path: str | os.PathLike[str], with_rows: bool = True) -> Path:
        """Save the probe as one small file (safetensors with a JSON card); return where.

        The card holds what made it: backbone and version (the hash of its weights), images, classes with
        names and colours, what was chosen, strokes and held-out score.

        Parameters
        ----------
        path : path-like
            ``.safetensors`` is added where there is no suffix.
        with_rows : bool
            Whether to keep the training rows, so that the probe can be continued on other images. They
            take a few hundred bytes to 2 KB each.

        Raises
        ------
        InputError
            If it could not be written.
        """
        from .probe_file import write_probe

        self._check_fitted()
        return write_probe(path, self, with_rows)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a saved probe of this kind; `load_probe` loads any.

        Raises
        ------
        InputError
            If the file is missing, damaged, not a probe, a probe of another kind, or of a newer format.
        """
        from .probe_file import load_probe

        probe = load_probe(path)
        if not isinstance(probe, cls):
            raise InputError(
                f"{path} holds a probe of the kind {probe.name!r}, not {cls.name!r}. "
                "Load it with patchprobe.load_probe, which takes any."
            )
        return probe
