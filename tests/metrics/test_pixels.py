import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError

# Six labelled pixels: class 1 four times, class 2 twice; the seventh and eighth are unlabelled.
# Class 1: TP 3, FN 1, FP 1. Class 2: TP 1, FN 1, FP 1.
TRUTH = np.array([[1, 1, 1, 1], [2, 2, 0, 0]])
FOUND = np.array([[1, 1, 1, 2], [2, 1, 1, 2]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
@pytest.mark.parametrize("shape", [(8,), (2, 4), (2, 2, 2)])
def test_values_worked_out_by_hand(dtype, shape):
    truth, found = TRUTH.astype(dtype).reshape(shape), FOUND.astype(dtype).reshape(shape)
    assert metrics.accuracy(truth, found) == pytest.approx(4 / 6)
    assert metrics.balanced_accuracy(truth, found) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert metrics.precision(truth, found, label=1) == pytest.approx(3 / 4)
    assert metrics.recall(truth, found, label=2) == pytest.approx(1 / 2)
    assert metrics.f1_score(truth, found, label=1) == pytest.approx(3 / 4)
    assert metrics.f1_score(truth, found) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert metrics.f1_score(truth, found, average="weighted") == pytest.approx((4 * 3 / 4 + 2 * 1 / 2) / 6)
    assert metrics.dice(truth, found, label=2) == pytest.approx(2 * 1 / (2 + 2))
    assert metrics.iou(truth, found, label=1) == pytest.approx(3 / 5)
    assert metrics.iou(truth, found) == pytest.approx((3 / 5 + 1 / 3) / 2)
    np.testing.assert_array_equal(metrics.confusion_matrix(truth, found), [[3, 1], [1, 1]])
    np.testing.assert_array_equal(
        metrics.confusion_matrix(truth, found, normalise=True), [[0.75, 0.25], [0.5, 0.5]]
    )


def test_a_pixel_left_open_is_an_error():
    assert metrics.accuracy([1, 1, 2, 2], [1, 0, 2, 2]) == pytest.approx(3 / 4)
    np.testing.assert_array_equal(metrics.confusion_matrix([1, 2], [0, 2]), [[0, 0, 0], [1, 0, 0], [0, 0, 1]])


def test_always_answering_one_class_is_seen_by_balanced_accuracy():
    truth = np.array([1] * 9 + [2])
    found = np.ones_like(truth)
    assert metrics.accuracy(truth, found) == pytest.approx(0.9)
    assert metrics.balanced_accuracy(truth, found) == pytest.approx(0.5)
    assert metrics.precision(truth, found, label=2) == 0
    assert metrics.iou(truth, found, label=2) == 0


def test_one_class_only():
    assert metrics.balanced_accuracy([1, 1], [1, 1]) == 1
    assert metrics.f1_score([1, 1], [1, 1]) == 1


def test_masks_of_bool_count_false_as_background():
    truth, found = np.array([True, True, False, False]), np.array([True, False, False, False])
    assert metrics.accuracy(truth, found) == pytest.approx(3 / 4)
    assert metrics.dice(truth, found, label=2) == pytest.approx(2 / 3)


def test_order_of_the_confusion_matrix_can_be_given():
    np.testing.assert_array_equal(
        metrics.confusion_matrix(TRUTH, FOUND, classes=[2, 1, 3]), [[1, 1, 0], [1, 3, 0], [0] * 3]
    )


@pytest.mark.parametrize(
    ("truth", "found", "message"),
    [
        ([1, 2], [1, 2, 1], "shape"),
        ([0, 0], [1, 2], "unlabelled"),
        ([], [], "float64|unlabelled"),
        ([1, 2], [0.1, 0.9], "argmax"),
    ],
)
def test_what_cannot_be_compared_is_said(truth, found, message):
    with pytest.raises(InputError, match=message):
        metrics.accuracy(truth, found)


def test_confusion_matrix_is_that_of_scikit_learn():
    from sklearn.metrics import confusion_matrix

    rng = np.random.default_rng(0)
    truth, found = rng.integers(1, 6, 500), rng.integers(0, 7, 500)
    for classes in ([1, 2, 3, 4, 5], [5, 2, 9, 0]):
        np.testing.assert_array_equal(
            metrics.confusion_matrix(truth, found, classes), confusion_matrix(truth, found, labels=classes)
        )
