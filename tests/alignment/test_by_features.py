"""A place found anew on features: near the one that intensity found, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from patchprobe.alignment.by_features import placed_by_features
from patchprobe.alignment.refine import Fit
from patchprobe.alignment.sweep import Witness

STRIDE, ORIGIN, CELLS = 8.0, 3.5, 40


def turned(degrees: float, shift: tuple[float, float]) -> np.ndarray:
    """Fixed to moving in pixels: a turn about the middle of the grid, then a shift."""
    angle, matrix = np.deg2rad(degrees), np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    middle = np.full(2, ORIGIN + STRIDE * (CELLS - 1) / 2)
    matrix[:2, 2] = middle - matrix[:2, :2] @ middle + shift
    return matrix


def witness(truth: np.ndarray) -> Witness:
    """Two smooth channels, and the same seen where `truth` puts them."""
    rng = np.random.default_rng(0)
    channels = [ndimage.gaussian_filter(rng.normal(size=(CELLS, CELLS)), 2, mode="wrap") for _ in range(2)]
    rows, cols = np.indices((CELLS, CELLS)).reshape(2, -1) * STRIDE + ORIGIN
    there = np.linalg.inv(truth) @ np.stack([rows, cols, np.ones_like(rows)])
    cells = (there[:2] - ORIGIN) / STRIDE
    moved = [
        ndimage.map_coordinates(c, cells, order=3, mode="grid-wrap").reshape(CELLS, CELLS) for c in channels
    ]
    everywhere = np.ones((CELLS, CELLS), bool)
    fixed, moving = (np.stack(planes, axis=2).astype(np.float32) for planes in (channels, moved))
    return Witness("features", fixed, moving, everywhere, everywhere, STRIDE, (ORIGIN, ORIGIN))


@pytest.mark.parametrize(("degrees", "turns"), [(0.0, False), (5.0, True)])
def test_a_place_that_is_a_cell_or_two_off_is_mended(degrees, turns):
    truth = turned(degrees, (11.0, -7.0))
    near = turned(degrees - 1.0 if turns else 0.0, (21.0, 3.0))
    found = placed_by_features(witness(truth), Fit(near, 0.2, 0.9, 4.0), turns)
    assert found is not None and (found.overlap, found.support) == (0.9, 4.0)
    corners = np.array([(0.0, 0, 1), (0, 300, 1), (300, 0, 1), (300, 300, 1)]).T
    assert np.abs((found.matrix - truth) @ corners).max() < STRIDE / 4


def test_another_place_is_not_taken():
    assert placed_by_features(witness(turned(0, (0, 0))), Fit(turned(0, (80, 0)), 0.2, 0.7), False) is None
