"""A smooth field through the places of blocks: what all say is followed, what one says is not."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Transform
from patchprobe.alignment.block_field import block_field
from patchprobe.alignment.level import Level

SIDE = 144
INNER = np.array([(40.0, 50.0), (70.0, 100.0), (100.0, 60.0)])


def level(image: np.ndarray) -> Level:
    values = (image - image.mean()) / image.std()
    return Level(values.astype(np.float32), np.ones(image.shape, bool), 1)


def bent(places: np.ndarray) -> np.ndarray:
    """Displacement (dy, dx) at places (n, 2): 3 px at most, over 140 px."""
    return np.stack([3 * np.sin(places[:, 1] / 45), 2 * np.cos(places[:, 0] / 45)], axis=1)


@pytest.fixture(scope="module")
def pair(texture):
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    by = bent(np.stack([y.ravel(), x.ravel()], axis=1)).reshape(SIDE, SIDE, 2)
    # What lies at p of the fixed plane lies at p + bent(p) of the moving one.
    return texture(y + by[..., 0], x + by[..., 1]), texture(y, x)


def error(found, places=INNER) -> float:
    return float(np.hypot(*(found.points(places) - places - bent(places)).T).max())


def test_a_bent_section_is_followed(pair):
    assert error(block_field(level(pair[0]), level(pair[1]), Transform.identity(), 32)) < 0.4


def test_detail_that_differs_is_outvoted(pair):
    fixed = pair[0].copy()
    # Every fifth block shows something else.
    rng = np.random.default_rng(0)
    for top, left in rng.integers(0, SIDE - 20, (8, 2)):
        fixed[top : top + 20, left : left + 20] = rng.permutation(
            fixed[top : top + 20, left : left + 20].ravel()
        ).reshape(20, 20)
    assert error(block_field(level(fixed), level(pair[1]), Transform.identity(), 32)) < 1.0


def test_it_goes_on_from_an_affine_map(pair, texture):
    start = Transform(np.array([[1.0, 0.05, -4], [-0.05, 1, 6], [0, 0, 1]]))
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    places = np.stack([y.ravel(), x.ravel()], axis=1)
    there = start.points(places + bent(places)).T.reshape(2, SIDE, SIDE)
    found = block_field(level(texture(*there)), level(texture(y, x)), start, 32)
    assert np.hypot(*(found.points(INNER) - start.points(INNER + bent(INNER))).T).max() < 0.5


def test_what_is_held_out_is_not_looked_at(pair):
    held = np.zeros((SIDE, SIDE), bool)
    held[:, :72] = True
    wrong = pair[0].copy()
    wrong[:, :72] = np.roll(wrong[:, :72], 5, axis=0)
    found = [
        block_field(level(image), level(pair[1]), Transform.identity(), 32, held).points(INNER[1:2])
        for image in (pair[0], wrong)
    ]
    np.testing.assert_allclose(*found, atol=1e-3)


def test_too_few_blocks_give_no_field(pair):
    small = level(pair[0][:40, :40]), level(pair[1][:40, :40])
    assert block_field(*small, Transform.identity(), 32) is None
