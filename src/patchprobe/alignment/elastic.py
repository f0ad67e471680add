"""A smooth field of displacements on top of an affine map, and whether it is any good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from .block_field import block_field
from .field import FieldTransform
from .information import Mask
from .level import FloatPlane, Level, correlate, pulled, seen_through
from .plane_map import PlaneMap
from .transform import Transform

# Radii of the neighbourhoods that move together, in pixels of the finest level; which one suits the
# sections is chosen by what was held out.
_RADII = (64.0, 32.0, 16.0, 8.0)
_LEAST_RADIUS = 6.0
_ITERATIONS = 12
_STILL = 0.01
_LARGEST_STEP = 2.0
# Added to the texture of a neighbourhood, as a share of that of the whole section.
_DAMPING = 0.03
# One block in each square of 3 × 3 is held out; so many blocks lie along the shorter side.
_HELD_ONE_IN = 3
_BLOCKS = 18
# Sides of the blocks that find their own place, in cells.
_BLOCK_SIDES = (64, 32)
# Sections that correlate less than this have no detail of that size in common: what it says is chance.
_WORTH = 0.3
# Gain in correlation of what was held out that is worth a field.
_LEAST_GAIN = 0.005

# Estimates a field, in pixels, without what is held out.
Way = Callable[[Mask], FieldTransform | None]


def elastic_field(levels: Sequence[tuple[Level, Level]], start: Transform) -> FieldTransform | str:
    """Bend an affine map where that makes the sections agree better.

    Two ways are tried. Neighbourhoods of Gaussian weight are displaced by least squares of the intensities
    (Lucas & Kanade, IJCAI 1981), from coarse cells to fine, which is exact where both show the same detail;
    and a smooth field is drawn through the best places of blocks, which holds where they do not. The way and
    the size of neighbourhoods are those that best predict blocks that were kept out of the estimate, on the
    finest cells on which the sections agree at all.

    Parameters
    ----------
    levels : sequence of (fixed Level, moving Level)
        From the coarsest to the finest.
    start : Transform
        Fixed to moving, in pixels.

    Returns
    -------
    FieldTransform or str
        Or why the affine map was kept, in a sentence.
    """
    levels, drawn = _agreeing(levels, start)
    fixed, moving = levels[-1]
    held, none = _held_out(fixed.mask.shape), np.zeros_like(fixed.mask)
    ways: list[Way] = [partial(_blocks, drawn, start, side) for side in _BLOCK_SIDES]
    radii = [radius * fixed.cell for radius in _RADII if radius * 4 <= min(fixed.mask.shape)]
    ways += [partial(_field, levels, start, radius) for radius in radii]
    best, most = None, _correlation(fixed, moving, start, held) + _LEAST_GAIN
    for way in ways:
        field = way(held)
        if field is None or field.folds:
            continue
        found = _correlation(fixed, moving, field, held)
        if found > most:
            best, most = way, found
    if best is None:
        return "The field was not kept: parts of the section that it did not see come to lie no better by it."
    field = best(none)
    return "The field was not kept: it folds." if field is None or field.folds else field


def _agreeing(
    levels: Sequence[tuple[Level, Level]], start: Transform
) -> tuple[Sequence[tuple[Level, Level]], tuple[Level, Level]]:
    """Return the levels that agree once they are bent, and the finest that does before."""

    def agree(pair: tuple[Level, Level], plane_map: PlaneMap | None) -> bool:
        return plane_map is not None and _correlation(*pair, plane_map, pair[0].mask) >= _WORTH

    before = max((k for k, pair in enumerate(levels) if agree(pair, start)), default=0)
    bent = block_field(*levels[before], start, _BLOCK_SIDES[-1])
    after = max((k for k, pair in enumerate(levels) if agree(pair, bent)), default=0)
    return levels[: max(before, after) + 1], levels[before]


def _blocks(pair: tuple[Level, Level], start: Transform, side: int, held: Mask) -> FieldTransform | None:
    fixed, moving = pair
    return block_field(fixed, moving, start, side, _resized_mask(held, fixed.mask.shape))


def _field(
    levels: Sequence[tuple[Level, Level]], start: Transform, radius: float, held: Mask
) -> FieldTransform:
    """Estimate the field with neighbourhoods of a radius in pixels, without what is held out."""
    displacement = np.zeros((2, 2, 2), np.float32)
    cell = levels[0][0].cell
    for fixed, moving in levels:
        rows, cols = fixed.mask.shape
        held_here = _resized_mask(held, (rows, cols))
        displacement = _resized(displacement, (rows, cols)) * np.float32(cell / fixed.cell)
        cell = fixed.cell
        sigma = max(radius / cell, _LEAST_RADIUS)
        displacement = _followed(fixed, moving, start.scaled(1 / cell), displacement, sigma, held_here)
    return _on_nodes(displacement, start, radius, cell)


def _followed(
    fixed: Level, moving: Level, start: Transform, displacement: FloatPlane, sigma: float, held: Mask
) -> FloatPlane:
    """Displace neighbourhoods until nothing moves any more; all in cells of this level."""
    rows, cols = fixed.mask.shape
    places = start.raster(np.arange(rows), np.arange(cols)).astype(np.float32)
    down, across = np.gradient(moving.image)
    stacked = np.dstack([moving.image, down, across, moving.mask.astype(np.float32)]).astype(np.float32)
    counts = (fixed.mask & ~held).astype(np.float32)
    for _ in range(_ITERATIONS):
        seen = pulled(stacked, places + displacement)
        step = _step(fixed.image, seen, counts * (seen[..., 3] > 0.99), sigma)
        # Smoothing the step, and not the whole, leaves nothing undone in the end.
        displacement = displacement + _smooth(step, sigma / 2)
        if np.abs(step).mean() < _STILL:
            break
    return displacement


def _step(fixed: FloatPlane, seen: FloatPlane, weight: FloatPlane, sigma: float) -> FloatPlane:
    """Solve the 2 × 2 least squares of each neighbourhood."""
    image, down, across = (seen[..., k] for k in range(3))
    power = float((weight * image * image).sum())
    gain = max(float((weight * image * fixed).sum()) / power, 0.1) if power > 0 else 1.0
    left = fixed - gain * image
    products = [down * down, down * across, across * across, down * left / gain, across * left / gain]
    yy, yx, xx, y, x = _smooth(np.stack([weight * p for p in products]), sigma)
    damping = _DAMPING * float((yy + xx).mean()) + 1e-9
    yy, xx = yy + damping, xx + damping
    area = yy * xx - yx * yx
    step = np.stack([xx * y - yx * x, yy * x - yx * y]) / area
    return np.asarray(np.clip(step, -_LARGEST_STEP, _LARGEST_STEP))


def _on_nodes(displacement: FloatPlane, start: Transform, radius: float, cell: int) -> FieldTransform:
    """Draw a displacement of each cell together on nodes one radius apart, in pixels."""
    rows, cols = displacement.shape[1:]
    spacing = max(radius / 2, cell)
    # Two nodes beyond the plane on each side, where the cubic spline of its rim rests.
    nodes = [np.arange(-2, np.ceil(n * cell / spacing) + 3) * spacing for n in (rows, cols)]
    in_cells = np.meshgrid(*((n - (cell - 1) / 2) / cell for n in nodes), indexing="ij")
    values = [map_coordinates(d, in_cells, order=1, mode="nearest") * cell for d in displacement]
    origin = (float(nodes[0][0]), float(nodes[1][0]))
    return FieldTransform.through(start, np.stack(values, axis=2), (spacing, spacing), origin)


def _held_out(shape: tuple[int, ...]) -> Mask:
    """Choose blocks in a regular pattern: the middle one of every square of 3 × 3."""
    side = max(6, min(shape) // _BLOCKS)
    row, col = (np.arange(n) // side % _HELD_ONE_IN == 1 for n in shape)
    return np.asarray(row[:, None] & col[None, :])


def _correlation(fixed: Level, moving: Level, plane_map: PlaneMap, where: Mask) -> float:
    image, mask = seen_through(moving, plane_map.scaled(1 / fixed.cell), fixed.image.shape)
    return correlate(fixed.image, image, fixed.mask & mask & where)


def _smooth(images: FloatPlane, sigma: float) -> FloatPlane:
    return np.stack([cv2.GaussianBlur(i, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) for i in images])


def _resized_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    return cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0


def _resized(displacement: npt.NDArray[np.float32], shape: tuple[int, int]) -> FloatPlane:
    size = (shape[1], shape[0])
    return np.stack([cv2.resize(d, size, interpolation=cv2.INTER_LINEAR) for d in displacement])
