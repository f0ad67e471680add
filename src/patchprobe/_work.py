"""The long work of the widgets, as generators of values: what is computed beside the window.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ._cache import EmbeddingCache, EmbeddingKey
from ._predicting import Prediction, predict_by_bands, predict_seen_tiles, predict_view, predict_whole
from ._state import Snapshot
from .backbones import Backbone, get_backbone
from .backbones.base import SumBackbone
from .backbones.filters import MEMORY_SHARE
from .compute import Compute
from .embedding import Embedding
from .errors import InputError
from .io import Stack
from .memory import share_of_memory
from .probe import CLASSIFIERS, Probe, TrainingRows, find_strokes, make_classifier, read_rows
from .steps import TileDone
from .store import default_store

# Features are kept in half precision, but for those of the placeholders.
_HALF, _SINGLE = 2, 4


@dataclass(frozen=True)
class Source:
    """What is embedded, and how.

    Parameters
    ----------
    stack : Stack
    identity : int
        Of the stack's data; see `EmbeddingKey.source`.
    backbone : str
    compute : Compute
        How networks are computed.
    """

    stack: Stack
    identity: int
    backbone: str
    compute: Compute = field(default_factory=Compute)


@dataclass(frozen=True)
class Computing:
    """Features of this plane are about to be computed, or a part of them was.

    Parameters
    ----------
    plane : int
    tiles : TileDone, optional
        How much of the plane is computed.
    """

    plane: int
    tiles: TileDone | None = None

    def in_words(self, n_planes: int) -> str:
        """Say what is being done, in one line."""
        of_plane = f" of plane {self.plane}" if n_planes > 1 else ""
        if self.tiles is None:
            return f"computing features{of_plane}"
        doing = self.tiles.note or f"computing features{of_plane}"
        return f"{doing}, {self.tiles.done} of {self.tiles.total} parts" if self.tiles.done else doing


@dataclass(frozen=True)
class Embedded:
    """Features of this plane are at hand.

    Parameters
    ----------
    plane : int
    nbytes : int
        Memory that they take; 0 where nobody measured.
    seconds : float
        Time that computing them took; 0 where they were at hand already.
    """

    plane: int
    nbytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Counted:
    """How much is painted on one plane: (strokes, pixels) by number of the class, of these strokes."""

    plane: int
    counts: dict[int, tuple[int, int]]
    strokes: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class RowsRead:
    """Features under these strokes of one plane were read. `source` is the identity of its image."""

    plane: int
    rows: TrainingRows
    source: int
    strokes: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Differs:
    """How the image differs from those that the probe has learned from: sentences, or none."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the strokes give now: a probe, or None where fewer than two classes are painted.

    `seen` is what it says of what is on the screen.
    """

    probe: Probe | None
    seen: Prediction | None = None


def estimated_bytes(stack: Stack, backbone: Backbone) -> int:
    """Memory that the features of one plane will take, in bytes."""
    if isinstance(backbone, SumBackbone):
        return sum(estimated_bytes(stack, part) for part in backbone.parts)
    spec = backbone.spec
    height, width = stack.plane_shape
    if spec.patch_size > 1:
        rows, cols = (-(-side * spec.fineness // spec.patch_size) for side in (height, width))
        return rows * cols * spec.channels * (_HALF if spec.weights else _SINGLE)
    needed = height * width * spec.channels * stack.n_channels * _HALF
    return min(needed, share_of_memory(MEMORY_SHARE))


def embed_plane(
    source: Source, plane: int, cache: EmbeddingCache, *, evict: bool = True
) -> Generator[Computing, None, Embedding]:
    """Return the embedding of one plane, from the cache where it holds it.

    Yields
    ------
    Computing
        After each part that had to be computed.

    Raises
    ------
    InputError
        If the plane cannot be embedded, or its features would not fit into memory.
    """
    chosen = get_backbone(source.backbone, source.compute)
    spec = chosen.spec
    needed = estimated_bytes(source.stack, chosen)
    if needed > 2 * cache.max_bytes:
        raise InputError(
            f"The features of one plane of {source.stack.name} would take {needed / 1e9:.1f} GB of memory. "
            "Crop the image, or choose features with larger patches."
        )
    normalisation = cache.normalisation(source.identity, source.stack.normalisation)
    key = EmbeddingKey(source.identity, plane, spec.name, spec.version, normalisation)
    found = cache.get(key)
    if found is None:
        yield Computing(plane)
        store = default_store(source.stack)
        backbone = yield from _telling(plane, _preparing(source, cache))
        work = backbone.embedding([source.stack.plane(plane)], normalisation, store)
        (found,) = yield from _telling(plane, work)
        cache.put(key, found, evict=evict)
    return found


def _preparing(source: Source, cache: EmbeddingCache) -> Generator[TileDone, None, Backbone]:
    """Return the backbone with what it has to know of the stack, which is measured only once."""
    backbone = cache.prepared(source.identity, source.backbone, source.compute)
    current = get_backbone(source.backbone, source.compute)
    if backbone is None or backbone.spec.version != current.spec.version:
        backbone = yield from current.preparing(source.stack, default_store(source.stack))
        cache.keep_prepared(source.identity, source.backbone, source.compute, backbone)
    return backbone


Result = TypeVar("Result")


def _telling(plane: int, work: Generator[TileDone, None, Result]) -> Generator[Computing, None, Result]:
    """Run work on a plane, saying of each of its steps which plane it is on."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield Computing(plane, step)


def embed_planes(
    source: Source, planes: Sequence[int], cache: EmbeddingCache
) -> Generator[Computing | Embedded, None, int]:
    """Embed planes one after the other and keep them, as many as the cache can hold together.

    Parameters
    ----------
    source : Source
    planes : sequence of int
        The most wanted first; of other embeddings in the cache those used least lately make room.
    cache : EmbeddingCache

    Yields
    ------
    Computing, Embedded

    Returns
    -------
    int
        How many planes were left out because the others fill the memory.
    """
    nbytes = 0
    for done, plane in enumerate(planes, start=1):
        _, embedded = yield from embed_timed(source, plane, cache)
        yield embedded
        nbytes += embedded.nbytes
        if nbytes + embedded.nbytes > cache.max_bytes:
            return len(planes) - done
    return 0


def embed_timed(
    source: Source, plane: int, cache: EmbeddingCache, *, evict: bool = True
) -> Generator[Computing, None, tuple[Embedding, Embedded]]:
    """Return what `embed_plane` returns, and how long it took."""
    held = plane in cache.planes(source.identity, source.backbone)
    began = time.perf_counter()
    embedding = yield from embed_plane(source, plane, cache, evict=evict)
    seconds = 0.0 if held else time.perf_counter() - began
    return embedding, Embedded(plane, embedding.nbytes, seconds)


def count_strokes(labels: npt.NDArray[np.integer]) -> dict[int, tuple[int, int]]:
    """Count (strokes, painted pixels) of each class on one plane."""
    points, strokes = find_strokes(labels)
    classes = labels[tuple(points.T)]
    return {
        int(number): (len(np.unique(strokes[classes == number])), int((classes == number).sum()))
        for number in np.unique(classes)
    }


Report = Computing | Embedded | Counted | RowsRead | Fitted | Differs | Prediction


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
    Computing, Embedded, Fitted, Prediction, RowsRead, Counted, Differs
        What is seen is predicted with the fit, before all else; where nothing is fitted, by itself.

    Returns
    -------
    Prediction or None
        None when there is no probe: fewer than two classes are painted, and the snapshot brings none.
    """
    source = Source(snapshot.stack, snapshot.source, snapshot.backbone, snapshot.compute)
    is_held = snapshot.plane in cache.planes(snapshot.source, snapshot.backbone)
    if not is_held:
        yield from _count(snapshot)
    embedding = yield from embed_plane(source, snapshot.plane, cache)
    if not is_held:
        yield Embedded(snapshot.plane)
    probe, read = snapshot.probe, list[RowsRead]()
    if snapshot.fit:
        probe = yield from _fit(snapshot, cache, read)
    seen = None
    if probe is not None and embedding.is_held:
        seen = _predict_seen(probe, snapshot, embedding)
    # What the eye waits for comes first, in one report: each costs a turn of the window.
    if snapshot.fit:
        yield Fitted(probe, seen)
    elif seen is not None:
        yield seen
    yield from read
    if is_held:
        yield from _count(snapshot)
    if probe is None:
        return None
    yield Differs(tuple(probe.differences(snapshot.stack, embedding.normalisation)))
    if seen is None:
        yield from predict_seen_tiles(probe, snapshot.plane, embedding, snapshot.view)
    elif seen.view is None:
        return seen
    return (yield from _predict_rest(probe, snapshot.plane, embedding))


def _count(snapshot: Snapshot) -> Iterator[Counted]:
    for plane in snapshot.uncounted:
        strokes = snapshot.strokes[plane]
        yield Counted(plane, count_strokes(strokes), strokes)


def _fit(
    snapshot: Snapshot, cache: EmbeddingCache, read: list[RowsRead]
) -> Generator[Report, None, Probe | None]:
    """Fit on all strokes; rows that had to be read are added to `read`."""
    around = CLASSIFIERS[snapshot.classifier].looks_around
    work = gather_rows(snapshot, cache, with_embeddings=around)
    while True:
        try:
            report = next(work)
        except StopIteration as end:
            rows, embeddings = end.value
            break
        if isinstance(report, RowsRead):
            read.append(report)
        else:
            yield report
    learned = {int(number) for part in rows for number in np.unique(part.classes)}
    if len(learned) < 2 or not any(image.strokes for image in snapshot.images):
        return snapshot.probe
    probe = make_classifier(snapshot.classifier).fit_rows(rows, embeddings)
    return probe.with_decision_weights(snapshot.decision_weights)


def _predict_seen(probe: Probe, snapshot: Snapshot, embedding: Embedding) -> Prediction:
    plane, view = snapshot.plane, snapshot.view
    if view is None or view.is_all_of(embedding.image_shape):
        return predict_whole(probe, plane, embedding)
    return predict_view(probe, plane, embedding, view)


def _predict_rest(probe: Probe, plane: int, embedding: Embedding) -> Generator[Report, None, Prediction]:
    bands = predict_by_bands(probe, plane, embedding)
    while True:
        try:
            next(bands)
        except StopIteration as end:
            whole: Prediction = end.value
            return whole
        yield Computing(plane)


def gather_rows(
    snapshot: Snapshot, cache: EmbeddingCache, *, with_embeddings: bool
) -> Generator[Computing | RowsRead, None, tuple[list[TrainingRows], list[Embedding | None]]]:
    """Return the training rows of all strokes, those of a loaded probe first, and embeddings where wanted."""
    gathered = list(snapshot.earlier)
    embeddings: list[Embedding | None] = [None] * len(gathered)
    for image in snapshot.images:
        source = Source(image.stack, image.source, snapshot.backbone, snapshot.compute)
        for plane, strokes in image.strokes.items():
            rows = image.rows.get(plane)
            embedding = None
            if rows is None or with_embeddings:
                embedding = yield from embed_plane(source, plane, cache)
            if rows is None:
                assert embedding is not None
                rows = read_rows(embedding, strokes, image.stack)
                yield RowsRead(plane, rows, image.source, strokes)
            gathered.append(rows)
            embeddings.append(embedding if with_embeddings else None)
    return gathered, embeddings


def predict_planes(
    source: Source, probe: Probe, planes: Sequence[int], cache: EmbeddingCache
) -> Iterator[Computing | Prediction]:
    """Predict planes one after the other with a finished probe."""
    for plane in planes:
        yield predict_whole(probe, plane, (yield from embed_plane(source, plane, cache, evict=False)))


def predict_plane(
    source: Source, probe: Probe, plane: int, cache: EmbeddingCache
) -> Generator[Computing, None, Prediction]:
    """Return what a finished probe says of one plane."""
    return predict_whole(probe, plane, (yield from embed_plane(source, plane, cache)))
