"""The reports' stand-in: a fixed linear map of patches."""

import numpy as np
import pytest

from patchprobe import get_backbone
from patchprobe.errors import InputError
from patchprobe.normalisation import Normalisation

CHANNELS = {"placeholder-cnx-t": 384, "placeholder-vit-l": 1024}


def features(name, plane):
    return get_backbone(name).embed(plane, Normalisation(0, 1)).grids[0].array


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize(
    ("image_shape", "grid_shape"), [((16, 16), (1, 1)), ((128, 64), (8, 4)), ((47, 33), (2, 2))]
)
def test_one_vector_for_each_whole_patch(name, image_shape, grid_shape):
    grid = get_backbone(name).embed(np.random.default_rng(0).random(image_shape)).grids[0]
    assert grid.array.shape == (*grid_shape, CHANNELS[name])
    assert grid.array.dtype == np.float32
    assert (grid.stride, grid.origin, grid.image_shape) == (16, (7.5, 7.5), image_shape)


@pytest.mark.parametrize("name", CHANNELS)
def test_it_is_linear_in_each_patch(name):
    one, two = np.random.default_rng(0).random((2, 32, 48)).astype(np.float32)
    np.testing.assert_allclose(
        features(name, one / 2 + two / 4), features(name, one) / 2 + features(name, two) / 4, atol=1e-5
    )
    changed = one.copy()
    changed[:16, 16:32] = 0
    same = np.isclose(features(name, changed), features(name, one)).all(axis=2)
    np.testing.assert_array_equal(same, [[True, False, True], [True, True, True]])


@pytest.mark.parametrize("name", CHANNELS)
def test_shifting_by_a_patch_shifts_the_grid(name):
    plane = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    moved = np.roll(plane, (16, -32), axis=(0, 1))
    np.testing.assert_allclose(
        features(name, moved), np.roll(features(name, plane), (1, -2), axis=(0, 1)), atol=1e-6
    )


def test_lengths_are_about_kept():
    # Entries of variance 1 / inputs: each output has the variance of an input.
    out = features("placeholder-vit-l", np.random.default_rng(0).choice([0.0, 1.0], (128, 128)))
    assert np.mean(out**2) == pytest.approx(0.5, rel=0.2)


def test_greyscale_is_grey_rgb():
    plane = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    rgb = np.repeat(plane[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(features("placeholder-cnx-t", plane), features("placeholder-cnx-t", rgb))


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
def test_other_channels_are_refused(channels):
    with pytest.raises(InputError, match=f"the plane has {channels} channels"):
        features("placeholder-cnx-t", np.zeros((32, 32, channels)))
