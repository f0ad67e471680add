"""The work of looking at two sections and setting them by hand, as generators of values.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._section_pair import SectionPair
from .alignment import Edge, Transform
from .alignment.by_hand import PlaceScore, corners_of, refine_place
from .alignment.models import Model
from .alignment.pair_picture import SeenPlane, seen_planes
from .alignment.rigid import angle_of, turn

# A picture of this many pixels is drawn anew within a fraction of a tenth of a second, while it is dragged.
_MOST_PIXELS = 1 << 20
# A place that the images move by less, in pixels, they leave where it is.
_STILL = 0.05


@dataclass(frozen=True, eq=False)
class SeenPair:
    """Two sections ready to be looked at.

    Parameters
    ----------
    pair : SectionPair
    fixed, moving : SeenPlane
        Each in its own frame.
    """

    pair: SectionPair
    fixed: SeenPlane
    moving: SeenPlane


def see(pair: SectionPair) -> Generator[None, None, SeenPair]:
    """Read two sections and make them ready to be looked at."""
    fixed, moving = yield from _planes(pair)
    return SeenPair(pair, *seen_planes(fixed, moving, _MOST_PIXELS))


def score_places(pair: SectionPair) -> Generator[None, None, PlaceScore]:
    """Read two sections and make ready what says how well they agree at any place."""
    fixed, moving = yield from _planes(pair)
    return PlaceScore(fixed, moving)


@dataclass(frozen=True, eq=False)
class HandPlacing:
    """A place that someone gave a section.

    Parameters
    ----------
    pair : SectionPair
    transform : Transform
        From fixed to moving, in pixels.
    model : {"translation", "rigid", "similarity", "affine"}
        What the images may change of it.
    is_refined : bool
        Whether the images may do so at all.
    """

    pair: SectionPair
    transform: Transform
    model: Model
    is_refined: bool


@dataclass(frozen=True)
class HandPlaced:
    """The edge that came of it, and in a sentence how it came about."""

    edge: Edge
    words: str


def place_by_hand(placing: HandPlacing) -> Generator[None, None, HandPlaced]:
    """Turn a place into an edge, refined by the images if that is wanted and if they agree with it.

    Raises
    ------
    InputError
        If a section is too small to be compared.
    """
    pair = placing.pair
    fixed, moving = yield from _planes(pair)
    transform, word = placing.transform, "as it was put"
    if placing.is_refined:
        found = refine_place(fixed, moving, transform, placing.model)
        yield
        moved = _distance(found.transform.affine_part, transform, fixed.shape)
        # Where nothing shows the way, a place that few parts agree with comes back as it was.
        is_lost = found.status == "doubtful" and moved < _STILL
        if found.status == "failed" or is_lost:
            word = "as it was put, for the images do not confirm it"
        else:
            transform, word = found.transform.affine_part, f"moved by {moved:.1f} px by the images"
    score = PlaceScore(fixed, moving).at(transform).correlation
    edge = Edge(pair.fixed, pair.moving, transform, score=score, by_hand=True)
    similarity = f"{score:.2f}".replace("-", "−")
    return HandPlaced(
        edge, f"Sections {pair.fixed} and {pair.moving} set by hand, {word}: similarity {similarity}"
    )


def place_in_words(transform: Transform, shape: tuple[int, int]) -> str:
    """Say where a section lies: ``"y −3.2, x 14.0 px, 1.5°"``; the shift is that of the middle.

    Parameters
    ----------
    transform : Transform
        From fixed to moving.
    shape : tuple of int
        (H, W) of the fixed plane.
    """
    middle = (np.asarray(shape) - 1) / 2
    # Of the moving section on the fixed one, as an eye follows it: the opposite of what the transform does.
    down, across = middle - transform.points([middle])[0]
    text = f"y {down:.1f}, x {across:.1f} px"
    degrees = -turn_of(transform)
    if abs(degrees) >= 0.05:
        text += f", {degrees:.1f}°"
    return text.replace("-", "−")


def turn_of(transform: Transform) -> float:
    """Return the angle of a transform in degrees, positive from y towards x, as a clock's hand runs back."""
    return math.degrees(angle_of(transform.matrix))


def turned_about(point: tuple[float, float], degrees: float) -> Transform:
    """Return the turn about a point (y, x) by an angle in degrees, as of `turn_of`."""
    matrix = np.eye(3)
    matrix[:2, :2] = turn(math.radians(degrees))
    matrix[:2, 2] = np.asarray(point) - matrix[:2, :2] @ np.asarray(point)
    return Transform(matrix)


def _planes(pair: SectionPair) -> Generator[None, None, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    fixed = pair.stack.plane(pair.fixed)
    yield
    moving = pair.stack.plane(pair.moving)
    yield
    return fixed, moving


def _distance(one: Transform, other: Transform, shape: tuple[int, ...]) -> float:
    """How far apart two transforms put the corners of a plane, in pixels, on average."""
    corners = corners_of(shape)
    apart = one.points(corners) - other.points(corners)
    return float(np.hypot(*apart.T).mean())
