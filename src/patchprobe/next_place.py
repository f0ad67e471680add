"""Where a stroke would teach a probe most: where it is unsure, and unlike what is painted already."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .embedding import Embedding
from .probe import Probe, TrainingRows

# Side in pixels of what is judged as one place: about what one stroke covers.
SIDE = 32
# Places of a plane that are compared by their features.
_CANDIDATES = 64
# Strokes' features that a place is compared with.
_KNOWN = 256
# Margin between probabilities below which nobody needs to look.
_LEAST = 0.2

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Place:
    """A place worth a stroke.

    Parameters
    ----------
    plane : int
    point : tuple of int
        Pixel (y, x) in the middle of the place.
    uncertainty : float
        Mean over the place, 0 to 1; see `Prediction.uncertainty`.
    classes : tuple of int
        The two classes between which the probe is unsure.
    features : ndarray of float32, shape (channels,)
        Standardised.
    """

    plane: int
    point: tuple[int, int]
    uncertainty: float
    classes: tuple[int, int]
    features: Values


def candidates(
    probe: Probe, plane: int, embedding: Embedding, strokes: npt.NDArray[np.uint8] | None = None
) -> Generator[None, None, list[Place]]:
    """Find the places of a plane where a probe is most unsure, those under strokes left out.

    Parameters
    ----------
    probe : Probe
    plane : int
        Number of the plane.
    embedding : Embedding
    strokes : ndarray of uint8, shape (H, W), optional

    Yields
    ------
    None
        At places to stop.

    Returns
    -------
    list of Place
        The most uncertain first; empty where the probe is sure everywhere.
    """
    from ._predicting import predict_by_bands

    prediction = yield from predict_by_bands(probe, plane, embedding)
    height, width = embedding.image_shape
    side = min(SIDE, height, width)
    mean = cv2.blur(prediction.uncertainty(), (side, side), borderType=cv2.BORDER_REFLECT)
    if strokes is not None:
        mean[cv2.dilate(strokes, np.ones((side, side), np.uint8)) > 0] = 0
    # One place in each square, where it is most uncertain there.
    places = []
    for top in range(0, height, side):
        for left in range(0, width, side):
            square = mean[top : top + side, left : left + side]
            y, x = np.unravel_index(int(square.argmax()), square.shape)
            places.append((float(square[y, x]), top + int(y), left + int(x)))
    best = sorted((place for place in places if place[0] > _LEAST), reverse=True)[:_CANDIDATES]
    if not best:
        return []
    points = np.array([(y, x) for _, y, x in best])
    spread = np.maximum(embedding.raster.std(axis=0), 1e-6)
    features = (embedding.sample(points) - embedding.raster.mean(axis=0)) / spread
    return [
        Place(plane, (y, x), value, _unsure_between(prediction.logits[y, x], probe), row)
        for (value, y, x), row in zip(best, features, strict=True)
    ]


def choose(found: Sequence[Place], taken: Sequence[Place], rows: Sequence[TrainingRows] = ()) -> Place | None:
    """Choose the place that is most uncertain and least like what was painted or proposed before.

    The uncertainty times the distance, in features, to the nearest of what is known: the greedy k-centre
    rule of Sener & Savarese (2018), weighed by the margin, so that one place after the other is another
    kind of tissue.

    Parameters
    ----------
    found : sequence of Place
        See `candidates`; of one plane or of several.
    taken : sequence of Place
        Proposed before. Places near them are left out.
    rows : sequence of TrainingRows
        What is painted.

    Returns
    -------
    Place or None
        None if nothing is left.
    """
    left = [place for place in found if not any(_is_near(place, other) for other in taken)]
    if not left:
        return None
    known = [*(_standardised(part) for part in rows if len(part.classes)), *(p.features[None] for p in taken)]
    if not known:
        return max(left, key=lambda place: place.uncertainty)
    centres = np.concatenate(known)
    features = np.stack([place.features for place in left])
    squared = (features**2).sum(1)[:, None] + (centres**2).sum(1)[None] - 2 * features @ centres.T
    distance = np.sqrt(np.maximum(squared, 0)).min(axis=1)
    gain = np.array([place.uncertainty for place in left]) * distance
    return left[int(gain.argmax())]


def _unsure_between(logits: Values, probe: Probe) -> tuple[int, int]:
    weighed = probe.decision.weigh(logits)
    first, second = np.argsort(-np.concatenate([[0.0], weighed]), kind="stable")[:2]
    classes = probe.decision.classes
    return classes[int(first)], classes[int(second)]


def _standardised(rows: TrainingRows) -> Values:
    """Features of the strokes of one plane, evenly thinned, in the units of that plane."""
    step = max(1, len(rows.features) // _KNOWN)
    spread = np.sqrt(np.maximum(rows.reference.variance, 1e-12))
    return np.asarray((rows.features[::step] - rows.reference.mean) / spread, dtype=np.float32)


def _is_near(one: Place, other: Place) -> bool:
    offsets = [abs(a - b) for a, b in zip(one.point, other.point, strict=True)]
    return one.plane == other.plane and max(offsets) < 2 * SIDE
