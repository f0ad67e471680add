"""What a pair of sections is searched by: filtered intensity, and features of a backbone."""

from __future__ import annotations

from .cells import equalised
from .prepared_section import PreparedSection
from .sweep import Witness

# Cells along the longer side that the search sees. Its finest band is of about three cells, which a turn by
# half the step between two angles must not displace by more.
COARSE_CELLS = 128
# The same for features.
FEATURE_CELLS = 64


def coarse_cell(*shapes: tuple[int, int]) -> int:
    """Return the side of the cells, in pixels, that the search sees of sections of these shapes."""
    return max(1, -(-max(max(shape) for shape in shapes) // COARSE_CELLS))


def witnesses_of(fixed: PreparedSection, moving: PreparedSection) -> list[Witness]:
    """Intensity, and features where both have them and no mask covers them."""
    cell = max(fixed.levels)
    middle = ((cell - 1) / 2, (cell - 1) / 2)
    found = [Witness("intensity", fixed.bands, moving.bands, fixed.band_mask, moving.band_mask, cell, middle)]
    if fixed.grid is None or moving.grid is None or fixed.grid_mask is None or moving.grid_mask is None:
        return found
    masks = (fixed.grid_mask, moving.grid_mask)
    if all(mask.any() for mask in masks):
        a, b = equalised(fixed.grid.array, moving.grid.array, masks)
        found.append(Witness("features", a, b, *masks, fixed.grid.stride, fixed.grid.origin))
    return found
