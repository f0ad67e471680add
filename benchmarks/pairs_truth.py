"""How real neighbours lie on each other, from tools that share nothing with the method under test.

Neighbouring sections are displaced by an amount that nobody knows, and change by several pixels from place to
place. So the truth of a model is its least-squares fit to the displacement of every place that both sections
show. Three dense optical flows say what that is: OpenCV's DIS and Farnebäck, and iterative Lucas-Kanade of
scikit-image, on the whole clean windows, both ways; only where there and back meet within 2 px, a flow is
believed. They start from a SimpleITK affine registration (correlation; nine starts, the best one refined). A
pair is kept where each of the three lies within 1 px of their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pairs_data import GRID, MARGIN, SIDE, WHOLE, Matrix, Plane, Points, Source, moved, pulled
from skimage.registration import optical_flow_ilk

Image = npt.NDArray[np.float32]
Flow = Callable[[Image, Image], Image]

MET_PX, AGREED_PX = 2.0, 1.0
_STARTS = (-24.0, 0.0, 24.0)


@dataclass(frozen=True)
class Judged:
    """What three flows say of a pair, at the points of GRID.

    Parameters
    ----------
    places : ndarray, shape (judges, n, 2)
        Where each point of the fixed crop lies in the frame of the moving crop.
    believed : ndarray of bool, shape (judges, n)
    """

    places: npt.NDArray[np.float64]
    believed: npt.NDArray[np.bool_]

    def visible(self, warp: Matrix) -> npt.NDArray[np.bool_]:
        """Points that the displaced crop of the moving window shows."""
        natural = np.median(self.places, axis=0)
        inside_window = ((natural >= -MARGIN) & (natural <= SIDE - 1 + MARGIN)).all(axis=1)
        shown = moved(warp, natural)
        return np.asarray(inside_window & ((shown >= 0) & (shown <= SIDE - 1)).all(axis=1))

    def truth(self, model: str, warp: Matrix) -> tuple[Matrix, float]:
        """Return the fit of a model, fixed to displaced crop, and the largest distance of a judge from it."""
        seen = self.visible(warp)
        fits = []
        for places, believed in zip(self.places, self.believed, strict=True):
            chosen = seen & believed
            fits.append(warp @ least_squares(GRID[chosen], places[chosen], model))
        mean = np.mean(fits, axis=0)
        return mean, max(distance(fit, mean, GRID[seen]) for fit in fits)


def distance(one: Matrix, other: Matrix, points: Points) -> float:
    """Mean distance of where two matrices put points."""
    return float(np.hypot(*(moved(one, points) - moved(other, points)).T).mean())


def least_squares(here: Points, there: Points, model: str) -> Matrix:
    """Fit a model to pairs of points."""
    matrix, a, b = np.eye(3), here.mean(axis=0), there.mean(axis=0)
    if model == "affine":
        matrix[:2, :2] = np.linalg.lstsq(here - a, there - b, rcond=None)[0].T
    elif model == "rigid":
        left, _, right = np.linalg.svd((there - b).T @ (here - a))
        matrix[:2, :2] = left @ np.diag([1, np.linalg.det(left @ right)]) @ right
    matrix[:2, 2] = b - matrix[:2, :2] @ a
    return matrix


def judged(source: Source, cache: Path) -> Judged:
    """Ask the judges, or read what they said before."""
    path = cache / f"{source.name}.npz"
    if not path.exists():
        found = _ask(source)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, places=found.places, believed=found.believed)
    with np.load(path) as stored:
        return Judged(stored["places"], stored["believed"])


def _ask(source: Source) -> Judged:
    start = _by_simpleitk(source.fixed, source.moving)
    fixed = _levelled(source.fixed)
    # The inverse of cutting the crop out: matrices are of windows here.
    moving = pulled(_levelled(source.moving), start, (WHOLE, WHOLE))
    rows, cols = (GRID + MARGIN).astype(int).T
    places, believed = [], []
    for flow in (_dis, _farneback, _lucas_kanade):
        there, back = flow(fixed, moving), flow(moving, fixed)
        y, x = np.mgrid[:WHOLE, :WHOLE].astype(np.float32)
        returned = cv2.remap(back, x + there[..., 0], y + there[..., 1], cv2.INTER_LINEAR)
        apart = np.hypot(*(there + returned).transpose(2, 0, 1))
        places.append(moved(start, GRID + MARGIN + there[rows, cols, ::-1]) - MARGIN)
        believed.append(apart[rows, cols] < MET_PX)
    return Judged(np.array(places), np.array(believed))


def _levelled(plane: Plane, sigma: float = 1.5) -> Image:
    """Less noise, and the same contrast everywhere."""
    smooth = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), sigma)
    band = smooth - cv2.GaussianBlur(smooth, (0, 0), 24)
    return np.asarray(band / (np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 24)) + 1))


def _in_bytes(image: Image) -> Plane:
    return np.clip(image * 40 + 128, 0, 255).astype(np.uint8)


def _dis(one: Image, other: Image) -> Image:
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setFinestScale(1)
    flow.setPatchSize(16)
    return np.asarray(flow.calc(_in_bytes(one), _in_bytes(other), None))


def _farneback(one: Image, other: Image) -> Image:
    kind = cv2.OPTFLOW_FARNEBACK_GAUSSIAN
    planes = (_in_bytes(one), _in_bytes(other))
    return np.asarray(cv2.calcOpticalFlowFarneback(*planes, None, 0.5, 4, 48, 5, 7, 1.5, kind))


def _lucas_kanade(one: Image, other: Image) -> Image:
    down, across = optical_flow_ilk(one, other, radius=20, num_warp=8, gaussian=True)
    return np.dstack([across, down]).astype(np.float32)


def _by_simpleitk(fixed: Plane, moving: Plane) -> Matrix:
    """Find an affine map by correlation, from nine starts."""
    import SimpleITK as sitk

    quarter = [_itk_image(plane, 3.0, 4) for plane in (fixed, moving)]
    centre = [(WHOLE - 1) / 2] * 2
    tried: list[tuple[float, Any]] = []
    for down in _STARTS:
        for across in _STARTS:
            rigid = sitk.Euler2DTransform()
            rigid.SetCenter(centre)
            rigid.SetTranslation([across, down])
            tried.append((_registered(*quarter, rigid, 4.0), rigid))
    best = min(tried, key=lambda one: one[0])[1]
    affine = sitk.AffineTransform(best.GetMatrix(), best.GetTranslation(), best.GetCenter())
    _registered(*(_itk_image(plane, 2.0, 2) for plane in (fixed, moving)), affine, 2.0)
    corners = np.array([(0.0, 0.0), (0.0, WHOLE), (WHOLE, 0.0), (WHOLE, WHOLE)])
    there = np.array([affine.TransformPoint(corner[::-1].tolist())[::-1] for corner in corners])
    return least_squares(corners, there, "affine")


def _itk_image(plane: Plane, sigma: float, factor: int) -> Any:
    import SimpleITK as sitk

    small = cv2.resize(
        _levelled(plane, sigma), None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA
    )
    image = sitk.GetImageFromArray(small)
    image.SetSpacing([float(factor)] * 2)
    image.SetOrigin([(factor - 1) / 2] * 2)
    return image


def _registered(fixed: Any, moving: Any, transform: Any, step: float) -> float:
    """Improve a transform in place; return the metric, lower for better."""
    import SimpleITK as sitk

    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(step, 0.01, 100, 0.6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([8, 0])
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, moving)
    return float(method.GetMetricValue())
