"""Features on one scale, and linear maps of them at pixels, in windows."""

import numpy as np
import pytest

from patchprobe.embedding import Embedding
from patchprobe.errors import InputError
from patchprobe.feature_space import chosen_grids, fit_feature_space, map_to_pixels, principal_directions
from patchprobe.grid import PatchGrid
from patchprobe.tiles import TiledFeatures


@pytest.fixture
def halves(toy_backbone, as_it_is):
    """A plane of 8 × 8 px, dark left of column 4 and bright right of it: no patch has contrast."""
    image = np.zeros((8, 8), np.float32)
    image[:, 4:] = 1
    return toy_backbone.embed(image, as_it_is)


def test_a_channel_that_varies_gets_its_share_of_the_variance_and_another_none(halves):
    space, sample = fit_feature_space(halves)
    np.testing.assert_allclose(space.mean, [0.5, 0], atol=1e-6)
    # Of two channels, each may have half of the block's variance of 1.
    np.testing.assert_allclose(sample.var(axis=0), [0.5, 0], atol=1e-6)
    assert space.scale[1] == 0


def test_blocks_are_chosen_by_number(toy_backbone, as_it_is):
    embedding = (toy_backbone + toy_backbone).embed(np.eye(8, dtype=np.float32), as_it_is)
    assert chosen_grids(embedding, None) == embedding.grids
    assert chosen_grids(embedding, 1) == embedding.grids[1:]
    assert len(fit_feature_space(embedding)[0].mean) == 4
    assert len(fit_feature_space(embedding, 1)[0].mean) == 2


@pytest.mark.parametrize("block", [-1, 1])
def test_a_block_that_is_not_there_is_named(halves, block):
    with pytest.raises(InputError, match=rf"no block {block}: 'toy' has 1"):
        fit_feature_space(halves, block)


def test_nothing_to_look_at_is_said():
    with pytest.raises(InputError, match="Embed at least one plane"):
        fit_feature_space([])


def test_directions_by_hand():
    # Four points on a line of slope 1/2, and its mirror image with a third of the length.
    points = np.array([[2.0, 1], [-2, -1], [-1 / 3, 2 / 3], [1 / 3, -2 / 3]])
    root = np.sqrt(5)
    np.testing.assert_allclose(principal_directions(points, 2), [[2 / root, -1 / root], [1 / root, 2 / root]])
    np.testing.assert_allclose(principal_directions(points[:2], 3)[:, 1:], 0)


def test_windows_hold_what_the_whole_plane_holds(as_it_is):
    """A plane of two windows, with a coarse block and a dense one that is computed as it is read."""
    shape, rng = (1030, 6), np.random.default_rng(0)
    values = rng.random((*shape, 2)).astype(np.float16)
    coarse = PatchGrid(rng.random((103, 1, 3), np.float32), 10, (4.5, 2.5), shape)
    weights, bias = rng.random((5, 4), np.float32), rng.random(4, np.float32)
    tiled = TiledFeatures(values.shape, lambda window: values[window], 1)
    walk = map_to_pixels((coarse, PatchGrid(tiled, 1, (0, 0), shape)), weights, bias)
    pieces = list(walk)
    assert [window[0] for window, _ in pieces] == [slice(0, 1024), slice(1024, 1030)]
    expected = coarse.upsample(coarse.array @ weights[:3]) + values.astype(np.float32) @ weights[3:] + bias
    np.testing.assert_allclose(np.concatenate([mapped for _, mapped in pieces]), expected, atol=1e-4)
    both = Embedding((coarse, PatchGrid(values, 1, (0, 0), shape)), "both", "1", as_it_is)
    held = np.concatenate([mapped for _, mapped in map_to_pixels(both.grids, weights, bias)])
    np.testing.assert_array_equal(held, np.concatenate([mapped for _, mapped in pieces]))
