"""Strokes of a volume, seen in planes of three orientations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding, OnProgress, embed_stack
from ..errors import InputError
from ..probe.origin import Origin
from ..probe.reference import Reference, pool
from ..probe.strokes import TrainingRows, check_labels, find_strokes, thin
from .views import VIEWS, View, held, views_of

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..io import Stack
    from ..store import EmbeddingStore

_MOST_ROWS = 4096
# A stroke lies in as many planes across its own as it is long; so many are enough to learn from.
_MOST_PLANES = 24


@dataclass(frozen=True, eq=False)
class _Painted:
    """Painted voxels of a volume.

    Parameters
    ----------
    voxels : ndarray of int, shape (n, 4)
        Time point, z, y and x, stroke by stroke.
    classes, strokes : ndarray of int, shape (n,)
        Strokes are counted over all planes: connected voxels of one class in the plane they were painted in.
    stands_for : ndarray of float64, shape (n,)
        How many painted voxels each one stands for.
    """

    voxels: npt.NDArray[np.intp]
    classes: npt.NDArray[np.intp]
    strokes: npt.NDArray[np.intp]
    stands_for: npt.NDArray[np.float64]


def read_triplanar_rows(
    stack: Stack,
    strokes: Iterable[tuple[int, npt.ArrayLike]],
    backbone: str | Backbone = "filters",
    views: tuple[str, ...] = VIEWS,
    store: EmbeddingStore | None = None,
    on_progress: OnProgress | None = None,
) -> TrainingRows:
    """Sample the features of painted voxels in planes of three orientations.

    A stroke is a stroke in all of them, and is held out in all of them at once: a voxel that was seen in one
    orientation says nothing honest about the same voxel in another.

    Parameters
    ----------
    stack : Stack
        With an axis ``z``.
    strokes : iterable of (int, array_like of int)
        Number of a plane of the stack and its strokes (H, W): 0 unlabelled, classes 1 to 255. Those of a
        volume are ``enumerate(strokes)``.
    backbone : str or Backbone
    views : tuple of str
        Some of ``"xy"``, ``"xz"`` and ``"yz"``.
    store : EmbeddingStore, optional
        See `patchprobe.embed`.
    on_progress : callable, optional
        Called with (planes done, planes in all) after each plane.

    Returns
    -------
    TrainingRows
        Of all orientations together, for ``probe.fit_rows([rows])``. Of the planes across the painted ones,
        those 24 of each orientation are looked at that hold most of the strokes.

    Raises
    ------
    InputError
        If voxels are far from cubes, or the strokes do not fit the stack.
    """
    normalisation, painted = stack.normalisation(), _find(stack, strokes)
    looks = [(view, _planes_to_see(view, painted)) for view in views_of(held(stack), views)]
    total = sum(len(np.unique(seen_in[seen_in >= 0])) for _, seen_in in looks)
    origin, parts, found = Origin.of(normalisation, stack), list[TrainingRows](), list[npt.NDArray[np.intp]]()
    for view, seen_in in looks:
        wanted = np.unique(seen_in[seen_in >= 0]).tolist()
        for plane, embedding in embed_stack(view.stack, backbone, wanted, None, store, normalisation):
            found.append(np.flatnonzero(seen_in == plane))
            parts.append(_read(view, embedding, painted, found[-1], origin))
            if on_progress is not None:
                on_progress(len(parts), total)
    return _together(parts, np.concatenate(found), painted)


def _find(stack: Stack, strokes: Iterable[tuple[int, npt.ArrayLike]]) -> _Painted:
    """Find the painted voxels of all planes, thinned where they are many."""
    voxels, classes, numbers, count = [], [], [], 0
    for plane, labels in strokes:
        checked = check_labels(labels, stack.plane_shape)
        points, of_plane = find_strokes(checked)
        if len(points) == 0:
            continue
        index = (0, *stack.plane_index(plane))[-2:]
        voxels.append(np.column_stack([np.broadcast_to(index, (len(points), 2)), points]))
        classes.append(checked[tuple(points.T)].astype(np.intp))
        numbers.append(of_plane + count)
        count += int(of_plane.max()) + 1
    if not voxels:
        raise InputError("A probe needs strokes of two classes; nothing is painted. Paint a little of each.")
    every = np.concatenate(numbers)
    kept, stands_for = thin(every, _MOST_ROWS)
    return _Painted(np.concatenate(voxels)[kept], np.concatenate(classes)[kept], every[kept], stands_for)


def _planes_to_see(view: View, painted: _Painted) -> npt.NDArray[np.intp]:
    """Return the plane of a view that each voxel lies in, -1 in planes that are not looked at.

    Taken are those that hold most of the strokes, each stroke counted alike: one that lies in a single plane
    keeps that plane.
    """
    across = painted.voxels[:, 1 + view.across]
    planes = painted.voxels[:, 0] * (view.stack.n_planes // _time_points(view.stack)) + across
    if view.name == "xy":
        return planes
    share = 1 / np.bincount(painted.strokes)[painted.strokes]
    _, place = np.unique(planes, return_inverse=True)
    best = np.argsort(-np.bincount(place, weights=share), kind="stable")[:_MOST_PLANES]
    return np.where(np.isin(place, best), planes, -1)


def _read(
    view: View,
    embedding: Embedding,
    painted: _Painted,
    here: npt.NDArray[np.intp],
    origin: Origin,
) -> TrainingRows:
    """Sample the features of some painted voxels in one plane of a view."""
    inside = [1 + axis for axis in range(3) if axis != view.across]
    at = view.at_pixels(painted.voxels[here][:, inside])
    return TrainingRows(
        features=embedding.sample(at),
        classes=painted.classes[here],
        strokes=painted.strokes[here],
        weights=painted.stands_for[here],
        points=np.rint(at).astype(np.intp),
        reference=Reference.of(embedding.raster),
        channels=embedding.channels,
        backbone=embedding.backbone,
        version=embedding.version,
        origin=origin,
    )


def _together(parts: Sequence[TrainingRows], found: npt.NDArray[np.intp], painted: _Painted) -> TrainingRows:
    """Put the rows of all planes into one set; each stroke weighs what was painted of it."""
    order = np.argsort(painted.strokes[found], kind="stable")
    strokes = painted.strokes[found][order]
    size = np.bincount(painted.strokes, weights=painted.stands_for)
    rows = np.bincount(strokes)
    return replace(
        parts[0],
        features=np.concatenate([part.features for part in parts])[order],
        classes=painted.classes[found][order],
        strokes=strokes,
        weights=size[strokes] / rows[strokes],
        points=np.concatenate([part.points for part in parts])[order],
        reference=pool([part.reference for part in parts]),
    )


def _time_points(stack: Stack) -> int:
    return stack.shape[0] if "t" in stack.axes else 1
