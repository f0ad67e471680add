"""Cutting a grid of patches into tiles, and putting it together again."""

import numpy as np
import pytest

from patchprobe.backbones.patch_tiles import Blend, TileLayout


def test_a_grid_of_about_a_tile_is_one_tile():
    assert TileLayout(32, 40, 32).tile_shape == (32, 40)
    assert TileLayout(32, 40, 32).count == 1


def test_two_tiles_do_where_a_little_larger_ones_are_enough():
    """74 cells: two of 40 that share 6, rather than three of 37."""
    layout = TileLayout(74, 74, 37)
    assert (layout.tile_shape, layout.tops, layout.count) == ((40, 40), [0, 34], 4)


@pytest.mark.parametrize("length", [1, 32, 33, 41, 60, 100, 715])
@pytest.mark.parametrize("usual", [4, 32, 37])
def test_tiles_cover_the_grid_overlap_and_end_with_it(length, usual):
    layout = TileLayout(length, 1, usual)
    side = layout.tile_shape[0]
    assert side <= max(usual, round(1.25 * usual))
    assert layout.tops[0] == 0 and layout.tops[-1] == length - side
    steps = np.diff(layout.tops)
    assert (steps <= side - max(1, round(usual / 6))).all() and (steps > 0).all()


def test_weights_sum_to_one():
    layout = TileLayout(50, 23, 8)
    total = np.zeros((50, 23, 1))
    for tile in layout.tiles():
        total[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.cols] += layout.weights(tile)
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_blended_tiles_of_one_picture_are_that_picture():
    layout = TileLayout(50, 23, 8)
    picture = np.random.default_rng(0).random((50, 23, 2)).astype(np.float32)
    target = np.zeros((50, 23, 2), np.float16)
    blend = Blend(layout, [target])
    for tile in layout.tiles():
        blend.add(tile, [picture[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.cols]])
    blend.finish()
    np.testing.assert_allclose(target, picture, atol=1e-3)


def test_a_smaller_target_leaves_out_the_last_rows_and_columns():
    layout = TileLayout(3, 3, 8)
    target = np.zeros((2, 1, 1), np.float16)
    blend = Blend(layout, [target])
    (tile,) = layout.tiles()
    blend.add(tile, [np.arange(9, dtype=np.float32).reshape(3, 3, 1)])
    blend.finish()
    assert target.ravel().tolist() == [0, 3]
