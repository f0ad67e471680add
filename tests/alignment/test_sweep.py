"""The coarse search and the test by parts, on grids whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment.blocks import blocks_of
from patchprobe.alignment.intensity import Section
from patchprobe.alignment.level import Level
from patchprobe.alignment.refine import refine
from patchprobe.alignment.sweep import Turn, Witness, search, turns
from patchprobe.alignment.transform import Transform


def witness(fixed: np.ndarray, moving: np.ndarray, stride: float = 1.0) -> Witness:
    masks = [np.ones(grid.shape, bool) for grid in (fixed, moving)]
    middle = (stride - 1) / 2
    grids = [grid[:, :, None].astype(np.float32) for grid in (fixed, moving)]
    return Witness("toy", *grids, *masks, stride, (middle, middle))


def test_angles_to_look_at():
    assert [turn.angle for turn in turns(6, 3, False)] == [-6, -3, 0, 3, 6]
    assert [turn.angle for turn in turns(0, 3, False)] == [0]
    # −180° and 180° are one.
    assert [turn.angle for turn in turns(180, 90, False)] == [-180, -90, 0, 90]
    assert len(turns(180, 3, True)) == 240


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("stride", [1, 4])
def test_quarter_turns_are_exact(quarter, flipped, stride):
    fixed = np.random.default_rng(0).random((24, 30))
    moving = np.rot90(fixed[:, ::-1] if flipped else fixed, quarter)
    best = search([witness(fixed, moving, stride)], turns(180, 90, True), None)[0]
    # The content of each cell is found where it went, in pixels of the middle of the cell.
    for row, col in ((0, 0), (5, 20), (23, 29)):
        there = np.argwhere(moving == fixed[row, col])[0]
        here = np.array([(row, col)]) * stride + (stride - 1) / 2
        found = Transform(best.matrix).points(here)[0]
        np.testing.assert_allclose(found, there * stride + (stride - 1) / 2, atol=0.02 * stride)


def test_reach_bounds_how_far_the_middle_moves():
    rng = np.random.default_rng(1)
    wide = rng.random((40, 60))
    fixed, moving = wide[:, :40], wide[:, 12:52]  # content lies 12 to the left
    assert search([witness(fixed, moving)], [Turn(0)], 15)[0].matrix[1, 2] == pytest.approx(-12, abs=0.1)
    assert all(abs(one.matrix[1, 2]) <= 6 for one in search([witness(fixed, moving)], [Turn(0)], 5))


def test_what_overlap_alone_does_does_not_count():
    rng = np.random.default_rng(2)
    wide = rng.random((44, 44))
    # Bright in the middle and dark in the middle: the more overlaps, the less alike they are.
    y, x = np.mgrid[-1:1:40j, -1:1:40j]
    light = np.exp(-2 * (y * y + x * x))
    fixed, moving = wide[:40, :40] + light, wide[4:, 4:] - light  # content lies 4 up and to the left
    best = search([witness(fixed, moving)], [Turn(0)], None)[0]
    np.testing.assert_allclose(best.matrix[:2, 2], (-4, -4), atol=0.5)


def test_parts_tell_where_they_would_rather_be(view):
    fixed, moving = (Level.of_section(Section.of_plane(plane), 1) for plane in (view(), view()))
    test = blocks_of(fixed, moving, Transform.translation((2, -3)))
    # The alignment is off by (2, −3), so each part lies (−2, 3) further.
    np.testing.assert_allclose(test.displacements, np.tile((-2, 3), (len(test.centres), 1)), atol=0.2)
    assert test.residual() == pytest.approx(13**0.5, abs=0.1)
    assert test.residual((2.0, 1.0)) == pytest.approx(5, abs=0.1)
    assert test.agreeing == 1


def test_refinement_never_ends_worse_than_it_started(view):
    rng = np.random.default_rng(2)
    levels = [Level.of_section(Section.of_plane(rng.random((96, 96))), 1) for _ in range(2)]
    start = refine(*levels, np.eye(3), "translation")
    assert refine(*levels, start.matrix, "affine").evidence >= start.evidence
