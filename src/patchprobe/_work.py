"""The long work of the widgets, as generators of values: what is computed beside the window.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._cache import EmbeddingCache, EmbeddingKey
from ._state import Snapshot
from .backbones import BackboneSpec, get_backbone
from .embedding import Embedding
from .errors import InputError
from .feature_picture import FeatureColors, fit_feature_colors
from .io import Stack
from .probe import LinearProbe, TrainingRows, find_strokes, probabilities_from_logits, read_rows

_BYTES_PER_FEATURE = 2
_PLANES_FOR_COLORS = 8


@dataclass(frozen=True)
class Source:
    """What is embedded, and how.

    Parameters
    ----------
    stack : Stack
    identity : int
        Of the stack's data; see `EmbeddingKey.source`.
    backbone : str
    """

    stack: Stack
    identity: int
    backbone: str


@dataclass(frozen=True)
class Computing:
    """Features of this plane are about to be computed."""

    plane: int


@dataclass(frozen=True)
class Embedded:
    """Features of this plane are at hand."""

    plane: int


@dataclass(frozen=True, eq=False)
class Counted:
    """How much is painted on one plane: (strokes, pixels) by number of the class."""

    plane: int
    counts: dict[int, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class RowsRead:
    """Features under the strokes of one plane were read."""

    plane: int
    rows: TrainingRows


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the strokes give now: a probe, or None where fewer than two classes are painted."""

    probe: LinearProbe | None


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction of one plane.

    Parameters
    ----------
    plane : int
    labels : ndarray of uint8, shape (H, W)
    probabilities : ndarray of float32, shape (H, W, k)
        In the order of `classes`.
    classes : tuple of int
    """

    plane: int
    labels: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]
    classes: tuple[int, ...]

    def probability_of(self, number: int) -> npt.NDArray[np.float32]:
        """Probability (H, W) of one class; 0 everywhere for a class that was not painted."""
        if number not in self.classes:
            return np.zeros(self.labels.shape, np.float32)
        return self.probabilities[:, :, self.classes.index(number)]


@dataclass(frozen=True, eq=False)
class Picture:
    """The feature picture of one plane, (H, W, 3) uint8."""

    plane: int
    colors: npt.NDArray[np.uint8]


def estimated_bytes(stack: Stack, spec: BackboneSpec) -> int:
    """Memory that the features of one plane will take, in bytes."""
    height, width = stack.plane_shape
    cells = max(1, height // spec.patch_size) * max(1, width // spec.patch_size)
    colors = stack.n_channels if spec.patch_size == 1 else 1
    return cells * spec.channels * colors * _BYTES_PER_FEATURE


def embed_plane(source: Source, plane: int, cache: EmbeddingCache, *, evict: bool = True) -> Embedding:
    """Return the embedding of one plane, from the cache where it holds it.

    Raises
    ------
    InputError
        If the plane cannot be embedded, or its features would not fit into memory.
    """
    backbone = get_backbone(source.backbone)
    needed = estimated_bytes(source.stack, backbone.spec)
    if needed > 2 * cache.max_bytes:
        raise InputError(
            f"The features of one plane of {source.stack.name} would take {needed / 1e9:.1f} GB of memory. "
            "Crop the image, or choose features with larger patches."
        )
    normalisation = cache.normalisation(source.identity, source.stack.normalisation)
    key = EmbeddingKey(source.identity, plane, backbone.spec.name, backbone.spec.version, normalisation)
    return cache.get_or_embed(
        key, lambda: backbone.embed(source.stack.plane(plane), normalisation), evict=evict
    )


def embed_planes(
    source: Source, planes: Sequence[int], cache: EmbeddingCache
) -> Generator[Computing | Embedded, None, None]:
    """Embed planes one after the other; what fits is kept in the cache."""
    for plane in planes:
        yield Computing(plane)
        embed_plane(source, plane, cache, evict=len(planes) == 1)
        yield Embedded(plane)


def count_strokes(labels: npt.NDArray[np.integer]) -> dict[int, tuple[int, int]]:
    """Count (strokes, painted pixels) of each class on one plane."""
    points, strokes = find_strokes(labels)
    classes = labels[tuple(points.T)]
    return {
        int(number): (len(np.unique(strokes[classes == number])), int((classes == number).sum()))
        for number in np.unique(classes)
    }


Report = Computing | Embedded | Counted | RowsRead | Fitted


def refit(snapshot: Snapshot, cache: EmbeddingCache) -> Generator[Report, None, Prediction | None]:
    """Count the strokes, embed the plane that is looked at, fit a probe on all strokes, predict the plane.

    Parameters
    ----------
    snapshot : Snapshot
        Rows that it brings along are used as they are; those of other planes are read, and yielded to be
        kept.
    cache : EmbeddingCache

    Yields
    ------
    Counted, Computing, Embedded, RowsRead, Fitted

    Returns
    -------
    Prediction or None
        None when there is no probe: fewer than two classes are painted, and the snapshot brings none.
    """
    for plane in snapshot.uncounted:
        yield Counted(plane, count_strokes(snapshot.strokes[plane]))
    source = Source(snapshot.stack, snapshot.source, snapshot.backbone)
    yield Computing(snapshot.plane)
    embedding = embed_plane(source, snapshot.plane, cache)
    yield Embedded(snapshot.plane)
    probe = snapshot.probe
    if snapshot.fit:
        if len(snapshot.painted) > 1:
            rows = yield from _gather_rows(snapshot, source, cache)
            probe = LinearProbe().fit_rows(rows)
        yield Fitted(probe)
    return None if probe is None else _predict(probe, snapshot.plane, embedding)


def _gather_rows(
    snapshot: Snapshot, source: Source, cache: EmbeddingCache
) -> Generator[Computing | Embedded | RowsRead, None, list[TrainingRows]]:
    gathered = []
    for plane, strokes in snapshot.strokes.items():
        rows = snapshot.rows.get(plane)
        if rows is None:
            yield Computing(plane)
            rows = read_rows(embed_plane(source, plane, cache), strokes)
            yield RowsRead(plane, rows)
        gathered.append(rows)
    return gathered


def predict_planes(
    source: Source, probe: LinearProbe, planes: Sequence[int], cache: EmbeddingCache
) -> Iterator[Prediction]:
    """Predict planes one after the other with a finished probe."""
    for plane in planes:
        yield _predict(probe, plane, embed_plane(source, plane, cache, evict=False))


def _predict(probe: LinearProbe, plane: int, embedding: Embedding) -> Prediction:
    logits = probe.predict_logits(embedding)
    return Prediction(
        plane,
        probe.labels_from_logits(logits),
        probabilities_from_logits(logits),
        tuple(int(number) for number in probe.classes_),
    )


def picture_planes(source: Source, planes: Sequence[int], cache: EmbeddingCache) -> Iterator[Picture]:
    """Make the feature pictures of planes, with one set of colours for all of them."""
    colors: FeatureColors | None = None
    for plane in planes:
        if colors is None:
            spread = np.unique(np.linspace(0, len(planes) - 1, _PLANES_FOR_COLORS).round().astype(int))
            first = [embed_plane(source, planes[int(i)], cache, evict=False) for i in spread]
            colors = fit_feature_colors(first)
        yield Picture(plane, colors.apply(embed_plane(source, plane, cache, evict=False)))
