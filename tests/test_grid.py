"""The two ways between grid and pixels, by numbers that can be worked out on paper."""

import numpy as np
import pytest

from patchprobe.grid import PatchGrid, even_points
from patchprobe.tiles import TiledFeatures

# Rows of one channel: a 2 × 2 grid of 4 px patches over 8 × 8 px; centres at 1.5 and 5.5.
CORNERS = np.array([[[0.0], [4.0]], [[8.0], [12.0]]], np.float32)


def grid_of(features, stride=4.0, image_shape=(8, 8)):
    centre = (stride - 1) / 2
    return PatchGrid(np.asarray(features), stride, (centre, centre), image_shape, "test")


def random_grid(dtype, shape, stride, image_shape, channels=5):
    noise = np.random.default_rng(0).normal(0, 1, (*shape, channels)).astype(dtype)
    return grid_of(noise, stride, image_shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    ("point", "value"),
    [
        ((1.5, 1.5), 0),  # a centre
        ((1.5, 3.5), 2),  # half way to the right
        ((3.5, 1.5), 4),  # half way down
        ((3.5, 3.5), 6),  # the mean of all four
        ((1.5, 2.5), 1),  # a quarter of the way
        ((0, 0), 0),  # before the outermost centre the nearest edge holds
        ((7, 7), 12),
        ((-50, 100), 4),
    ],
)
def test_sample_is_bilinear_between_centres(dtype, point, value):
    sampled = grid_of(CORNERS.astype(dtype)).sample([point])
    assert sampled.dtype == np.float32
    np.testing.assert_array_equal(sampled, [[value]])


def test_points_are_y_x():
    grid = PatchGrid(CORNERS, 4, (10.0, 20.0), (40, 40))
    np.testing.assert_array_equal(grid.cell_coordinates([(10, 20), (14, 28)]), [(0, 0), (1, 2)])


def test_upsample_by_hand():
    # Along x, from 0 at 1.5 to 4 at 5.5 one each pixel; along y twice as steep; flat beyond the centres.
    along = np.clip(np.arange(8) - 1.5, 0, 4)
    expected = 2 * along[:, None] + along[None, :]
    np.testing.assert_allclose(grid_of(CORNERS).upsample(CORNERS)[:, :, 0], expected, atol=1e-6)
    window = (slice(2, 5), slice(1, 8))
    np.testing.assert_allclose(
        grid_of(CORNERS).upsample(CORNERS, window)[:, :, 0], expected[window], atol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    ("shape", "stride", "image_shape"),
    [
        ((2, 3), 16, (32, 48)),
        ((2, 3), 16, (47, 49)),  # border of less than a patch
        ((1, 1), 16, (20, 17)),
        ((1, 4), 4, (5, 17)),
        ((7, 5), 1, (7, 5)),  # dense
        ((9, 7), 2.5, (22, 17)),
    ],
)
def test_upsampling_commutes_with_projecting_and_sampling(dtype, shape, stride, image_shape):
    grid = random_grid(dtype, shape, stride, image_shape)
    weights = np.random.default_rng(1).normal(0, 1, (5, 2)).astype(np.float32)
    bias = np.array([0.5, -2], np.float32)
    points = np.argwhere(np.ones(image_shape))
    logits = grid.upsample(grid.project(weights, bias))
    assert logits.shape == (*image_shape, 2)
    assert logits.dtype == np.float32
    expected = grid.sample(points) @ weights + bias
    np.testing.assert_allclose(logits.reshape(-1, 2), expected, atol=1e-5)


@pytest.mark.parametrize("channel_first", [False, True])
def test_project_is_the_linear_map_in_half_precision_too(channel_first):
    features = np.random.default_rng(0).normal(0, 3, (130, 70, 6)).astype(np.float16)
    if channel_first:
        features = np.moveaxis(np.ascontiguousarray(np.moveaxis(features, 2, 0)), 0, 2)
    weights = np.random.default_rng(1).normal(0, 1, (6, 3)).astype(np.float32)
    grid = grid_of(features, 1, (130, 70))
    projected = grid.project(weights, np.ones(3, np.float32))
    np.testing.assert_allclose(projected, features.astype(np.float64) @ weights + 1, atol=1e-4)


def test_interpolation_matrices_are_what_upsample_does():
    grid = random_grid(np.float32, (3, 4), 4, (13, 18), channels=1)
    along_y, along_x = grid.interpolation
    np.testing.assert_allclose(
        along_y @ grid.array[:, :, 0] @ along_x.T, grid.upsample(grid.array)[:, :, 0], atol=1e-6
    )
    # Each pixel is a weighted mean of cells.
    np.testing.assert_allclose(along_y.sum(axis=1), 1, atol=1e-6)


def test_dense_means_one_cell_per_pixel():
    assert grid_of(np.zeros((8, 8, 1), np.float32), 1).is_dense
    assert not grid_of(CORNERS).is_dense
    assert not PatchGrid(np.zeros((8, 8, 1), np.float32), 1, (0.5, 0), (8, 8)).is_dense


def test_dense_samples_between_pixels_too():
    dense = grid_of(np.arange(6, dtype=np.float32).reshape(2, 3, 1), 1, (2, 3))
    np.testing.assert_array_equal(dense.sample([(1, 2), (0, 0.5), (9, -9)]), [[5], [0.5], [3]])


def test_features_that_are_computed_as_they_are_read_give_the_same():
    held = np.random.default_rng(0).normal(0, 1, (40, 30, 4)).astype(np.float16)
    tiled = TiledFeatures(held.shape, lambda window: held[window], 1 << 20)
    whole, lazy = grid_of(held, 1, (40, 30)), PatchGrid(tiled, 1, (0, 0), (40, 30))
    points = [(0, 0), (39, 29), (7.25, 3.5)]
    weights, bias = np.ones((4, 1), np.float32), np.zeros(1, np.float32)
    np.testing.assert_array_equal(lazy.sample(points), whole.sample(points))
    np.testing.assert_array_equal(lazy.project(weights, bias), whole.project(weights, bias))
    np.testing.assert_array_equal(lazy.array, held)


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (128, 128), (4000, 3500)])
def test_even_points_lie_in_the_plane(shape):
    points = even_points(shape, 256)
    assert (points >= 0).all()
    assert (points < shape).all()
    assert 1 <= len(points) < 3 * 256
    assert len(np.unique(points, axis=0)) == len(points)


@pytest.mark.parametrize("stride", [1, 4, 2.5])
@pytest.mark.parametrize("window", [(slice(0, 30), slice(0, 41)), (slice(7, 19), slice(12, 13))])
def test_a_crop_upsamples_as_the_whole(stride, window):
    rows, cols = int(30 / stride), int(41 / stride)
    features = np.random.default_rng(0).random((rows, cols, 3)).astype(np.float32)
    grid = PatchGrid(features, stride, ((stride - 1) / 2,) * 2, (30, 41))
    crop = grid.crop(window)
    assert crop.shape <= grid.shape
    np.testing.assert_allclose(crop.upsample(crop.array), grid.upsample(features)[window], atol=1e-6)


@pytest.mark.parametrize("window", [np.s_[0:1, 0:1], np.s_[3:40, 7:33], np.s_[39:50, 0:60]])
def test_a_window_is_projected_to_the_bit_like_the_whole(window):
    generator = np.random.default_rng(0)
    dense = PatchGrid(generator.normal(size=(50, 60, 5)).astype(np.float16), 1, (0, 0), (50, 60))
    coarse = PatchGrid(generator.normal(size=(7, 8, 5)).astype(np.float16), 8, (3.5, 3.5), (50, 60))
    weights, bias = generator.normal(size=(5, 2)).astype(np.float32), np.ones(2, np.float32)
    for grid in (dense, coarse):
        whole = grid.map_to_pixels(weights, bias)
        np.testing.assert_array_equal(grid.map_to_pixels(weights, bias, window), whole[window])


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_crop_in_steps_is_a_grid_over_its_pixels(step):
    window = (slice(3, 40), slice(7, 33))
    generator = np.random.default_rng(0)
    dense = PatchGrid(generator.random((50, 60, 2)), 1, (0, 0), (50, 60))
    coarse = PatchGrid(generator.random((7, 8, 2)), 8, (3.5, 3.5), (50, 60))
    for grid in (dense, coarse):
        seen = grid.crop(window, step)
        expected = grid.upsample(grid.array)[window][::step, ::step]
        assert seen.image_shape == expected.shape[:2]
        np.testing.assert_allclose(seen.upsample(seen.array), expected, atol=1e-5)
