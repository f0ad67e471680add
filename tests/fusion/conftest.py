"""A small volume with cubic voxels, and a probe on its own planes."""

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe.io import Stack


def stripes(labels):
    """Every fourth row of the truth in pieces of 4 px: strokes of both classes."""
    strokes = np.zeros(labels.shape, np.uint8)
    strokes[1::4] = labels[1::4]
    strokes[:, 4::5] = 0
    return strokes


@pytest.fixture
def volume():
    """Bright balls in the dark, 12 × 16 × 20 voxels of 1 mm, with noise and truth: 1 outside, 2 inside."""
    rng = np.random.default_rng(0)
    z, y, x = np.mgrid[:12, :16, :20]
    inside = ((z - 4) ** 2 + (y - 6) ** 2 + (x - 5) ** 2 < 16) | (
        (z - 7) ** 2 + (y - 9) ** 2 + (x - 14) ** 2 < 20
    )
    data = np.where(inside, 160, 60) + rng.normal(0, 25, inside.shape)
    return Stack(
        np.clip(data, 0, 255).astype(np.uint8),
        "zyx",
        (1.0, 1.0, 1.0),
        ("mm", "mm", "mm"),
        "balls",
        labels=inside.astype(np.uint8) + 1,
    )


@pytest.fixture
def probe(volume):
    embedding = embed(volume.plane(5), normalisation=volume.normalisation())
    return LinearProbe(C=1.0).fit(embedding, stripes(volume.labels[5]))
