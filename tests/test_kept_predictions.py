"""Predictions of large stacks are kept within a bound, and cleared."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe.kept_predictions import KeptPredictions


@pytest.fixture
def probe(em_stack):
    labels = np.zeros_like(em_stack.labels[0])
    labels[5::10] = em_stack.labels[0, 5::10]
    return LinearProbe(C=1.0).fit(embed(em_stack.plane(0)), labels)


def test_planes_are_there_the_next_time(em_stack, probe, tmp_path):
    kept = KeptPredictions(tmp_path / "kept")
    labels = np.full((64, 48), 2, np.uint8)
    kept.open(em_stack, probe).put(1, labels)
    again = kept.open(em_stack, probe)
    assert again.missing == [0, 2]
    np.testing.assert_array_equal(again.get(1), labels)


def test_those_of_five_stacks_and_the_one_in_work_are_kept(em_stack, probe, tmp_path):
    kept = KeptPredictions(tmp_path / "kept")
    for number in range(8):
        kept.open(replace(em_stack, data=em_stack.data + np.uint8(number)), probe)
    stacks, nbytes = kept.contents()
    assert stacks <= 6 and nbytes > 0


def test_cleared(em_stack, probe, tmp_path):
    kept = KeptPredictions(tmp_path / "kept")
    assert kept.contents() == (0, 0)
    kept.open(em_stack, probe)
    assert kept.clear() > 0
    assert kept.contents() == (0, 0)
