import math

import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError

# Truth: regions of 4 and 2 pixels, two pixels unlabelled. Found: the first is split 3 + 1, and its single
# pixel is merged with the second.
TRUTH = np.array([[7, 7, 7, 7], [9, 9, 0, 0]])
FOUND = np.array([[1, 1, 1, 5], [5, 5, 5, 1]])


def test_adapted_rand_error_of_a_split_and_a_merge():
    # Pairs: 6 + 1 in the truth, 3 + 3 found, 3 + 1 in both (of 3 pixels and of 2).
    assert metrics.adapted_rand_error(TRUTH, FOUND) == pytest.approx(1 - 2 * 4 / (7 + 6))


def test_variation_of_information_of_a_split_and_a_merge():
    found = metrics.variation_of_information(TRUTH, FOUND)
    quarters = -(3 / 4 * math.log2(3 / 4) + 1 / 4 * math.log2(1 / 4))
    thirds = -(2 / 3 * math.log2(2 / 3) + 1 / 3 * math.log2(1 / 3))
    assert found.split == pytest.approx(4 / 6 * quarters)
    assert found.merge == pytest.approx(3 / 6 * thirds)
    assert found.total == pytest.approx(found.split + found.merge)


def test_adjusted_rand_index_of_a_split_and_a_merge():
    # 4 pairs are together in both; 7 · 6 / 15 = 2.8 are expected, and at most (7 + 6) / 2 are possible.
    assert metrics.adjusted_rand_index(TRUTH, FOUND) == pytest.approx((4 - 2.8) / (6.5 - 2.8))


def test_equal_partitions_differ_in_nothing_whatever_their_numbers():
    truth = np.array([1, 1, 2, 2, 3, 0], dtype=np.uint64)
    renamed = np.array([2**40, 2**40, 5, 5, 9, 4], dtype=np.uint64)
    assert metrics.adapted_rand_error(truth, renamed) == pytest.approx(0)
    assert metrics.adjusted_rand_index(truth, renamed) == pytest.approx(1)
    assert metrics.variation_of_information(truth, renamed).total == pytest.approx(0)


def test_all_in_one_is_a_merge_and_each_alone_a_split():
    truth = np.array([1, 1, 2, 2])
    merged, split = metrics.variation_of_information(truth, np.ones(4, int)), np.arange(1, 5)
    assert (merged.split, merged.merge) == (0, pytest.approx(1))
    apart = metrics.variation_of_information(truth, split)
    assert (apart.split, apart.merge) == (pytest.approx(1), 0)
    assert metrics.adapted_rand_error(truth, split) == 1
    assert metrics.adapted_rand_error([1, 2, 3], [5, 6, 7]) == 0


def test_open_pixels_are_regions_of_their_own_for_the_adapted_rand_error():
    # Pairs: 3 in the truth, 1 found, 1 in both.
    assert metrics.adapted_rand_error([1, 1, 1], [4, 4, 0]) == pytest.approx(1 - 2 * 1 / (3 + 1))
    assert metrics.adapted_rand_error([1, 1, 1], [0, 0, 0]) == 1


@pytest.mark.parametrize(
    "measure", [metrics.adapted_rand_error, metrics.adjusted_rand_index, metrics.variation_of_information]
)
def test_what_cannot_be_compared_is_said(measure):
    with pytest.raises(InputError, match="shape"):
        measure([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="unlabelled"):
        measure([0, 0], [1, 2])
