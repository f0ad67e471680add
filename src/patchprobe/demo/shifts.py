"""How much better neighbouring sections lie on each other after alignment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import StackAlignment
from ..io import Stack

_SMOOTH = 2.0


@dataclass(frozen=True)
class Agreement:
    """Neighbouring sections before and after alignment.

    Parameters
    ----------
    similarity_before, similarity_after : float
        Mean correlation coefficient of neighbouring sections where both have pixels, −1 to 1.
    residual_before, residual_after : float or None
        Root mean square distance from the true position, in pixels, over the sections that did not fail;
        None where the truth is not known.
    """

    similarity_before: float
    similarity_after: float
    residual_before: float | None = None
    residual_after: float | None = None


def judge_alignment(
    stack: Stack, alignment: StackAlignment, transforms: npt.NDArray[np.float64] | None = None
) -> Agreement:
    """Measure an alignment.

    Parameters
    ----------
    stack : Stack
        What was aligned.
    alignment : StackAlignment
    transforms : ndarray, shape (n, 3, 3), optional
        The truth, from each section to the common frame.

    Returns
    -------
    Agreement
    """
    good = [plane for plane, status in enumerate(alignment.statuses) if status != "failed"]
    covered = replace(
        stack, data=np.ones(stack.shape[:3], np.uint8), axes=stack.axes[:3], labels=None, rgb=False
    )
    covered = alignment.apply(covered, interpolation="nearest")
    before = [_grey(stack, plane) for plane in good]
    aligned = alignment.apply(replace(stack, labels=None))
    after = [_grey(aligned, plane) for plane in good]
    masks = [covered.plane(plane) > 0 for plane in good]
    everywhere = [np.ones(stack.plane_shape, bool)] * len(good)
    agreement = Agreement(_similarity(before, everywhere), _similarity(after, masks))
    if transforms is None:
        return agreement
    return replace(
        agreement,
        residual_before=_residual([np.eye(3)] * len(good), transforms[good], stack.plane_shape),
        residual_after=_residual([alignment[p].matrix for p in good], transforms[good], stack.plane_shape),
    )


def _grey(stack: Stack, plane: int) -> npt.NDArray[np.float32]:
    image = np.nan_to_num(stack.plane(plane).astype(np.float32), posinf=0, neginf=0)
    grey = image if image.ndim == 2 else image.mean(axis=2)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), _SMOOTH, borderType=cv2.BORDER_REFLECT))


def _similarity(planes: list[npt.NDArray[np.float32]], masks: list[npt.NDArray[np.bool_]]) -> float:
    found = []
    for i in range(len(planes) - 1):
        both = masks[i] & masks[i + 1]
        a, b = planes[i][both], planes[i + 1][both]
        if a.size > 1 and a.std() > 0 and b.std() > 0:
            found.append(float(np.corrcoef(a, b)[0, 1]))
    return float(np.mean(found)) if found else 0.0


def _residual(
    matrices: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.float64], shape: tuple[int, int]
) -> float:
    """Distance between where a matrix (frame to section) takes pixels and where they truly are."""
    y, x = np.meshgrid(*(np.linspace(0, size - 1, 8) for size in shape), indexing="ij")
    points = np.stack([y.ravel(), x.ravel(), np.ones(y.size)])
    errors = [(m @ points - np.linalg.inv(t) @ points)[:2] for m, t in zip(matrices, truth, strict=True)]
    return float(np.sqrt(np.mean([(error**2).sum(axis=0).mean() for error in errors])))
