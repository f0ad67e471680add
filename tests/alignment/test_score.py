"""The masked normalised correlation against the sums written out for one shift at a time."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment.score import shift_scores
from patchprobe.errors import InputError


def correlation_at(fixed, moving, fixed_mask, moving_mask, shift):
    """Pearson correlation over the overlap at one shift, each channel centred, by plain loops."""
    a, b = [], []
    for r, c in np.argwhere(fixed_mask):
        y, x = r + shift[0], c + shift[1]
        if 0 <= y < moving.shape[0] and 0 <= x < moving.shape[1] and moving_mask[y, x]:
            a.append(fixed[r, c])
            b.append(moving[y, x])
    a, b = np.array(a) - np.mean(a, axis=0), np.array(b) - np.mean(b, axis=0)
    return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())


@pytest.mark.parametrize("channels", [1, 3, 20])
@pytest.mark.parametrize("shapes", [((7, 9), (7, 9)), ((6, 10), (9, 5))])
def test_equals_the_sums_written_out(channels, shapes):
    rng = np.random.default_rng(channels)
    fixed, moving = (rng.normal(5, 2, (*shape, channels)) for shape in shapes)
    masks = [rng.random(shape) > 0.2 for shape in shapes]
    scores = shift_scores(fixed, moving, *masks, min_overlap=0.2)
    for shift in ((0, 0), (2, -1), (-3, 1), (1, 2)):
        assert scores.at(shift) == pytest.approx(correlation_at(fixed, moving, *masks, shift), abs=1e-4)


def test_shift_goes_from_fixed_to_moving():
    rng = np.random.default_rng(0)
    fixed = rng.normal(size=(12, 12, 2))
    moving = np.zeros_like(fixed)
    moving[3:, :-2] = fixed[:-3, 2:]
    whole = np.ones((12, 12), dtype=bool)
    scores = shift_scores(fixed, moving, whole, whole)
    assert scores.peak() == (3, -2)
    assert scores.at((3, -2)) == pytest.approx(1, abs=1e-4)
    assert scores.refined((3, -2)) == (3, -2)


def test_contrast_and_brightness_do_not_count():
    fixed = np.random.default_rng(0).normal(size=(10, 10, 1))
    whole = np.ones((10, 10), dtype=bool)
    scores = shift_scores(fixed, 0.1 * fixed + 40, whole, whole)
    assert scores.peak() == (0, 0)
    assert scores.at((0, 0)) == pytest.approx(1, abs=1e-4)


def test_max_shift_and_min_overlap_limit_the_search():
    grid = np.random.default_rng(0).normal(size=(10, 8, 1))
    whole = np.ones((10, 8), dtype=bool)
    assert shift_scores(grid, grid, whole, whole, max_shift=(2, 3)).correlation.shape == (5, 7)
    scores = shift_scores(grid, grid, whole, whole, min_overlap=0.5)
    assert np.isnan(scores.correlation[scores.overlap < 0.5]).all()
    assert scores.at((6, 0)) == 0


def test_peak_between_cells():
    y, x = np.mgrid[:24, :24]
    whole = np.ones((24, 24), dtype=bool)

    def bump(row, col):
        return np.exp(-((y - row) ** 2 + (x - col) ** 2) / 18)[:, :, None]

    scores = shift_scores(bump(12, 12), bump(13.3, 11.6), whole, whole)
    np.testing.assert_allclose(scores.refined(scores.peak()), (1.3, -0.4), atol=0.05)


def test_flat_overlap_has_no_correlation():
    flat, whole = np.full((6, 6, 1), 3.0), np.ones((6, 6), dtype=bool)
    scores = shift_scores(flat, np.random.default_rng(0).normal(size=(6, 6, 1)), whole, whole)
    assert np.isnan(scores.correlation).all()


def test_repeated_content_is_not_distinct():
    stripes = np.zeros((32, 32, 1))
    stripes[::8] = 1
    noise = np.random.default_rng(0).normal(size=(32, 32, 1))
    whole = np.ones((32, 32), dtype=bool)
    tie = shift_scores(stripes, stripes, whole, whole)
    clear = shift_scores(noise, noise, whole, whole)
    assert tie.distinctness((0, 0)) < 1.2
    assert clear.distinctness((0, 0)) > 3


def test_refuses_blank_masks_and_unequal_channels():
    grid, whole = np.ones((4, 4, 2)), np.ones((4, 4), dtype=bool)
    with pytest.raises(InputError, match="blank"):
        shift_scores(grid, grid, whole, ~whole)
    with pytest.raises(InputError, match="2 and 1 feature channels"):
        shift_scores(grid, grid[:, :, :1], whole, whole)
