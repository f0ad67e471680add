"""Features in groups."""

import warnings

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.feature_clusters import fit_feature_clusters


@pytest.fixture
def stripes(toy_backbone, as_it_is):
    """A plane of 8 × 48 px in three plain stripes of 16 px: bright, dark, middling."""
    image = np.repeat(np.float32([[1.0, 0.0, 0.4]]), 16, axis=1).repeat(8, axis=0)
    return toy_backbone.embed(image, as_it_is)


def test_groups_are_numbered_from_dark_to_bright(stripes):
    groups = fit_feature_clusters(stripes, 3).apply(stripes)
    assert (groups.shape, groups.dtype) == ((8, 48), np.uint8)
    # Pixels at least half a patch from the border of a stripe have the features of their stripe.
    assert [set(groups[:, a:b].ravel()) for a, b in ((0, 14), (18, 30), (34, 48))] == [{3}, {1}, {2}]


def test_borders_lie_between_the_centres_of_patches(toy_backbone, as_it_is):
    image = np.zeros((8, 16), np.float32)
    image[:, 8:] = 1
    embedding = toy_backbone.embed(image, as_it_is)
    groups = fit_feature_clusters(embedding, 2).apply(embedding)
    np.testing.assert_array_equal(groups, 1 + (image > 0))


def test_a_pixel_belongs_to_the_nearest_centre(em_stack):
    from patchprobe import embed

    embedding = embed(em_stack.plane(0))
    clusters = fit_feature_clusters(embedding, 4)
    groups = clusters.apply(embedding)
    scores = embedding.grids[0].array.reshape(-1, 69).astype(np.float64) @ clusters.weights + clusters.bias
    np.testing.assert_array_equal(groups.ravel(), 1 + scores.argmax(axis=1))
    assert set(groups.ravel()) == {1, 2, 3, 4}


def test_equal_input_and_seed_give_equal_groups(em_stack, toy_backbone):
    planes = [toy_backbone.embed(em_stack.plane(i)) for i in range(2)]
    one, two = (fit_feature_clusters(planes, 5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.weights, two.weights)
    other = fit_feature_clusters(planes, 5, seed=4)
    # Another start, the same order: dark to bright or the other way round, but not at random.
    along = [np.argsort(fitted.weights[0]) for fitted in (one, other)]
    np.testing.assert_array_equal(*along)


def test_no_more_groups_than_different_features(toy_backbone, as_it_is):
    embedding = toy_backbone.embed(np.full((8, 8), 0.5, np.float32), as_it_is)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clusters = fit_feature_clusters(embedding, 6)
    assert clusters.count == 1
    assert (clusters.apply(embedding) == 1).all()


@pytest.mark.parametrize("count", [0, 256])
def test_a_number_of_groups_out_of_range_is_named(stripes, count):
    with pytest.raises(InputError, match=f"is {count}; choose 1 to 255"):
        fit_feature_clusters(stripes, count)
