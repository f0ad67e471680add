"""Arrays that are larger than their share of the memory."""

import numpy as np
import pytest

from patchprobe import memory
from patchprobe.memory import new_array


@pytest.mark.parametrize("in_file", [False, True])
def test_a_new_array_is_of_zeros_and_takes_values(monkeypatch, in_file):
    monkeypatch.setattr(memory, "share_of_memory", lambda parts: 10 if in_file else 1 << 30)
    made = new_array((3, 4, 2), np.float16)
    assert isinstance(made, np.memmap) == in_file
    assert made.shape == (3, 4, 2) and not made.any()
    made[1:, ::2] = 5
    assert made.sum() == 5 * 2 * 2 * 2
