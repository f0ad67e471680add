"""Areas that are no tissue."""

from __future__ import annotations

import numpy as np

from patchprobe.alignment.folds import without_folds
from patchprobe.alignment.intensity import Section


def test_a_dark_fold_is_left_out_and_the_rest_stays():
    plane = 100 + 10 * np.random.default_rng(0).standard_normal((120, 120))
    plane[50:60] = 5
    mask = without_folds(Section.of_plane(plane)).mask
    assert not mask[50:60].any()
    assert mask[:35].all()
    assert mask[75:].all()


def test_two_halves_are_no_fold():
    plane = 100 + np.random.default_rng(0).standard_normal((60, 60))
    plane[:, 40:] += 80
    assert without_folds(Section.of_plane(plane)).mask.all()
