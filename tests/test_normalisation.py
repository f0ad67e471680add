import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.normalisation import Normalisation, estimate_normalisation


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_low_becomes_0_and_high_1(dtype):
    unit = Normalisation(50, 150).apply(np.array([[50, 100, 150]], dtype))
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[0, 0.5, 1]], atol=1e-6)


def test_values_far_outside_are_clipped_half_a_range_beyond():
    np.testing.assert_allclose(
        Normalisation(0, 2).apply([[-9.0, -0.5, 2.5, 9.0]]), [[-0.5, -0.25, 1.25, 1.5]]
    )


def test_the_result_is_finite_whatever_the_image_holds():
    unit = Normalisation(10, 20).apply(np.array([[np.nan, np.inf, -np.inf, 10]]))
    assert np.isfinite(unit).all()
    assert unit[0, 1] > unit[0, 3] > unit[0, 2]


def test_the_given_plane_is_left_as_it_is():
    plane = np.array([[1, np.nan]], np.float32)
    Normalisation(0, 1).apply(plane)
    np.testing.assert_array_equal(plane, np.array([[1, np.nan]], np.float32))


def test_colours_keep_their_hue():
    plane = np.array([[[100, 50, 0]]], np.uint8)
    np.testing.assert_allclose(Normalisation(0, 100).apply(plane), [[[1, 0.5, 0]]])


def test_percentiles_over_all_planes():
    # 0 to 1000 once each: the 0.5th percentile is 5, the 99.5th 995.
    values = np.arange(1001.0)
    found = estimate_normalisation([values[:500, None], values[500:, None]])
    assert (found.low, found.high) == pytest.approx((5, 995))


def test_one_hot_pixel_does_not_set_the_scale():
    plane = np.tile(np.arange(100, dtype=np.uint16), (100, 1))
    plane[3, 3] = 65535
    assert estimate_normalisation([plane]).high <= 100


def test_sparse_bright_objects_set_it_where_all_else_is_equal():
    plane = np.zeros((100, 100), np.uint8)
    plane[50, 50] = 7
    assert estimate_normalisation([plane]) == Normalisation(0, 7)


def test_a_constant_plane_becomes_0():
    found = estimate_normalisation([np.full((4, 4), 7)])
    np.testing.assert_array_equal(found.apply(np.full((4, 4), 7)), np.zeros((4, 4)))


def test_pixels_that_are_not_finite_do_not_count():
    plane = np.array([[np.nan, np.inf, -np.inf, 2.0, 4.0]])
    found = estimate_normalisation([plane])
    assert 2 <= found.low < found.high <= 4


def test_bool_planes():
    assert estimate_normalisation([np.eye(4, dtype=bool)]) == Normalisation(0, 1)


@pytest.mark.parametrize("planes", [[], [np.full((4, 4), np.nan)]])
def test_nothing_finite_is_named(planes):
    with pytest.raises(InputError, match="no finite pixel"):
        estimate_normalisation(planes)
