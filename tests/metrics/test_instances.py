import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError


def row(*runs):
    """A row of pixels from (object, length) pairs."""
    return np.concatenate([np.full(length, number) for number, length in runs])[None]


# Object 1 of 10 px is found with 8 of them (IoU 0.8), object 2 of 10 px with 6 (IoU 0.6), object 3 not at
# all, and one is found where there is nothing.
TRUTH = row((1, 10), (0, 2), (2, 10), (0, 2), (3, 5), (0, 5))
FOUND = row((4, 8), (0, 4), (9, 6), (0, 13), (2, 3))


def test_matches_at_a_threshold():
    found = metrics.match_instances(TRUTH, FOUND, 0.5)
    assert (found.matched, found.missed, found.wrong) == (2, 1, 1)
    assert found.mean_iou == pytest.approx(0.7)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(4 / 6)
    assert found.average_precision == pytest.approx(2 / 4)
    assert metrics.match_instances(TRUTH, FOUND, 0.7).matched == 1


def test_average_precision_over_thresholds():
    # IoU 0.8 and 0.6 reach 0.5, 0.55 and 0.6; 0.8 alone 0.65 to 0.8; none the last three.
    expected = [2 / 4] * 3 + [1 / 5] * 4 + [0] * 3
    np.testing.assert_allclose(metrics.average_precision(TRUTH, FOUND), expected)
    assert metrics.mean_average_precision(TRUTH, FOUND) == pytest.approx(np.mean(expected))


def test_as_many_pairs_as_possible_are_matched():
    # Object 1 overlaps both of the found ones; only if it takes the one that it overlaps less does each
    # have a partner. IoU: 1–1 3/6, 1–2 2/6, 2–1 2/6, 2–2 0.
    truth, found = row((1, 5), (2, 3)), row((2, 2), (1, 5), (0, 1))
    assert metrics.match_instances(truth, found, 0.3).matched == 2


def test_one_object_cannot_match_two():
    found = metrics.match_instances(row((1, 4)), row((1, 2), (2, 2)), 0.5)
    assert (found.matched, found.missed, found.wrong) == (1, 0, 1)


def test_nothing_to_find():
    empty = np.zeros((2, 3), dtype=int)
    assert metrics.mean_average_precision(empty, empty) == 1
    assert metrics.mean_average_precision(empty, empty + 1) == 0
    assert metrics.match_instances(empty + 1, empty).recall == 0


def test_stacks_are_compared_as_wholes():
    stack = np.stack([TRUTH, TRUTH])
    assert metrics.match_instances(stack, np.stack([FOUND, FOUND])).average_precision == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("truth", "found", "threshold", "message"),
    [
        ([[1, 0]], [[1, 0, 0]], 0.5, "shape"),
        ([[True, False]], [[1, 0]], 0.5, "find_objects_in_stack"),
        ([[1.0]], [[1]], 0.5, "number of the object"),
        ([[-1]], [[1]], 0.5, "number of the object"),
        ([[1]], [[1]], 0.0, "above 0"),
        (np.zeros((0, 2), int), np.zeros((0, 2), int), 0.5, "empty"),
    ],
)
def test_what_cannot_be_compared_is_said(truth, found, threshold, message):
    with pytest.raises(InputError, match=message):
        metrics.match_instances(truth, found, threshold)
