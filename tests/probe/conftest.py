"""What tests of probes share: membranes with strokes on them."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import embed
from patchprobe.probe import read_rows


def stripes(truth: np.ndarray, start: int = 5) -> np.ndarray:
    """Every tenth row of the truth, in pieces of 6 px: many strokes of each class."""
    strokes = np.zeros(truth.shape, np.uint8)
    strokes[start::10] = truth[start::10]
    strokes[:, 6::7] = 0
    return strokes


@pytest.fixture
def membranes(em_stack):
    """Embedding and strokes of the first section of `em_stack`."""
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    return embedding, stripes(em_stack.labels[0])


@pytest.fixture
def next_membranes(em_stack):
    """Embedding and strokes of the second section of `em_stack`."""
    embedding = embed(em_stack.plane(1), normalisation=em_stack.normalisation())
    return embedding, stripes(em_stack.labels[1], 4)


@pytest.fixture
def membrane_rows(em_stack, membranes):
    """Training rows of `membranes`."""
    return read_rows(*membranes, em_stack)
