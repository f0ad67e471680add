"""What repeats from tile to tile, and its removal."""

import numpy as np
import pytest

from patchprobe.backbones.levelling import LevelledBlend
from patchprobe.backbones.patch_tiles import Blend, TileLayout

LAYOUT = TileLayout(60, 41, 20)


def pattern(layout, strength=3.0):
    """A slope down and a hump across a tile, of opposite sign in the two channels."""
    rows, cols = layout.tile_shape
    down = np.cos(np.pi * (np.arange(rows) + 0.5) / rows)[:, None]
    across = np.cos(2 * np.pi * (np.arange(cols) + 0.5) / cols)[None, :]
    marks = strength * (down + across)
    return np.stack([marks, -marks], axis=2).astype(np.float32)


def blended(blending, layout, picture, marks, shape=None):
    target = np.zeros((*(shape or picture.shape[:2]), picture.shape[2]), np.float16)
    blend = blending(layout, [target])
    for tile in layout.tiles():
        seen = picture[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.cols]
        blend.add(tile, [seen + marks])
    blend.finish()
    return target.astype(np.float32)


@pytest.fixture
def picture():
    return np.random.default_rng(0).normal(5, 1, (60, 41, 2)).astype(np.float32)


def test_what_repeats_from_tile_to_tile_is_taken_out(picture):
    """The pattern has eight times the variance of the picture; less than a ninth of it stays."""
    marks = pattern(LAYOUT)
    clean = blended(Blend, LAYOUT, picture, 0)
    marked = blended(Blend, LAYOUT, picture, marks) - clean
    left = blended(LevelledBlend, LAYOUT, picture, marks) - clean
    assert marked.var() > 7 and left.var() < marked.var() / 9
    assert np.abs(left.mean(axis=(0, 1))).max() < 0.1


def test_a_plane_without_a_pattern_stays_as_it_is(picture):
    clean = blended(Blend, LAYOUT, picture, 0)
    assert (blended(LevelledBlend, LAYOUT, picture, 0) - clean).std() < 0.1
    constant = np.full((60, 41, 2), 7, np.float32)
    np.testing.assert_allclose(blended(LevelledBlend, LAYOUT, constant, 0), 7, atol=0.01)


def test_a_slope_over_the_whole_plane_is_content(picture):
    """All tiles show it, but where they overlap they agree on it."""
    slope = np.linspace(0, 9, 60, dtype=np.float32)[:, None, None] + np.zeros((1, 41, 2), np.float32)
    levelled = blended(LevelledBlend, LAYOUT, slope, 0)
    assert np.corrcoef(levelled[:, 20, 0], slope[:, 20, 0])[0, 1] > 0.99
    assert levelled[-1, 20, 0] - levelled[0, 20, 0] > 8


def test_along_an_axis_of_one_tile_nothing_is_known_but_the_rest_is_taken_out():
    layout = TileLayout(90, 12, 20)
    picture = np.random.default_rng(1).normal(0, 1, (90, 12, 1)).astype(np.float32)
    rows, cols = layout.tile_shape
    marks = 3 * np.cos(np.pi * (np.arange(rows) + 0.5) / rows)[:, None, None] * np.ones((1, cols, 1))
    clean = blended(Blend, layout, picture, 0)
    assert (blended(LevelledBlend, layout, picture, marks) - clean).std() < 0.4


def test_a_smaller_target_leaves_out_the_last_rows_and_columns(picture):
    whole = blended(LevelledBlend, LAYOUT, picture, pattern(LAYOUT))
    part = blended(LevelledBlend, LAYOUT, picture, pattern(LAYOUT), shape=(59, 40))
    np.testing.assert_array_equal(part, whole[:59, :40])
