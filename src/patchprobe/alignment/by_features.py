"""A place found anew on features, where sections change too much for their intensities to tell.

Sections some way apart still show the same things, though displaced by themselves: what runs obliquely
through a block lies elsewhere in each section. Intensity then follows some of it, and features, which
see more at a time, the mean of all.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .refine import Fit
from .rigid import angle_of
from .sweep import Turn, Witness, search
from .transform import FloatArray

# Angles to look at around the one that was found, in degrees.
_AROUND = (-2.0, -1.0, 0.0, 1.0, 2.0)
# Farther from the place that was found than this, in cells of the features, it is another place.
_SAME = 2.0


def placed_by_features(witness: Witness, found: Fit, turns: bool) -> Fit | None:
    """Place the moving section by features alone, by a shift and, if wanted, a turn.

    Parameters
    ----------
    witness : Witness
        Features of the two sections.
    found : Fit
        Where the section lies, right to a few cells.
    turns : bool

    Returns
    -------
    Fit or None
        None if features find no place near by.
    """
    flipped = bool(np.linalg.det(found.matrix[:2, :2]) < 0)
    angle = math.degrees(angle_of(found.matrix[:2, :2] @ np.diag([1.0, -1.0 if flipped else 1.0])))
    around = [Turn(angle + step, flipped) for step in (_AROUND if turns else (0.0,))]
    for place in search([witness], around, None):
        if _distance(witness, place.matrix, found.matrix) <= _SAME * witness.stride:
            return replace(found, matrix=place.matrix)
    return None


def _distance(witness: Witness, one: FloatArray, other: FloatArray) -> float:
    """How far apart two matrices bring the middle of the fixed section, in pixels."""
    middle = np.append((np.array(witness.fixed_mask.shape) - 1) / 2 * witness.stride + witness.origin, 1.0)
    return float(np.hypot(*((one - other) @ middle)[:2]))
