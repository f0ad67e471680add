"""Coloured sections become the amount of tissue, whatever its stain."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import align_pair
from patchprobe.alignment.stains import is_coloured, tissue_section

PINK, BROWN, GLASS = (0.1, 0.9, 0.3), (0.5, 0.8, 1.4), 240.0


def stained(amount: np.ndarray, stain: tuple[float, ...], white: float = GLASS) -> np.ndarray:
    """Colour by the law of Beer and Lambert: `stain` is the density of each channel."""
    return (white * np.exp(-amount[..., None] * np.array(stain))).astype(np.float32)


@pytest.fixture
def tissue() -> np.ndarray:
    """A disc of tissue of density 1 with a hole, on glass."""
    y, x = np.mgrid[:80, :100]
    return ((np.hypot(y - 40, x - 50) < 30) & (np.hypot(y - 35, x - 55) > 8)).astype(np.float32)


@pytest.mark.parametrize("strength", [0.3, 1.0, 2.0])
def test_pale_and_dark_stains_look_alike(tissue, strength):
    found = tissue_section(stained(strength * tissue, PINK)).channels[..., 0]
    np.testing.assert_allclose(found[tissue == 0], 0, atol=1e-3)
    # d / (d + d / 2) of the usual density d.
    np.testing.assert_allclose(found[tissue == 1], 2 / 3, atol=1e-3)


def test_what_shines_on_black_looks_like_what_is_stained_on_glass(tissue):
    shining = np.stack([0 * tissue, 180 * tissue, 40 * tissue], axis=2) + 5
    found = tissue_section(np.where(tissue[..., None] > 0, shining, 5)).channels[..., 0]
    np.testing.assert_allclose(found[tissue == 0], 0, atol=1e-3)
    np.testing.assert_allclose(found[tissue == 1], 2 / 3, atol=1e-2)


def test_white_glass_counts_and_what_is_missing_does_not(tissue):
    colours = stained(tissue * np.random.default_rng(0).uniform(0.5, 1.5, tissue.shape), BROWN)
    colours[:12, :40] = 0
    mask = tissue_section(colours).mask
    assert mask[60:, :15].all()
    assert not mask[:8, :36].any()


def test_a_picture_of_one_colour_is_blank():
    assert tissue_section(np.full((32, 32, 3), 240, np.uint8)).is_blank
    assert tissue_section(np.full((32, 32, 3), np.nan)).is_blank


def test_three_channels_or_four_are_colours():
    shapes = ((8, 8), (8, 8, 2), (8, 8, 3), (8, 8, 4), (8, 8, 5))
    assert [is_coloured(np.zeros(shape)) for shape in shapes] == [False, False, True, True, False]


def test_sections_of_different_stains_are_aligned(view):
    shift = np.array([[1.0, 0, 7], [0, 1, -5], [0, 0, 1]])
    rng = np.random.default_rng(0)
    fixed, moving = (np.clip(image / 100 - 0.8, 0, None) for image in (view(), view(np.linalg.inv(shift))))
    # The second stain also marks cells of its own, dark.
    marks = np.where(rng.random(moving.shape) < 0.01, 1.5, 0)
    found = align_pair(stained(fixed, PINK), stained(0.3 * moving + marks, BROWN), "translation")
    assert found.status == "ok"
    np.testing.assert_allclose(found.matrix[:2, 2], (7, -5), atol=0.3)
