"""What a transform between two sections may do: shift, turn, scale, shear."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from ..errors import InputError
from .transform import FloatArray

Model = Literal["translation", "rigid", "similarity", "affine", "elastic"]
MODELS: tuple[str, ...] = get_args(Model)

# Pairs of points that determine the matrix; elastic starts from an affine one.
LANDMARKS_NEEDED = {"translation": 1, "rigid": 2, "similarity": 2, "affine": 3, "elastic": 3}

# Serial sections are cut from one block on one knife: more than this is an error of the search, not tissue.
_LARGEST_SCALE = 1.25
_LARGEST_STRETCH = 1.2

_TURN = ((0.0, -1.0), (1.0, 0.0))
_SCALE = ((1.0, 0.0), (0.0, 1.0))
_UNITS = tuple(tuple(tuple(float(k == 2 * i + j) for j in (0, 1)) for i in (0, 1)) for k in range(4))
_GENERATORS = {
    "translation": (),
    "rigid": (_TURN,),
    "similarity": (_TURN, _SCALE),
    "affine": _UNITS,
    "elastic": _UNITS,
}


def check_model(model: str) -> None:
    """Raise InputError for a model that there is not."""
    if model not in MODELS:
        raise InputError(f"There is no model {model!r}. Use one of {', '.join(MODELS)}.")


def generators(model: str) -> FloatArray:
    """Return the directions in which the model may change the 2 × 2 part of a matrix.

    Returns
    -------
    ndarray of float64, shape (n, 2, 2)
        A matrix stays within the model when it is multiplied by the exponential of a sum of these.
    """
    return np.array(_GENERATORS[model], dtype=np.float64).reshape(-1, 2, 2)


def implausibility(matrix: FloatArray) -> str:
    """Say what of a matrix no two sections of one block do to each other; empty if nothing.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
    """
    large, small = np.linalg.svd(matrix[:2, :2], compute_uv=False)
    scale = float(np.sqrt(large * small))
    if not 1 / _LARGEST_SCALE <= scale <= _LARGEST_SCALE:
        return f"The sections would differ in size by a factor of {scale:.2f}."
    if large / small > _LARGEST_STRETCH:
        return f"One section would be stretched {large / small:.2f} times as much along one axis as across."
    return ""
