import numpy as np
import pytest

from patchprobe.probe.held_out import judge

# Three strokes of each of two classes; the second class has strokes of 1 and 3 px as well as 2.
CLASSES = np.array([0, 0, 0, 1, 1, 1])
STROKES = np.arange(6)
PIXELS = np.array([2.0, 1, 1, 1, 3, 2])


def scores(predicted):
    return np.eye(2)[predicted]


def test_all_right():
    found = judge(scores(CLASSES), CLASSES, PIXELS, STROKES)
    assert found.accuracy == 1
    assert found.f1 == (1, 1)
    assert found.confusion == ((1, 0), (0, 1))
    assert found.strokes == (3, 3)


def test_by_hand():
    # 3 of 4 px of class 0 are right, 3 of 6 of class 1: balanced accuracy (3/4 + 1/2) / 2.
    found = judge(scores([0, 0, 1, 0, 1, 0]), CLASSES, PIXELS, STROKES)
    assert found.confusion == ((0.75, 0.25), (0.5, 0.5))
    assert found.accuracy == 0.625
    # F1 = 2 right / (predicted + 1), with both classes counted as one: columns sum to 1.25 and 0.75.
    assert found.f1 == pytest.approx((2 * 0.75 / 2.25, 2 * 0.5 / 1.75))


def test_whole_strokes_are_counted_where_most_of_their_pixels_go():
    # The first stroke has 2 px predicted right and 1 px wrong: it counts as right.
    classes, strokes = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 2, 3, 4, 5])
    pixels = np.array([2.0, 1, 1, 1, 1, 1, 1])
    found = judge(scores([0, 1, 0, 0, 0, 0, 1]), classes, pixels, strokes)
    assert found.stroke_confusion == ((3, 0), (2, 1))
    assert found.confusion == ((0.8, 0.2), (pytest.approx(2 / 3), pytest.approx(1 / 3)))


def test_a_class_of_two_strokes_is_not_judged_and_does_not_stop_the_others():
    classes, strokes = np.array([0, 0, 0, 1, 1, 1, 2, 2]), np.arange(8)
    predicted = np.array([0, 0, 0, 1, 1, 2, 0, 0])
    found = judge(np.eye(3)[predicted], classes, np.ones(8), strokes)
    assert found.strokes == (3, 3, 2)
    # Only the two rows that are judged count: the columns sum to 1, 2/3 and 1/3.
    assert found.accuracy == pytest.approx((1 + 2 / 3) / 2)
    assert found.f1 == (1, pytest.approx(2 * 2 / 3 / (2 / 3 + 1)), None)
    assert found.confusion[2] == (0, 0, 0) and found.stroke_confusion[2] == (0, 0, 0)


@pytest.mark.parametrize("strokes", [[0, 0, 1, 2, 3, 4], [0, 1, 2, 3, 3, 3]])
def test_fewer_than_three_strokes_of_a_class_say_nothing(strokes):
    assert judge(scores(CLASSES), CLASSES, PIXELS, np.array(strokes)) is None
