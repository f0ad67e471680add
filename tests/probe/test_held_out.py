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


@pytest.mark.parametrize("strokes", [[0, 0, 1, 2, 3, 4], [0, 1, 2, 3, 3, 3]])
def test_fewer_than_three_strokes_of_a_class_say_nothing(strokes):
    assert judge(scores(CLASSES), CLASSES, PIXELS, np.array(strokes)) is None
