import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError

FIXED = [[0, 0], [10, 10], [20, 0]]
MOVED = [[3, 4], [10, 10], [20, 1]]


def test_distances_in_pixels():
    error = metrics.target_registration_error(FIXED, MOVED)
    np.testing.assert_allclose(error.distances, [5, 0, 1])
    assert error.mean == pytest.approx(2)
    assert error.median == pytest.approx(1)
    assert error.largest == pytest.approx(5)
    assert error.relative is None


def test_distances_in_physical_units_and_in_parts_of_the_diagonal():
    error = metrics.target_registration_error(FIXED, MOVED, voxel_size=(2, 1), image_shape=(15, 40))
    np.testing.assert_allclose(error.distances, [np.hypot(6, 4), 0, 1])
    np.testing.assert_allclose(error.relative, np.array([np.hypot(6, 4), 0, 1]) / 50)


@pytest.mark.parametrize(
    ("fixed", "moved", "options", "message"),
    [
        (FIXED, MOVED[:2], {}, "one shape"),
        (np.zeros((0, 2)), np.zeros((0, 2)), {}, "one shape"),
        (FIXED, [[0, 0], [1, np.nan], [1, 1]], {}, "not finite"),
        (FIXED, MOVED, {"voxel_size": (1, 1, 1)}, "voxel_size has 3"),
        (FIXED, MOVED, {"image_shape": (5,)}, "image_shape has 1"),
    ],
)
def test_what_cannot_be_compared_is_said(fixed, moved, options, message):
    with pytest.raises(InputError, match=message):
        metrics.target_registration_error(fixed, moved, **options)
