"""Comparing classifiers on the strokes of an image, beside the window."""

from __future__ import annotations

from collections.abc import Generator

from ._cache import EmbeddingCache
from ._state import Snapshot
from ._work import Computing, RowsRead, gather_rows
from .probe import Comparison, compare_classifiers
from .steps import TileDone


def compare(
    snapshot: Snapshot, cache: EmbeddingCache
) -> Generator[Computing | RowsRead | TileDone, None, Comparison]:
    """Compare all classifiers by the strokes of a snapshot.

    Yields
    ------
    Computing, RowsRead
        While features are read.
    TileDone
        After each fit.

    Raises
    ------
    InputError
        If a class has fewer than three strokes.
    """
    rows, embeddings = yield from gather_rows(snapshot, cache, with_embeddings=True)
    return (yield from compare_classifiers(rows, embeddings))
