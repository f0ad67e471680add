"""Comparing classifiers by held-out strokes."""

import numpy as np
import pytest

from patchprobe import compare_classifiers
from patchprobe.errors import InputError
from patchprobe.probe import CLASSIFIERS, Compared, Comparison, HeldOut, read_rows
from patchprobe.probe.compare import _difference
from patchprobe.probe.training_set import gather
from patchprobe.steps import finish


def compared(name, accuracy, behind, error):
    held_out = HeldOut(accuracy, (accuracy,) * 2, ((accuracy, 1 - accuracy),) * 2, (5, 5))
    return Compared(name, name, held_out, 0.1, behind, error)


def test_the_simplest_of_the_best_is_recommended():
    a, b, c = compared("a", 0.8, 0.1, 0.05), compared("b", 0.88, 0.02, 0.03), compared("c", 0.9, 0, 0)
    found = Comparison((a, b, c))
    assert (found.best, found.recommended) == (c, b)
    assert found.in_words() == (
        "Recommended: b, the simplest of those as good as the best "
        "(c is 0.020 ahead, within the error of 0.030)."
    )
    assert "predicts held-out strokes best" in Comparison((a, c)).in_words()
    assert "Only c could be compared" in Comparison((c,)).in_words()


def test_difference_by_hand(toy_backbone, as_it_is):
    # Class 1: two strokes of 3 px, one of them wrong; class 2: two strokes, all right.
    image = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (16, 1))
    labels = np.zeros((16, 32), int)
    labels[1, 1:4] = labels[9, 1:4] = 1
    labels[1, 20:23] = labels[9, 20:23] = 2
    training = gather([read_rows(toy_backbone.embed(image, as_it_is), labels)])
    wrong = (training.strokes == 0).astype(float)
    mean, error = _difference(training, wrong)
    # Class 1 is 1/2 behind, class 2 not at all. The variance of its mean is (1/4 + 1/4)/4 · 2/1 / 2² … = 1/4.
    assert mean == pytest.approx(0.25)
    assert error == pytest.approx(np.sqrt(0.25) / 2)


def test_what_no_linear_map_can_do_is_found(toy_backbone, as_it_is):
    # Class 2 is grey, class 1 is dark or bright.
    image = np.zeros((24, 36), np.float32)
    image[:, 12:24], image[:, 24:] = 0.5, 1
    image += np.random.default_rng(0).normal(0, 0.03, image.shape).astype(np.float32)
    labels = np.zeros((24, 36), int)
    for y in range(0, 24, 4):
        labels[y : y + 2, 2:9] = labels[y : y + 2, 27:34] = 1
        labels[y : y + 2, 15:21] = 2
    rows = read_rows(toy_backbone.embed(image, as_it_is), labels)
    found = finish(compare_classifiers([rows], names=["linear", "forest"]))
    assert found.recommended.name == "forest"
    assert found.recommended.held_out.accuracy == 1


def test_every_classifier_and_a_place_to_stop_after_each_fit(membranes, membrane_rows):
    work = compare_classifiers([membrane_rows], [membranes[0]])
    steps = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            found = end.value
            break
    assert [each.name for each in found.candidates] == list(CLASSIFIERS)
    assert found.left_out == ()
    assert [step.done for step in steps] == list(range(1, steps[-1].total + 1))
    assert steps[-1].total == len(CLASSIFIERS) * 6
    assert steps[0].note == "linear"
    assert all(each.seconds > 0 and each.held_out.accuracy > 0.7 for each in found.candidates)
    assert min(each.behind for each in found.candidates) == 0


def test_those_that_need_images_are_left_out_without(membrane_rows):
    found = finish(compare_classifiers([membrane_rows], names=["auto-context", "linear"]))
    assert [each.name for each in found.candidates] == ["linear"]
    assert found.left_out == ("auto-context",)


def test_planes_without_strokes_do_not_matter(membranes, membrane_rows):
    embedding, strokes = membranes
    empty = read_rows(embedding, np.zeros_like(strokes))
    alone, beside = (
        finish(compare_classifiers(rows, [embedding] * len(rows), ["auto-context"]))
        for rows in ([membrane_rows], [empty, membrane_rows])
    )
    assert alone.candidates[0].held_out == beside.candidates[0].held_out


def test_too_few_strokes_are_named(membranes):
    embedding, strokes = membranes
    strokes = np.where(strokes == 2, 0, strokes)
    strokes[2, 2:8] = 2
    with pytest.raises(InputError, match="three strokes of each class"):
        finish(compare_classifiers([read_rows(embedding, strokes)]))
