"""Predictions on their way to files, beside the window: one stack, or every image of a folder.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ._cache import EmbeddingCache
from ._predicting import Prediction
from ._work import Computing, Source, embed_plane, predict_planes
from .backbones import get_backbone
from .folder_prediction import ImageDone, ImageStep, apply_to_folder
from .io import Stack
from .kept_predictions import KeptPredictions
from .prediction_file import PlaneDone, PredictionFile
from .probe import Probe
from .tiled_array import LARGEST_PLAIN


@dataclass(frozen=True, eq=False)
class Kept:
    """The labels of a plane, from a run before with an equal probe."""

    plane: int
    labels: npt.NDArray[np.uint8]


def is_large(stack: Stack) -> bool:
    """Whether predictions of a stack are kept on the disk: they take more memory than one may fill."""
    return stack.n_planes * int(np.prod(stack.plane_shape, dtype=np.int64)) > LARGEST_PLAIN


def predict_and_keep(
    source: Source, probe: Probe, planes: Sequence[int], cache: EmbeddingCache
) -> Generator[Computing | Prediction | Kept, None, None]:
    """Do what `predict_planes` does, and keep every plane on the disk for the next run."""
    file = KeptPredictions().open(source.stack, probe)
    missing = set(file.missing)
    for plane in planes:
        if plane not in missing:
            yield Kept(plane, file.get(plane))
            continue
        for step in predict_planes(source, probe, [plane], cache):
            if isinstance(step, Prediction):
                file.put(plane, step.labels)
            yield step


def write_prediction(
    source: Source,
    probe: Probe,
    path: str,
    known: Mapping[int, npt.NDArray[np.uint8]],
    cache: EmbeddingCache,
) -> Generator[Computing | PlaneDone, None, Path]:
    """Write the labels of a stack to a file; only planes that are not known are predicted.

    Parameters
    ----------
    source : Source
    probe : Probe
    path : str
        See `patchprobe.prediction_file.predict_to`.
    known : mapping of int to ndarray of uint8, shape (H, W)
        What this probe predicted already.
    cache : EmbeddingCache

    Returns
    -------
    Path
        The file.
    """
    file = PredictionFile(path, source.stack, probe)
    kept = KeptPredictions().open(source.stack, probe) if is_large(source.stack) else None
    try:
        yield PlaneDone(-1, file.done, file.total, file.note)
        for plane in file.missing:
            if plane in known:
                labels = known[plane]
            elif kept is not None and plane not in kept.missing:
                labels = kept.get(plane)
            else:
                labels = probe.predict((yield from embed_plane(source, plane, cache, evict=False)))
            file.put(plane, labels)
            yield PlaneDone(plane, file.done, file.total)
        return file.close()
    finally:
        file.leave()


def apply_probe(
    folder: str, probe: Probe, output: str, source: Source
) -> Generator[ImageStep | ImageDone, None, list[ImageDone]]:
    """Predict every image of a folder, with networks computed as those of `source`."""
    return (
        yield from apply_to_folder(
            folder, probe, output, backbone=get_backbone(probe.backbone_, source.compute)
        )
    )
