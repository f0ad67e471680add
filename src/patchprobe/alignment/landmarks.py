"""Pairs of points that a person marked in both sections."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from skimage.measure import ransac
from skimage.transform import AffineTransform, EuclideanTransform, SimilarityTransform

from ..errors import InputError
from .models import LANDMARKS_NEEDED
from .transform import FloatArray

_KINDS: dict[str, Any] = {
    "rigid": EuclideanTransform,
    "similarity": SimilarityTransform,
    "affine": AffineTransform,
    "elastic": AffineTransform,
}
# With so many more than needed, a slip of the hand can be told from the rest.
_SPARE = 3
_TRIALS = 500


def check_landmarks(landmarks: Any, model: str) -> tuple[FloatArray, FloatArray]:
    """Return (fixed, moving) points, each (n, 2), or raise InputError."""
    try:
        fixed, moving = (np.asarray(points, dtype=np.float64) for points in landmarks)
    except (TypeError, ValueError) as error:
        raise InputError(
            "Landmarks are two arrays (n, 2) of (y, x) in pixels, of the fixed and of the moving section."
        ) from error
    if fixed.ndim != 2 or fixed.shape[1:] != (2,) or fixed.shape != moving.shape:
        raise InputError(
            "Landmarks are two arrays (n, 2) of (y, x) in pixels, row i of one marking the same as row i of "
            f"the other; got shapes {fixed.shape} and {moving.shape}."
        )
    if not (np.isfinite(fixed).all() and np.isfinite(moving).all()):
        raise InputError("Some landmarks are not finite. Leave out the pairs that were not found.")
    needed = LANDMARKS_NEEDED[model]
    if len(fixed) < needed:
        raise InputError(
            f"The model {model} needs at least {needed} pair{'s' if needed > 1 else ''} of landmarks; got "
            f"{len(fixed)}. Mark more, or choose a simpler model."
        )
    return fixed, moving


def fit_landmarks(fixed: FloatArray, moving: FloatArray, model: str, tolerance: float) -> FloatArray:
    """Fit a matrix to pairs of points by least squares, leaving out slips where there are pairs to spare.

    Parameters
    ----------
    fixed, moving : ndarray of float64, shape (n, 2)
        (y, x) in pixels.
    model : str
    tolerance : float
        Farther off than this, in pixels, a pair is a slip.

    Returns
    -------
    ndarray of float64, shape (3, 3)

    Raises
    ------
    InputError
        If the points do not determine the model, as points on one line do not determine an affine one.
    """
    if model == "translation":
        matrix = np.eye(3)
        matrix[:2, 2] = np.median(moving - fixed, axis=0) if len(fixed) > 2 else (moving - fixed).mean(axis=0)
        return matrix
    kind, needed = _KINDS[model], LANDMARKS_NEEDED[model]
    spread = np.linalg.svd(fixed - fixed.mean(axis=0), compute_uv=False)
    if spread[0] < 1e-6 or (needed > 2 and spread[1] < 1e-3 * spread[0]):
        where = "in one place" if spread[0] < 1e-6 else "on one line"
        raise InputError(
            f"The landmarks lie {where}, which does not determine the model {model}. Spread them."
        )
    chosen = np.ones(len(fixed), dtype=bool)
    if len(fixed) >= needed + _SPARE:
        with warnings.catch_warnings():
            # That nothing agrees is no news here: all of them are used then.
            warnings.filterwarnings("ignore", message="No inliers found")
            _, found = ransac((fixed, moving), kind, needed, tolerance, max_trials=_TRIALS, rng=0)  # type: ignore[no-untyped-call]
        chosen = chosen if found is None or found.sum() < max(needed, len(fixed) / 2) else found
    return least_squares_fit(fixed[chosen], moving[chosen], model)


def least_squares_fit(fixed: FloatArray, moving: FloatArray, model: str) -> FloatArray:
    """Fit a matrix to pairs of points, each (n, 2), that determine it.

    Of a rigid one or similarity, Umeyama, IEEE Trans. PAMI 13, 1991, eq. 40-42.
    """
    matrix = np.eye(3)
    here, there = fixed.mean(axis=0), moving.mean(axis=0)
    a, b = fixed - here, moving - there
    if model in ("affine", "elastic"):
        matrix[:2, :2] = np.linalg.lstsq(a, b, rcond=None)[0].T
    elif model != "translation":
        u, values, vt = np.linalg.svd(b.T @ a)
        proper = np.diag([1.0, np.sign(np.linalg.det(u @ vt))])
        scale = (values @ np.diag(proper)) / (a * a).sum() if model == "similarity" else 1.0
        matrix[:2, :2] = scale * u @ proper @ vt
    matrix[:2, 2] = there - matrix[:2, :2] @ here
    return matrix
