"""Drawing on a pixel grid: what the generators have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Shape = tuple[int, int]


def scale_of(shape: Shape) -> int:
    """Length that sizes are relative to: the shorter side of the image, in pixels."""
    return min(shape)


def ellipse(
    shape: Shape, centre: tuple[float, float], radii: tuple[float, float], angle: float = 0.0
) -> npt.NDArray[np.bool_]:
    """Pixels inside an ellipse.

    Parameters
    ----------
    shape : tuple of int
        (H, W) in pixels.
    centre : tuple of float
        (y, x) in pixels.
    radii : tuple of float
        Half-axes along y and x before turning, in pixels.
    angle : float
        Turn in radians, from y towards x.

    Returns
    -------
    ndarray of bool, shape (H, W)
        The pixel nearest to the centre is always inside if it is in the image: nothing drawn vanishes.
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    dy, dx = y - centre[0], x - centre[1]
    along = np.cos(angle) * dy + np.sin(angle) * dx
    across = np.cos(angle) * dx - np.sin(angle) * dy
    inside: npt.NDArray[np.bool_] = (along / radii[0]) ** 2 + (across / radii[1]) ** 2 <= 1
    row, col = round(centre[0]), round(centre[1])
    if 0 <= row < shape[0] and 0 <= col < shape[1]:
        inside[row, col] = True
    return inside


def disc(shape: Shape, centre: tuple[float, float], radius: float) -> npt.NDArray[np.bool_]:
    """Pixels inside a circle, as a raster program draws it.

    The centre is rounded to a pixel and the radius down to a whole number and a half, but to no less
    than 1.5: so a circle is symmetric, without lone pixels sticking out at its four ends, and is never
    a single pixel that could be taken for noise. See `ellipse` for the parameters.
    """
    half = max(1.5, np.floor(radius - 0.5) + 0.5)
    return ellipse(shape, (round(centre[0]), round(centre[1])), (half, half))


def random_point(rng: np.random.Generator, shape: Shape, margin: float = 0.0) -> tuple[float, float]:
    """Draw a position (y, x), evenly, at least `margin` pixels inside the border where that is possible."""
    low = [min(margin, (length - 1) / 2) for length in shape]
    high = [length - 1 - edge for length, edge in zip(shape, low, strict=True)]
    y, x = rng.uniform(low, high)
    return float(y), float(x)


def noise_field(
    rng: np.random.Generator, shape: Shape, mean: float | tuple[float, float, float], sigma: float
) -> npt.NDArray[np.float32]:
    """Gaussian noise around a grey level or a colour: (H, W, 3) float32, independent in each channel."""
    field = rng.standard_normal((*shape, 3), dtype=np.float32) * np.float32(sigma)
    return field + np.asarray(mean, dtype=np.float32)
