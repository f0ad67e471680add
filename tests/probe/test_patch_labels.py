import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.probe.patch_labels import patch_labels


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64])
def test_one_pixel_makes_a_patch_foreground(dtype):
    mask = np.zeros((4, 6), dtype=dtype)
    mask[1, 2] = 1
    np.testing.assert_array_equal(patch_labels(mask, 2), [[0, 1, 0], [0, 0, 0]])


def test_the_highest_class_wins():
    np.testing.assert_array_equal(patch_labels([[1, 1, 0, 2], [1, 3, 0, 0]], 2), [[3, 2]])


def test_incomplete_patches_at_the_border_are_left_out_as_the_placeholder_does():
    from patchprobe import embed

    mask = np.ones((40, 33), dtype=np.uint8)
    grid = embed(np.random.default_rng(0).random((40, 33)), "placeholder-cnx-t").grids[0]
    assert patch_labels(mask).shape == grid.shape == (2, 2)


@pytest.mark.parametrize(
    ("mask", "size", "message"),
    [
        (np.zeros((3, 32, 32), int), 16, "one plane"),
        (np.zeros((32, 32)), 16, "float64"),
        (np.zeros((15, 32), int), 16, "15 × 32 px"),
        (np.zeros((32, 32), int), 0, "patch_size is 0"),
    ],
)
def test_bad_masks_are_named(mask, size, message):
    with pytest.raises(InputError, match=message):
        patch_labels(mask, size)
