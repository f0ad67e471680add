import numpy as np
import pytest

from patchprobe import metrics
from patchprobe.errors import InputError


def square(top, left, side=2):
    return [[top + y, left + x] for y in range(side) for x in range(side)]


def test_a_neuron_found_and_one_missed():
    score = metrics.neuron_score([square(0, 0), square(10, 10)], [square(30, 30), square(0, 0)])
    assert (score.recall, score.precision) == (0.5, 0.5)
    assert (score.inclusion, score.exclusion) == (1, 1)
    assert score.combined == 0.5
    assert score.matches == ((0, 1),)


def test_shapes_that_are_too_small_or_too_large():
    # Half of the second neuron is found; the other way round, half of what is found belongs to it.
    neurons, small = [square(0, 0), square(10, 10)], [square(0, 0), [[10, 10], [11, 11]]]
    found = metrics.neuron_score(neurons, small)
    assert (found.inclusion, found.exclusion) == (0.75, 1)
    found = metrics.neuron_score(small, neurons)
    assert (found.inclusion, found.exclusion) == (1, 0.75)


def test_each_neuron_is_matched_once_and_only_nearer_than_the_threshold():
    twice = metrics.neuron_score([square(0, 0)], [square(0, 1), square(0, 0)])
    assert twice.matches == ((0, 1),)
    assert twice.precision == 0.5
    assert metrics.neuron_score([square(0, 0)], [square(0, 5)]).recall == 0
    assert metrics.neuron_score([square(0, 0)], [square(0, 5)], threshold=5.1).recall == 1


def test_without_neurons():
    assert metrics.neuron_score([], []).combined == 1
    assert metrics.neuron_score([square(0, 0)], []).combined == 0
    assert metrics.neuron_score([], [square(0, 0)]).precision == 0


@pytest.mark.parametrize("bad", [np.zeros((0, 2)), np.zeros((3, 3)), [[0.5, 1.0]], [1, 2]])
def test_what_is_no_neuron_is_said(bad):
    with pytest.raises(InputError, match="Neuron 1 of the prediction"):
        metrics.neuron_score([square(0, 0)], [square(0, 0), bad])
