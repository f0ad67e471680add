"""The built-in filters: what they give for which planes, whatever their number."""

import numpy as np
import pytest

from patchprobe import get_backbone
from patchprobe.backbones.filters import REACH
from patchprobe.errors import InputError
from patchprobe.normalisation import Normalisation

AS_IT_IS = Normalisation(0, 1)


@pytest.fixture(scope="module")
def filters():
    return get_backbone("filters")


def features(backbone, plane):
    return backbone.embed(plane, AS_IT_IS).grids[0].array


def noise(*shape):
    return np.random.default_rng(0).random(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 5), (64, 33)])
def test_one_vector_for_each_pixel_kept_in_half_precision(filters, shape):
    grid = filters.embed(noise(*shape)).grids[0]
    assert grid.array.shape == (*shape, filters.spec.channels)
    assert grid.array.dtype == np.float16
    assert grid.is_dense
    assert np.isfinite(grid.array).all()


def test_shifting_the_image_shifts_the_features(filters):
    # Away from the border by as far as a filter sees.
    side, dy, dx = 2 * REACH + 60, 5, -9
    plane = noise(side, side)
    moved = np.roll(plane, (dy, dx), axis=(0, 1))
    inside = slice(REACH + 10, side - REACH - 10)
    expected = np.roll(features(filters, plane), (dy, dx), axis=(0, 1))[inside, inside]
    assert expected.shape[0] > 30
    np.testing.assert_allclose(
        features(filters, moved)[inside, inside].astype(np.float32),
        expected.astype(np.float32),
        atol=2e-3,
        rtol=2e-3,
    )


def test_channels_of_different_planes_mean_the_same(filters):
    # Features of a plane do not depend on anything but the plane and its normalisation.
    plane = noise(20, 30)
    np.testing.assert_array_equal(features(filters, plane), features(get_backbone("filters"), plane.copy()))


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_a_constant_plane_is_the_same_everywhere(filters, value):
    flat = features(filters, np.full((24, 30), value, np.float32)).astype(np.float32)
    assert np.isfinite(flat).all()
    np.testing.assert_allclose(flat, np.broadcast_to(flat[12, 15], flat.shape), atol=2e-3)


def test_a_bright_line_is_told_from_its_surround(filters):
    plane = np.full((61, 61), 0.3, np.float32)
    plane[29:32] = 0.9
    found = features(filters, plane).astype(np.float32)
    assert np.abs(found[30, 30] - found[10, 30]).max() > 0.1


def test_turning_a_bright_line_into_a_dark_one_changes_features(filters):
    plane = np.full((61, 61), 0.5, np.float32)
    bright, dark = plane.copy(), plane.copy()
    bright[29:32] += 0.3
    dark[29:32] -= 0.3
    difference = features(filters, bright)[30, 30].astype(float) - features(filters, dark)[30, 30]
    assert np.abs(difference).max() > 0.1


@pytest.mark.parametrize(("channels", "banks"), [(1, 1), (2, 2), (4, 4)])
def test_each_channel_gets_the_full_bank(filters, channels, banks):
    plane = noise(20, 24, channels)
    found = features(filters, plane)
    assert found.shape[2] == banks * filters.spec.channels
    alone = features(filters, plane[:, :, 0])
    np.testing.assert_array_equal(found[:, :, : filters.spec.channels], alone)


def test_grey_rgb_has_the_features_of_its_luminance(filters):
    plane = noise(20, 24)
    found = features(filters, np.repeat(plane[:, :, None], 3, axis=2))
    assert filters.spec.channels < found.shape[2] < 3 * filters.spec.channels
    np.testing.assert_allclose(
        found[:, :, : filters.spec.channels].astype(np.float32),
        features(filters, plane).astype(np.float32),
        atol=5e-3,
    )


def test_colours_of_equal_luminance_are_told_apart(filters):
    # 0.299 R + 0.587 G = 0.587 G' for these.
    plane = np.zeros((20, 40, 3), np.float32)
    plane[:, :20, 0] = 0.9
    plane[:, 20:, 1] = 0.9 * 0.299 / 0.587
    found = features(filters, plane).astype(np.float32)
    chroma = found[:, :, filters.spec.channels :]
    assert np.abs(chroma[10, 5] - chroma[10, 35]).max() > 0.3


@pytest.mark.parametrize("channels", [5, 31])
def test_more_than_four_channels_are_refused(filters, channels):
    with pytest.raises(InputError, match=f"up to 4 channels; the plane has {channels}"):
        filters.embed(np.zeros((8, 8, channels)))
