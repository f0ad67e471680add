"""The work behind objects in the Probe widget, as generators of values.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ._cache import EmbeddingCache
from ._predicting import Prediction
from ._work import Computing, Source, predict_plane, predict_planes
from .io import Stack
from .objects import (
    ObjectCollector,
    ObjectSettings,
    StackObjects,
    find_objects,
    save_objects,
)
from .probe import LinearProbe


@dataclass(frozen=True, eq=False)
class ObjectsWanted:
    """What objects are computed from.

    Parameters
    ----------
    source : Source
    probe : LinearProbe
    settings : ObjectSettings
    """

    source: Source
    probe: LinearProbe
    settings: ObjectSettings


@dataclass(frozen=True, eq=False)
class PlaneObjects:
    """The objects of one plane.

    Parameters
    ----------
    plane : int
    labels : ndarray of int32, shape (H, W)
    sizes : ndarray of int, shape (n,)
        Pixels of each.
    """

    plane: int
    labels: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.intp]


@dataclass(frozen=True)
class PlaneDone:
    """One more plane of the stack is searched, or rewritten after the objects were joined.

    Parameters
    ----------
    done, total : int
    """

    done: int
    total: int


def preview_objects(
    wanted: ObjectsWanted, plane: int, cache: EmbeddingCache, seen: Prediction | None
) -> Generator[Computing, None, PlaneObjects]:
    """Find the objects of one plane; `seen` is the prediction of it, where that is known.

    What is to be joined through planes has no least size yet: one plane does not tell the volume.
    """
    if seen is None:
        seen = yield from predict_plane(wanted.source, wanted.probe, plane, cache)
    settings = wanted.settings.in_pixels(wanted.source.stack.voxel_size)
    if settings.join_planes:
        settings = replace(settings, min_size=0)
    labels = find_objects(seen.decision.probabilities(seen.logits), settings, seen.decision.classes)
    return PlaneObjects(plane, labels, np.bincount(labels.ravel())[1:])


def find_all_objects(
    wanted: ObjectsWanted, cache: EmbeddingCache
) -> Generator[Computing | PlaneDone, None, StackObjects]:
    """Find and measure the objects of all planes."""
    stack = wanted.source.stack
    collector = ObjectCollector(stack, wanted.settings)
    total = stack.n_planes * (2 if wanted.settings.join_planes else 1)
    yield PlaneDone(0, total)
    done = 0
    for step in predict_planes(wanted.source, wanted.probe, range(stack.n_planes), cache):
        if isinstance(step, Computing):
            yield step
            continue
        collector.add(step.decision.probabilities(step.logits), step.decision.classes)
        done += 1
        yield PlaneDone(done, total)
    for _ in collector.finishing():
        done += 1
        yield PlaneDone(done, total)
    return collector.result()


def write_objects(path: str, found: StackObjects, image: Stack) -> Generator[None, None, Path]:
    """Write objects as a label stack with the voxel size of the image."""
    yield
    return save_objects(path, found, image)
