import math

import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError


def volume(*voxels):
    out = np.zeros((1, 1, 30), dtype=np.uint8)
    out[0, 0, list(voxels)] = 1
    return out


def test_voxels_and_distances_along_a_line():
    # 10 nm a voxel, threshold 20 nm. Found: 3 is 10 nm from the truth, 20 is 100 nm from it.
    # True: 2 is 10 nm from what was found, 10 is 70 nm from it.
    score = metrics.cleft_score(volume(2, 10), volume(3, 20), (40, 10, 10), 20)
    assert (score.true_positives, score.false_positives, score.false_negatives) == (1, 1, 1)
    assert score.f1 == pytest.approx(2 / 4)
    assert score.mean_distance_to_truth == pytest.approx((10 + 100) / 2)
    assert score.mean_distance_to_prediction == pytest.approx((10 + 70) / 2)
    assert score.cremi_score == pytest.approx((55 + 40) / 2)


def test_distance_across_sections_counts_their_thickness():
    truth, found = np.zeros((3, 2, 2)), np.zeros((3, 2, 2))
    truth[0, 0, 0] = found[1, 0, 0] = 1
    assert metrics.cleft_score(truth, found).mean_distance_to_truth == 40
    assert metrics.cleft_score(truth, found).f1 == 1
    assert metrics.cleft_score(truth, found, threshold=39).f1 == 0


def test_nothing_found_and_nothing_there():
    nothing, one = volume(), volume(4)
    assert metrics.cleft_score(nothing, nothing).f1 == 1
    missed = metrics.cleft_score(one, nothing)
    assert (missed.false_negatives, missed.f1) == (1, 0)
    assert missed.mean_distance_to_prediction == math.inf
    assert metrics.cleft_score(nothing, one).mean_distance_to_truth == math.inf


@pytest.mark.parametrize(
    ("found", "voxel_size", "threshold", "message"),
    [
        (np.zeros((1, 1, 3)), (1, 1, 1), 1, "shape"),
        (volume(1), (1, 1), 1, "each axis"),
        (volume(1), (1, 0, 1), 1, "positive"),
        (volume(1), (1, 1, 1), -1, "positive"),
    ],
)
def test_what_cannot_be_compared_is_said(found, voxel_size, threshold, message):
    with pytest.raises(InputError, match=message):
        metrics.cleft_score(volume(1), found, voxel_size, threshold)
