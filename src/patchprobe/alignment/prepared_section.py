"""A section made ready to be compared with others, once for all the pairs that it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import PatchGrid
from .cells import informative_cells
from .folds import without_folds
from .information import Mask
from .intensity import Section
from .level import FloatPlane, Level
from .stains import is_coloured, tissue_section

# Smaller planes have too few cells to tell one place from another.
SMALLEST = 16


@dataclass(frozen=True, eq=False)
class PreparedSection:
    """What is kept of a section for comparison.

    Parameters
    ----------
    shape : tuple of int
        (H, W) in pixels.
    bands : ndarray of float32, shape (rows, cols, 3 · channels)
        Bands of intensity on the coarsest cells.
    band_mask : ndarray of bool, shape (rows, cols)
        Coarsest cells that count.
    levels : mapping of int to Level
        The section on cells of each size, the coarsest first; empty if it is blank.
    grid : PatchGrid, optional
        Features, in pixels of the section.
    grid_mask : ndarray of bool, optional
        Cells of `grid` that count.
    """

    shape: tuple[int, int]
    bands: FloatPlane
    band_mask: Mask
    levels: Mapping[int, Level]
    grid: PatchGrid | None = None
    grid_mask: Mask | None = None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to align by."""
        return not self.levels


def section_of(plane: npt.NDArray[Any], mask: npt.ArrayLike | None, name: str) -> Section:
    """Take a plane with all that does not count masked.

    Of a picture in colours it is the amount of tissue that is compared, of other channels the mean.

    Raises
    ------
    InputError
        If the mask, called by `name`, does not fit the plane or leaves nothing of it.
    """
    if is_coloured(plane):
        section = tissue_section(plane)
    else:
        section = without_folds(Section.of_plane(plane, rgb=plane.ndim == 3))
    if mask is None:
        return section
    wanted = np.asarray(mask)
    if wanted.shape != plane.shape[:2]:
        raise InputError(
            f"The {name} mask is {wanted.shape} px, its section {plane.shape[:2]} px. "
            "Give a mask of the same shape."
        )
    counts: Mask = section.mask & (wanted != 0)
    if not counts.any() and section.mask.any():
        raise InputError(
            f"The {name} mask leaves nothing to align by. True marks the pixels that count; is it inverted?"
        )
    return Section(np.where(counts[:, :, None], section.channels, np.float32(0)), counts)


def prepare(section: Section, cells: Sequence[int], grid: PatchGrid | None = None) -> PreparedSection:
    """Make a section ready.

    Parameters
    ----------
    section : Section
    cells : sequence of int
        Sides of the cells in pixels, from the coarsest to the finest (`cell_sizes`).
    grid : PatchGrid, optional
        Features of the section, on a plane that may go on further down and to the right.
    """
    shape = (section.mask.shape[0], section.mask.shape[1])
    coarse = section.reduced(cells[0])
    if coarse.is_blank:
        return PreparedSection(shape, coarse.channels, coarse.mask, {})
    levels = {cell: Level.of_section(section, cell) for cell in cells}
    seen = None
    if grid is not None:
        room = [(0, n - m) for n, m in zip(grid.image_shape, shape, strict=True)]
        seen = informative_cells(grid, np.pad(section.mask, room))
    return PreparedSection(shape, coarse.bands(), coarse.mask, levels, grid, seen)
