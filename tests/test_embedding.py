"""Embedding planes and stacks: what is taken, what is refused, and what comes out."""

import numpy as np
import pytest

from patchprobe import embed, embed_stack
from patchprobe.embedding import check_plane
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.normalisation import Normalisation


def test_toy_features_by_hand(toy_backbone, as_it_is):
    plane = np.zeros((8, 9), np.float32)
    plane[:4, 4:6] = 1  # half of the upper right patch
    embedding = embed(plane, toy_backbone, as_it_is)
    assert (embedding.backbone, embedding.version, embedding.channels) == ("toy", "1", (2,))
    assert embedding.image_shape == (8, 9)
    np.testing.assert_array_equal(embedding.grids[0].array, [[[0, 0], [0.5, 1]], [[0, 0], [0, 0]]])
    # At the centre between all four patches.
    np.testing.assert_array_equal(embedding.sample([(3.5, 3.5)]), [[0.125, 0.25]])
    assert embedding.nbytes == 2 * 2 * 2 * 4


def test_blocks_are_sampled_side_by_side(toy_backbone, as_it_is):
    plane = np.random.default_rng(0).random((8, 8))
    one, two = (embed(plane, b, as_it_is) for b in (toy_backbone, toy_backbone + toy_backbone))
    points = [(2, 3), (7, 0)]
    np.testing.assert_array_equal(two.sample(points), np.tile(one.sample(points), (1, 2)))
    assert (two.backbone, two.channels) == ("toy+toy", (2, 2))


@pytest.mark.parametrize("dtype", [bool, np.uint8, ">u2", np.int32, np.float16, np.float32, np.float64])
def test_dtype_does_not_matter(toy_backbone, dtype):
    pattern = np.random.default_rng(0).integers(0, 2, (12, 8))
    expected = embed(pattern.astype(np.float64), toy_backbone).grids[0].array
    np.testing.assert_allclose(embed(pattern.astype(dtype), toy_backbone).grids[0].array, expected, atol=1e-6)


def test_the_scale_of_intensities_does_not_matter(toy_backbone):
    plane = np.random.default_rng(0).random((16, 16))
    np.testing.assert_allclose(
        embed(1000 * plane - 300, toy_backbone).grids[0].array,
        embed(plane, toy_backbone).grids[0].array,
        atol=1e-4,
    )


@pytest.mark.parametrize("name", ["filters", "placeholder-cnx-t"])
@pytest.mark.parametrize("plane", [np.zeros((17, 33)), np.full((16, 16), 7, np.uint8)])
def test_a_constant_plane_gives_finite_features(name, plane):
    assert np.isfinite(embed(plane, name).grids[0].array).all()


@pytest.mark.parametrize("name", ["filters", "placeholder-cnx-t"])
def test_nan_pixels_give_finite_features(name):
    plane = np.random.default_rng(0).random((32, 32))
    plane[4:9, 4:9] = np.nan
    plane[20, 20] = np.inf
    assert np.isfinite(embed(plane, name).grids[0].array).all()


def test_a_single_pixel_has_filter_features():
    assert embed(np.ones((1, 1))).grids[0].shape == (1, 1)


@pytest.mark.parametrize(
    ("plane", "name", "message"),
    [
        (np.zeros((3, 16, 16, 2)), "filters", r"\(3, 16, 16, 2\)"),
        (np.zeros(16), "filters", "embed_stack"),
        (np.zeros((0, 16)), "filters", "not empty"),
        (np.zeros((16, 16), complex), "filters", "complex128"),
        (np.full((16, 16), "a"), "filters", "integers or real"),
        (np.full((16, 16), np.nan), "filters", "no finite pixel"),
        (np.zeros((15, 40)), "placeholder-cnx-t", "15 × 40 px.*16 × 16 px"),
    ],
)
def test_planes_that_cannot_be_embedded_are_named(plane, name, message):
    with pytest.raises(InputError, match=message):
        embed(plane, name)


def test_check_plane_returns_bool_as_numbers():
    assert check_plane([[True, False]]).dtype == np.uint8


def test_a_stack_is_embedded_with_one_normalisation(em_stack, toy_backbone):
    seen = []
    embedded = dict(embed_stack(em_stack, toy_backbone, on_progress=lambda *step: seen.append(step)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert list(embedded) == [0, 1, 2]
    assert {e.normalisation for e in embedded.values()} == {em_stack.normalisation()}
    alone = embed(em_stack.plane(2), toy_backbone, em_stack.normalisation())
    np.testing.assert_array_equal(embedded[2].grids[0].array, alone.grids[0].array)


def test_chosen_planes_in_the_order_given(em_stack, toy_backbone):
    assert [index for index, _ in embed_stack(em_stack, toy_backbone, planes=[2, 0])] == [2, 0]


def test_closing_the_generator_stops_the_work(em_stack, toy_backbone):
    seen = []
    work = embed_stack(em_stack, toy_backbone, on_progress=lambda *step: seen.append(step))
    next(work)
    work.close()
    assert seen == []


def test_a_plane_alone_is_a_stack_of_one(toy_backbone):
    stack = Stack(np.random.default_rng(0).random((8, 8, 3)), "yxc", rgb=True)
    [(index, embedding)] = embed_stack(stack, toy_backbone)
    assert (index, embedding.image_shape) == (0, (8, 8))
    assert embedding.normalisation != Normalisation(0, 1)


def test_features_at_every_pixel(toy_backbone, as_it_is):
    plane = np.random.default_rng(0).random((12, 17)).astype(np.float32)
    both = (toy_backbone + toy_backbone).embed(plane, as_it_is)
    whole = both.at_pixels()
    points = np.argwhere(np.ones(plane.shape, bool))
    np.testing.assert_allclose(whole.reshape(-1, 4), both.sample(points), atol=1e-6)
    np.testing.assert_array_equal(both.at_pixels(np.array([1, 2])), whole[:, :, 1:3])
    np.testing.assert_array_equal(both.at_pixels(np.array([3])), whole[:, :, 3:])
