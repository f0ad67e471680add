"""Two sections on all sizes of detail, and a transform brought down from the coarsest to the finest."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .blocks import BlockTest, blocks_of
from .landmarks import least_squares_fit
from .level import Level, correlate, seen_through
from .models import implausibility
from .plane_map import PlaneMap
from .prepared_section import PreparedSection
from .refine import Fit, judge, refine
from .transform import FloatArray, Transform
from .witnesses import coarse_cell

# The finest level has at most this many cells; beyond, a fraction of a cell is less than a pixel anyway.
_MOST_CELLS = 1.6e6
# The parts of a section are compared on at most so many cells along the longer side.
_TESTED_CELLS = 512
# So many of the places found are followed to the finest level.
_FOLLOWED = 2
# Finer cells that correlate less show other detail in each section, and what of it matches by chance, or runs
# obliquely through both, pulls the whole. Neighbours of two EM stacks correlate by 0.17 to 0.47 on cells of
# 2 px and by 0.06 to 0.25 on those of 1 px, degraded copies by 0.86 to 1. Nine pairs one after the other end
# 0.9 px off by cells down to 2 px, 7 px by cells of 4 px alone and 8 px by all (a stack of 4 nm pixels).
_ALIKE = 0.25
# Less evidence than this share of the best one's does not catch up on finer levels.
_WORTH = 0.6
# Of parts that tell an affine map.
_ENOUGH_PARTS = 6
# Gain in correlation by which a freer model shows that the section turns or stretches.
_LEAST_GAIN = 0.01
# Closer than this many coarse cells at the corners, two places are one.
_APART = 4.0

LevelPair = tuple[Level, Level]


def cell_sizes(*shapes: tuple[int, int]) -> list[int]:
    """Sides of the cells in pixels on which sections of these shapes are compared.

    From the coarsest to the finest, about halved each time.
    """
    largest = max(rows * cols for rows, cols in shapes)
    finest = max(1, round(math.sqrt(largest / _MOST_CELLS)))
    cells = [max(coarse_cell(*shapes), finest)]
    while cells[-1] > finest:
        cells.append(max(finest, cells[-1] // 2))
    return cells


class Ladder:
    """Two sections, levelled on cells from coarse to fine.

    Parameters
    ----------
    fixed, moving : PreparedSection
        On the same cells.
    """

    def __init__(self, fixed: PreparedSection, moving: PreparedSection) -> None:
        self._sections = (fixed, moving)
        self.cells = list(fixed.levels)

    def level(self, cell: int) -> LevelPair:
        """Both sections on cells of one size."""
        fixed, moving = self._sections
        return fixed.levels[cell], moving.levels[cell]

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the fixed section, in pixels."""
        return self._sections[0].shape

    @property
    def finest(self) -> LevelPair:
        """Both sections on the finest cells."""
        return self.level(self.cells[-1])

    def refined(self, starts: list[Fit], model: str) -> list[Fit]:
        """Follow places that are right to a few coarse cells to the finest level on which sections are alike.

        Parameters
        ----------
        starts : list of Fit
            Fixed to moving, in pixels. Those with support from the search are compared by it.
        model : str

        Returns
        -------
        list of Fit
            In pixels, the best first. First come those that were followed to the end; all are judged on
            the coarsest level, since that is where they can be compared.
        """
        simple = "translation" if model == "translation" else "rigid"
        fits = sorted(
            (self._refined_on(self.cells[0], start, simple) for start in starts), key=lambda fit: -fit.merit
        )
        worth = [fit for fit in fits[:_FOLLOWED] if fit.merit >= _WORTH * fits[0].merit]
        ends = sorted((self._followed(fit, model) for fit in worth), key=lambda fit: -fit.merit)
        return ends + fits[len(ends) :]

    def loosened(self, fit: Fit, model: str) -> Fit:
        """Let the section turn and stretch as it likes, and keep of that what the model may do.

        A section that turns or stretches against the other agrees with it, under a model that may not, in
        one part only, and the correlation is highest there. The mean of all parts is what is wanted.
        """
        free = self._freed(fit)
        if model == "affine":
            return self._begun_again(free)
        tested = self._judged_on(self._tested_cell, fit).correlation
        if self._judged_on(self._tested_cell, free).correlation < tested + _LEAST_GAIN:
            return fit
        if implausibility(free.matrix):
            return fit
        # Seen from where it was found, so that a section on its face stays there.
        change = Transform(np.linalg.inv(fit.matrix) @ free.matrix)
        points = self._shown(free.matrix)
        return replace(fit, matrix=fit.matrix @ least_squares_fit(points, change.points(points), model))

    def tested(self, plane_map: PlaneMap) -> BlockTest:
        """Let the parts of the section say whether a map, in pixels, is right."""
        fixed, moving = self.level(self._tested_cell)
        return blocks_of(fixed, moving, plane_map.scaled(1 / fixed.cell))

    def correlation(self, plane_map: PlaneMap) -> float:
        """Normalised correlation on the coarsest level over what both show under a map in pixels."""
        fixed, moving = self.level(self.cells[0])
        image, mask = seen_through(moving, plane_map.scaled(1 / fixed.cell), fixed.image.shape)
        return correlate(fixed.image, image, fixed.mask & mask)

    def rival(self, fits: list[Fit]) -> float:
        """Merit of the best place other than the first, as a share of its; 0 without another one."""
        rows, cols = self.shape
        corners = np.array([(y, x, 1.0) for y in (0, rows - 1) for x in (0, cols - 1)]).T
        best, apart = fits[0], _APART * self.cells[0]
        others = [fit.merit for fit in fits[1:] if np.abs((fit.matrix - best.matrix) @ corners).max() > apart]
        return max(max(others, default=0.0), 0.0) / max(best.merit, 1e-9)

    @property
    def _tested_cell(self) -> int:
        longer = max(max(section.shape) for section in self._sections)
        return next((cell for cell in reversed(self.cells) if longer / cell <= _TESTED_CELLS), self.cells[0])

    def _refined_on(self, cell: int, start: Fit, model: str) -> Fit:
        fixed, moving = self.level(cell)
        fit = refine(fixed, moving, fixed.in_cells(start.matrix), model)
        return replace(fit, matrix=fixed.in_pixels(fit.matrix), support=start.support)

    def _followed(self, start: Fit, model: str) -> Fit:
        fit = self._refined_on(self.cells[0], start, model)
        for cell in self.cells[1:]:
            # What is far from alike does not become so by a fraction of a cell.
            if self._judged_on(cell, fit).correlation < _ALIKE / 2:
                break
            finer = self._refined_on(cell, fit, model)
            if finer.correlation < _ALIKE:
                break
            fit = finer
        return replace(self._judged_on(self.cells[0], fit), matrix=fit.matrix, support=start.support)

    def _judged_on(self, cell: int, fit: Fit) -> Fit:
        fixed, moving = self.level(cell)
        return judge(fixed, moving, fixed.in_cells(fit.matrix))

    def _begun_again(self, fit: Fit) -> Fit:
        """Follow an affine map a second time, from where its parts would rather be; keep the better one.

        Of six parameters some may lead astray where little is seen, and parts that went right tell.
        """
        test = self.tested(Transform(fit.matrix))
        if len(test.centres) < _ENOUGH_PARTS:
            return fit
        moved = least_squares_fit(test.centres, test.centres + test.displacements, "affine")
        again = self._freed(replace(fit, matrix=fit.matrix @ moved))
        return again if again.evidence > fit.evidence else fit

    def _freed(self, fit: Fit) -> Fit:
        """Follow an affine map from a place, to cells no finer than those of the test; judged as all are."""
        free = fit
        for cell in self.cells:
            if cell >= self._tested_cell:
                free = self._refined_on(cell, free, "affine")
        return replace(self._judged_on(self.cells[0], free), matrix=free.matrix, support=fit.support)

    def _shown(self, matrix: FloatArray) -> FloatArray:
        """Positions (n, 2), in pixels of the fixed section, that both show."""
        fixed, moving = self.level(self.cells[0])
        _, mask = seen_through(moving, Transform(fixed.in_cells(matrix)), fixed.mask.shape)
        cells = np.argwhere(fixed.mask & mask).astype(np.float64)
        return np.asarray(cells * fixed.cell + (fixed.cell - 1) / 2)
