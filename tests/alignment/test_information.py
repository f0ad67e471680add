from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment.information import informative_pixels
from patchprobe.alignment.intensity import Section


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("fill", [0, 200])
def test_a_fill_is_left_out(dtype, fill):
    plane = np.random.default_rng(0).integers(1, 100, (64, 50)).astype(dtype)
    plane[:, :15] = fill
    expected = np.ones((64, 50), dtype=bool)
    expected[:, :15] = False
    np.testing.assert_array_equal(informative_pixels(plane), expected)


def test_pixels_that_are_not_finite_are_left_out():
    plane = np.random.default_rng(0).random((40, 40))
    plane[3, 4], plane[20:, 30:] = np.inf, np.nan
    np.testing.assert_array_equal(informative_pixels(plane), np.isfinite(plane))


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (5, 3), (40, 40), (40, 40, 3)])
def test_a_plane_of_one_value_has_nothing(value, shape):
    assert not informative_pixels(np.full(shape, value)).any()
    assert Section.of_plane(np.full(shape, value)).is_blank


def test_the_background_of_sparse_objects_stays():
    plane = np.zeros((100, 100))
    plane[50, 20:60] = 1
    assert informative_pixels(plane).all()


def test_a_colour_plane_is_constant_where_all_channels_are():
    plane = np.random.default_rng(0).random((40, 40, 3))
    plane[:, 20:, 0] = 0.5
    assert informative_pixels(plane).all()
    plane[:, 20:] = 0.5
    assert informative_pixels(plane).sum() == 800


def test_squares_are_averaged_over_their_informative_pixels():
    section = Section(np.array([[1.0, 3, 0, 0], [5, 0, 0, 8]], np.float32)[:, :, None], np.ones((2, 4), bool))
    section.mask[1, 1] = section.mask[0, 2] = section.mask[0, 3] = section.mask[1, 2] = False
    reduced = section.reduced(2)
    # (1 + 3 + 5) / 3, and a square of which only a quarter is known.
    np.testing.assert_allclose(reduced.channels[:, :, 0], [[3, 0]])
    np.testing.assert_array_equal(reduced.mask, [[True, False]])


def test_bands_do_not_see_brightness_or_contrast():
    plane = np.random.default_rng(0).random((50, 60)).astype(np.float32)
    first, second = (Section.of_plane(p).bands() for p in (plane, 0.2 * plane + 7))
    assert first.shape == (50, 60, 3)
    np.testing.assert_allclose(first, second, atol=1e-2)
    assert np.abs(first).max() <= 3
