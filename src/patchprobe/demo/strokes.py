"""Strokes as a person would paint them: thin walks that stay inside one class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.morphology import disk

from ..errors import InputError

_LENGTH = 0.1
# Half the width, in parts of the plane: thin enough for membranes, thick enough to see.
_RADIUS = 1 / 400
_SHORTEST = 5
# The outermost pixels of a class belong to both sides in any real image.
_RIM = 2
_TURN = np.deg2rad([0, 25, -25, 50, -50])
# A walk may end early at the rim of its class; so many starts are tried before one is taken as it is.
_TRIES = 8


def draw_strokes(
    classes: npt.NDArray[np.integer], per_class: int = 10, seed: int = 0
) -> npt.NDArray[np.uint8]:
    """Paint a few thin strokes of each class.

    Parameters
    ----------
    classes : ndarray of int, shape (H, W)
        Where each class may be painted: 0 nowhere, else the class.
    per_class : int
        Strokes of each class; fewer where there is no room.
    seed : int

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 = unlabelled. Strokes of one class do not touch, so that they can be held out one by one.

    Raises
    ------
    InputError
        If fewer than two classes have room for a stroke.
    """
    rng = np.random.default_rng(seed)
    strokes = np.zeros(classes.shape, dtype=np.uint8)
    steps = max(_SHORTEST, round(_LENGTH * min(classes.shape)))
    radius = round(_RADIUS * min(classes.shape))
    brush = disk(radius)  # type: ignore[no-untyped-call]
    for number in np.unique(classes[classes > 0]):
        inside = classes == number
        # The rim belongs to two classes at once in any real image; it is left out where there is room.
        depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        free = inside.copy()
        for _ in range(per_class):
            walk = _best_walk(rng, depth, free, steps)
            if walk is None:
                break
            painted = np.zeros(classes.shape, dtype=bool)
            painted[tuple(walk.T)] = True
            strokes[painted | (ndimage.binary_dilation(painted, brush) & (depth >= _RIM))] = number
            _block(free, walk, steps // 3 + 2 * radius + 2)
    if len(np.unique(strokes[strokes > 0])) < 2:
        raise InputError(
            "Strokes of two classes are needed, but the image has room for fewer: it looks alike everywhere. "
            "Choose another stack or plane."
        )
    return strokes


def _best_walk(
    rng: np.random.Generator, depth: npt.NDArray[np.float64], free: npt.NDArray[np.bool_], steps: int
) -> npt.NDArray[np.intp] | None:
    """Return the longest of a few walks, (n, 2), or None if nothing is free."""
    candidates = np.argwhere(free)
    if len(candidates) == 0:
        return None
    # Deep inside is surer, but not only the largest object is to be painted.
    weight = np.sqrt(depth[free])
    starts = rng.choice(len(candidates), size=_TRIES, p=weight / weight.sum())
    walks = [_walk(rng, candidates[start], depth * free, steps) for start in starts]
    return max(walks, key=len)


def _walk(
    rng: np.random.Generator, start: npt.NDArray[np.intp], depth: npt.NDArray[np.float64], steps: int
) -> npt.NDArray[np.intp]:
    """Walk on, at each step in the direction that leads deepest inside among those near the last."""
    at = start.astype(np.float64)
    angle = rng.uniform(0, 2 * np.pi)
    visited = [start]
    for _ in range(steps):
        angles = angle + _TURN + rng.normal(0, 0.1)
        ends = np.rint(at + 2 * np.stack([np.sin(angles), np.cos(angles)], axis=1)).astype(int)
        within = (ends >= 0).all(axis=1) & (ends < depth.shape).all(axis=1)
        gain = np.where(within, depth[tuple(np.where(within[:, None], ends, 0).T)], 0.0)
        # In wide areas every way is deep enough: then keep straight on.
        best = int(np.minimum(gain, 3.0).argmax())
        if gain[best] <= 0:
            break
        angle = angles[best]
        at = at + np.array([np.sin(angle), np.cos(angle)])
        step = np.rint(at).astype(int)
        if (step < 0).any() or (step >= depth.shape).any() or depth[tuple(step)] <= 0:
            break
        visited.append(step)
    return np.unique(np.array(visited), axis=0)


def _block(free: npt.NDArray[np.bool_], walk: npt.NDArray[np.intp], margin: int) -> None:
    """Keep later strokes away from this one."""
    for y, x in walk:
        free[max(0, y - margin) : y + margin + 1, max(0, x - margin) : x + margin + 1] = False
