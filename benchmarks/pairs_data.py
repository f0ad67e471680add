"""Real sections in pairs, and what is done to them: for `alignment.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from patchprobe import load_stack

Plane = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]

# A crop of so many pixels is aligned; around it lies the rest of the section, from which a displaced crop
# takes what it shows.
SIDE, MARGIN = 384, 64
WHOLE = SIDE + 2 * MARGIN
SIMPLE_MODELS = ("translation", "rigid", "affine")
# (y, x) in pixels of the crop.
GRID: Points = np.stack(
    np.meshgrid(np.arange(4.0, SIDE, 8), np.arange(4.0, SIDE, 8), indexing="ij"), axis=-1
).reshape(-1, 2)


@dataclass(frozen=True)
class Source:
    """Two windows of one stack, at the same place of two sections.

    Parameters
    ----------
    place : str
        Of which stack, and from which row and column on.
    number, gap : int
        Of the fixed section, and how many further the moving one is.
    fixed, moving : ndarray of uint8, shape (WHOLE, WHOLE)
    """

    place: str
    number: int
    gap: int
    fixed: Plane
    moving: Plane

    @property
    def name(self) -> str:
        """For files."""
        return f"{self.place}_{self.number}_{self.gap}"


def stack_of(data: Path, folder: str) -> Plane:
    """Read the planes of a greyscale stack."""
    return np.asarray(load_stack(data / folder / "image.tif", axes="zyx", voxel_size=(50, 4, 4)).data)


def sources(data: Path, gap: int = 1) -> list[Source]:
    """Sections so many apart: all of em_isbi2012, and two quarters of all of em_vnc."""
    windows = (("em_isbi2012", (0, 0)), ("em_vnc", (0, 0)), ("em_vnc", (WHOLE, WHOLE)))
    found = []
    for folder, (y, x) in windows:
        planes = stack_of(data, folder)[:, y : y + WHOLE, x : x + WHOLE]
        found += [
            Source(f"{folder}_{y}", number, gap, planes[number], planes[number + gap])
            for number in range(len(planes) - gap)
        ]
    return found


def few(pairs: list[Source], limit: int | None) -> list[Source]:
    """So many of the pairs, evenly spread."""
    if limit is None or limit >= len(pairs):
        return pairs
    return [pairs[number] for number in np.linspace(0, len(pairs) - 1, limit).round().astype(int)]


def cut(plane: Plane) -> Plane:
    """Return the middle of a window."""
    return np.ascontiguousarray(plane[MARGIN : MARGIN + SIDE, MARGIN : MARGIN + SIDE])


def swapped(matrix: Matrix) -> Matrix:
    """From (y, x) to (x, y) and back."""
    order = [1, 0, 2]
    return matrix[np.ix_(order, order)]


def pulled(plane: Plane, matrix: Matrix, shape: tuple[int, int] = (SIDE, SIDE)) -> Plane:
    """``out[p] = plane[matrix @ p]``, 0 outside."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, swapped(matrix)[:2], shape[::-1], flags=flags)


def displaced(window: Plane, warp: Matrix) -> Plane:
    """Show a window through a warp: what lay at `p` of the crop lies at ``warp @ p``."""
    to_window = np.eye(3)
    to_window[:2, 2] = MARGIN
    return pulled(window, to_window @ np.linalg.inv(warp))


def moved(matrix: Matrix, points: Points) -> Points:
    """Where a matrix takes points (n, 2)."""
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def injected(model: str, rng: np.random.Generator, reach: float = 60) -> Matrix:
    """Up to ±60 px; ±10° but for translations; ±4 % of scale and shear for affine ones."""
    turn = np.deg2rad(rng.uniform(-10, 10)) if model != "translation" else 0.0
    part = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if model == "affine":
        part = part @ (np.eye(2) + rng.uniform(-0.04, 0.04, (2, 2)))
    matrix, centre = np.eye(3), np.full(2, (SIDE - 1) / 2)
    matrix[:2, :2] = part
    matrix[:2, 2] = centre - part @ centre + rng.uniform(-reach, reach, 2)
    return matrix


def degraded(plane: Plane, rng: np.random.Generator) -> Plane:
    """Half the contrast, another gamma, uneven light, noise, and a tenth of the section missing."""
    unit = (plane / 255.0) ** 1.6 * 0.5 + 0.2 + np.linspace(-0.12, 0.12, plane.shape[0])[:, None]
    noisy = unit * 255 + rng.normal(0, 20, plane.shape)
    out = np.where(plane > 0, np.clip(noisy, 1, 255), 0).astype(np.uint8)
    side = plane.shape[0] // 10
    for _ in range(10):
        y, x = rng.integers(0, np.subtract(plane.shape, side))
        out[y : y + side, x : x + side] = 0
    return out
