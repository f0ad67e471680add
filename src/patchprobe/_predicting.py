"""Predicting the plane that is looked at: what is on the screen first, the rest after it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .probe import Decision, Probe
from .tiles import TILE, Window, meet, windows

# Pixels that are predicted between two places to stop.
_BAND = TILE * TILE


@dataclass(frozen=True)
class View:
    """What of a plane is on the screen.

    Parameters
    ----------
    window : tuple of slice
        Rows and columns of the plane, in pixels.
    step : int
        Every how many pixels, along each axis, one is enough for the screen.
    """

    window: Window
    step: int = 1

    def is_all_of(self, shape: tuple[int, int]) -> bool:
        """Whether nothing of a plane of (H, W) pixels is left out."""
        return self.step == 1 and self.window == (slice(0, shape[0]), slice(0, shape[1]))

    def spread(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Bring values at every `step`-th pixel to all pixels of the window."""
        if self.step == 1:
            return values
        rows, cols = (part.stop - part.start for part in self.window)
        return values.repeat(self.step, axis=0)[:rows].repeat(self.step, axis=1)[:, :cols]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction of one plane, or of what is seen of it.

    Parameters
    ----------
    plane : int
    labels : ndarray of uint8, shape (H, W)
    logits : ndarray of float32, shape (H, W, k - 1)
        Of the second and later of the classes, not weighed.
    decision : Decision
        How the logits become labels and probabilities; its classes are those of the probe.
    view : View, optional
        What the pixels are, where they are not all of the plane.
    """

    plane: int
    labels: npt.NDArray[np.uint8]
    logits: npt.NDArray[np.float32]
    decision: Decision
    view: View | None = None

    def probability_of(self, number: int) -> npt.NDArray[np.float32]:
        """Probability (H, W) of one class; 0 everywhere for a class that was not painted."""
        classes = self.decision.classes
        if number not in classes:
            return np.zeros(self.labels.shape, np.float32)
        return self.decision.probabilities(self.logits)[:, :, classes.index(number)]

    def uncertainty(self) -> npt.NDArray[np.float32]:
        """How close the two most probable classes are (H, W): 0 where one is sure, 1 where they are equal.

        One minus the margin of Scheffer, Decomain & Wrobel (2001).
        """
        probabilities = self.decision.probabilities(self.logits)
        first, second = np.moveaxis(np.partition(probabilities, -2, axis=2)[:, :, -2:], 2, 0)[::-1]
        return np.asarray(1 - (first - second), dtype=np.float32)

    def weighed(self, weights: Mapping[int, float]) -> Prediction:
        """Decide again with other decision weights; nothing is predicted again."""
        decision = Decision(self.decision.classes, weights)
        if decision == self.decision:
            return self
        return replace(self, labels=decision.labels(self.logits), decision=decision)


def predict_whole(probe: Probe, plane: int, embedding: Embedding) -> Prediction:
    """Predict all pixels of a plane."""
    return _decided(probe, plane, probe.predict_logits(embedding))


def predict_view(probe: Probe, plane: int, embedding: Embedding, view: View) -> Prediction:
    """Predict what is on the screen, for the moment: the last bit may differ from `predict_whole`."""
    if probe.looks_around or not embedding.is_held:
        view = View(view.window)
        logits = probe.predict_logits(embedding, view.window)
    else:
        logits = probe.predict_logits(embedding.crop(view.window, view.step))
    return replace(_decided(probe, plane, logits), view=view)


def predict_seen_tiles(
    probe: Probe, plane: int, embedding: Embedding, view: View | None
) -> Iterator[Prediction]:
    """Predict what is on the screen tile by tile, from its middle out: for features that take long to read.

    Parameters
    ----------
    probe : Probe
    plane : int
    embedding : Embedding
    view : View or None
        All of the plane if None.
    """
    shape = embedding.image_shape
    window = (slice(0, shape[0]), slice(0, shape[1])) if view is None else view.window
    middle = [(part.start + part.stop) / 2 for part in window]

    def distance(tile: Window) -> float:
        offsets = ((part.start + part.stop) / 2 - at for part, at in zip(tile, middle, strict=True))
        return float(sum(offset * offset for offset in offsets))

    for tile in sorted((tile for tile in windows(shape) if meet(tile, window)), key=distance):
        rows, cols = (
            slice(max(part.start, seen.start), min(part.stop, seen.stop))
            for part, seen in zip(tile, window, strict=True)
        )
        yield predict_view(probe, plane, embedding, View((rows, cols)))


def predict_by_bands(probe: Probe, plane: int, embedding: Embedding) -> Generator[None, None, Prediction]:
    """Predict all pixels of a plane like `predict_whole`, with places to stop."""
    height, width = embedding.image_shape
    rows = -(-max(1, _BAND // width) // probe.tile_side) * probe.tile_side
    if not embedding.is_held:
        # Each tile is computed once.
        rows = TILE
    parts = []
    for top in range(0, height, rows):
        parts.append(probe.predict_logits(embedding, (slice(top, min(top + rows, height)), slice(0, width))))
        yield
    return _decided(probe, plane, parts[0] if len(parts) == 1 else np.concatenate(parts))


def _decided(probe: Probe, plane: int, logits: npt.NDArray[np.float32]) -> Prediction:
    return Prediction(plane, probe.labels_from_logits(logits), logits, probe.decision)
