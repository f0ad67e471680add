"""The verdict on a pair, and what of a matrix is implausible."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment.models import generators, implausibility
from patchprobe.alignment.verdict import Findings, verdict


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        (Findings(rival=0.3, agreeing=0.9, parts=25), "ok", ""),
        (Findings(rival=0.7, agreeing=0.8, parts=25), "doubtful", "70 % as well"),
        (Findings(rival=0.7, agreeing=0.9, parts=25), "ok", ""),
        (Findings(rival=0.3, agreeing=0.2, parts=25), "doubtful", "5 of 25 parts"),
        (Findings(rival=0.3, agreeing=0.9, parts=25, is_at_rim=True), "doubtful", "raise max_shift"),
        # Three parts are too few to say anything.
        (Findings(rival=0.3, agreeing=1.0, parts=3), "doubtful", "3 of 3 parts"),
        (Findings(rival=0.95, agreeing=0.2, parts=25), "failed", "do not resemble"),
        (Findings(rival=0.95, agreeing=0.2, parts=25, is_marked=True), "doubtful", "5 of 25"),
        (Findings(rival=0.3, agreeing=0.9, parts=25, implausible="Bent."), "failed", "Bent."),
    ],
)
def test_verdicts(found, status, reason):
    assert verdict(found)[0] == status
    assert reason in verdict(found)[1]


def test_implausible_matrices():
    assert implausibility(np.diag([1.1, 1.05, 1])) == ""
    assert "factor of 1.50" in implausibility(np.diag([1.5, 1.5, 1]))
    assert "stretched 1.44 times" in implausibility(np.diag([1.2, 1 / 1.2, 1]))
    # Mirrored is not distorted.
    assert implausibility(np.diag([1, -1, 1])) == ""


def test_every_model_changes_what_it_may():
    counts = {model: len(generators(model)) for model in ("translation", "rigid", "similarity", "affine")}
    assert counts == {"translation": 0, "rigid": 1, "similarity": 2, "affine": 4}
