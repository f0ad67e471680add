"""Similarity to a point."""

import numpy as np
import pytest

from patchprobe import similarity
from patchprobe.embedding import Embedding
from patchprobe.grid import PatchGrid
from patchprobe.similarity import prepare_similarity
from patchprobe.tiles import TiledFeatures

# Between two patches of 4 px, whose centres are at 1.5 and 5.5, from like to opposite.
FALL = [1, 1, 0.75, 0.25, -0.25, -0.75, -1, -1]


@pytest.fixture
def halves(toy_backbone, as_it_is):
    """A plane of 4 × 8 px, dark on the left and bright on the right."""
    return toy_backbone.embed(np.repeat(np.float32([[0, 1]]), 4, axis=1).repeat(4, axis=0), as_it_is)


def dense(values, as_it_is, features=None):
    """Embedding with a feature vector at every pixel."""
    held = values if features is None else features
    return Embedding((PatchGrid(held, 1, (0, 0), values.shape[:2]),), "dense", "1", as_it_is)


def test_alike_is_one_and_opposite_is_minus_one(halves):
    prepared = prepare_similarity(halves)
    found = prepared.to_point((2, 0))
    assert (found.shape, found.dtype) == ((4, 8), np.float32)
    np.testing.assert_allclose(found, np.tile(FALL, (4, 1)), atol=1e-5)
    np.testing.assert_allclose(prepared.to_point((2, 7)), -found, atol=1e-5)


def test_a_step_gives_every_so_many_pixels_of_the_same(halves):
    prepared = prepare_similarity(halves, step=3)
    assert prepared.shape == (2, 3)
    np.testing.assert_allclose(prepared.to_point((2, 0)), np.tile(FALL[::3], (2, 1)), atol=1e-5)


def test_several_blocks_give_the_mean_of_theirs(as_it_is):
    right = np.tile([[0.0, 1.0]], (2, 1)).astype(np.float32)
    grids = [PatchGrid(part[:, :, None], 4, (1.5, 1.5), (8, 8)) for part in (right, 9 * right.T)]
    crossed = Embedding(tuple(grids), "crossed", "1", as_it_is)
    corners = prepare_similarity(crossed).to_point((0, 0))[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, [1, 0, 0, -1], atol=1e-5)
    first = prepare_similarity(crossed, block=0).to_point((0, 0))
    np.testing.assert_allclose(first, np.tile(FALL, (8, 1)), atol=1e-5)


def test_the_range_of_a_channel_does_not_matter(as_it_is):
    values = np.random.default_rng(0).normal(size=(20, 30, 5)).astype(np.float32)
    one = prepare_similarity(dense(values, as_it_is)).to_point((3, 4))
    other = prepare_similarity(dense(values * [1, 10, 0.1, 3, 1] + 7, as_it_is)).to_point((3, 4))
    np.testing.assert_allclose(one, other, atol=1e-3)
    assert one[3, 4] == pytest.approx(1)
    assert one.argmax() == 3 * 30 + 4
    assert np.abs(one).max() <= 1


def test_features_of_one_plane_are_found_on_another(halves, toy_backbone, as_it_is):
    mirrored = toy_backbone.embed(np.repeat(np.float32([[1, 0]]), 4, axis=1).repeat(4, axis=0), as_it_is)
    wanted = prepare_similarity(halves).features_at((2, 0))
    found = prepare_similarity(mirrored).to_features(wanted)
    np.testing.assert_allclose(found, -np.tile(FALL, (4, 1)), atol=1e-5)


def test_a_plane_that_is_the_same_everywhere_is_similar_to_nothing(toy_backbone, as_it_is):
    embedding = toy_backbone.embed(np.full((8, 8), 0.5, np.float32), as_it_is)
    assert not prepare_similarity(embedding).to_point((1, 1)).any()


@pytest.mark.parametrize("tiled", [False, True])
def test_of_many_cells_every_third_is_held(as_it_is, monkeypatch, tiled):
    """A plane of two windows, the second of which begins between two cells that are held."""
    values = np.random.default_rng(0).normal(size=(1030, 7, 3)).astype(np.float16)
    computed = TiledFeatures(values.shape, lambda window: values[window], 1)
    embedding = dense(values, as_it_is, computed if tiled else values)
    whole = prepare_similarity(embedding).to_point((6, 3))
    monkeypatch.setattr(similarity, "_MOST_VALUES", values.size // 5)
    prepared = prepare_similarity(embedding)
    assert prepared.grids[0].shape == (344, 3)
    thinned = prepared.to_point((6, 3))
    assert thinned.shape == (1030, 7)
    np.testing.assert_allclose(thinned[::3, ::3], whole[::3, ::3], atol=1e-5)
    np.testing.assert_allclose(thinned[1, 0], (2 * whole[0, 0] + whole[3, 0]) / 3, atol=1e-5)
