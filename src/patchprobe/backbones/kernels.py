"""Convolution kernels of the filter bank and the two ways to apply them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

# Radius of a kernel in standard deviations: beyond four, a Gaussian is below half precision.
TRUNCATE = 4
_BORDER = cv2.BORDER_REFLECT


@cache
def gaussian_kernel(sigma: float, order: int) -> npt.NDArray[np.float32]:
    """Sample a derivative of a Gaussian, normalised over scales.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels.
    order : {0, 1, 2}
        Order of the derivative. Responses are multiplied by ``sigma**order``, so that an edge or line
        answers equally at the scale that fits it (Lindeberg 1998, γ = 1).

    Returns
    -------
    ndarray of float32, shape (2 r + 1,) with r = ceil(4 sigma)
        For correlation, as OpenCV applies it. Order 0 sums to 1, orders 1 and 2 to 0.
    """
    radius = int(np.ceil(TRUNCATE * sigma))
    x = np.arange(-radius, radius + 1) / sigma
    kernel = np.exp(-x * x / 2)
    kernel /= kernel.sum()
    if order == 1:
        kernel *= x
    elif order == 2:
        kernel *= x * x - 1
        kernel -= kernel.mean()
    return kernel.astype(np.float32)


@cache
def line_kernels(across: float, along: float, orientations: int) -> tuple[npt.NDArray[np.float32], ...]:
    """Make elongated second derivatives of a Gaussian, for lines in each orientation.

    Parameters
    ----------
    across, along : float
        Standard deviations across and along the line, in pixels.
    orientations : int
        How many, evenly over half a turn.

    Returns
    -------
    tuple of ndarray of float32
        Each sums to 0, its positive part to 1; a dark line on a bright ground answers positively.
    """
    radius = int(np.ceil(3 * along))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(float)
    kernels = []
    for angle in np.arange(orientations) * np.pi / orientations:
        u = np.cos(angle) * x + np.sin(angle) * y
        v = np.cos(angle) * y - np.sin(angle) * x
        envelope = np.exp(-((v / across) ** 2 + (u / along) ** 2) / 2)
        kernel = ((v / across) ** 2 - 1) * envelope
        kernel -= envelope * (kernel.sum() / envelope.sum())
        kernels.append((2 * kernel / np.abs(kernel).sum()).astype(np.float32))
    return tuple(kernels)


def derivative(plane: Plane, sigma: float, order_y: int = 0, order_x: int = 0) -> Plane:
    """Take the scale-normalised derivative of a plane smoothed by a Gaussian of `sigma` pixels.

    Borders are mirrored.
    """
    kernels = gaussian_kernel(sigma, order_x), gaussian_kernel(sigma, order_y)
    return np.asarray(cv2.sepFilter2D(plane, cv2.CV_32F, *kernels, borderType=_BORDER), dtype=np.float32)


def correlate(plane: Plane, kernel: npt.NDArray[np.float32]) -> Plane:
    """Correlate with a two-dimensional kernel, mirrored borders."""
    return np.asarray(cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=_BORDER), dtype=np.float32)


def symmetric_eigenvalues(yy: Plane, yx: Plane, xx: Plane) -> tuple[Plane, Plane]:
    """Give the larger and the smaller eigenvalue of the symmetric 2 × 2 matrix at each pixel."""
    half = np.float32(0.5)
    mean = half * (yy + xx)
    radius = np.hypot(half * (yy - xx), yx)
    return mean + radius, mean - radius
