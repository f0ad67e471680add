"""Projections, frames and noise of movies, and sections of EM."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import datasets
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.preparation import (
    denoise_movie,
    equalise_contrast,
    match_sections,
    normalise_frames,
    project,
)

MOVIE = Stack(
    np.array([[[1, 5]], [[3, 1]], [[8, 0]]], np.uint16),
    "tyx",
    (0.5, 2.0, 2.0),
    ("s", "µm", "µm"),
    labels=np.ones((3, 1, 2), np.uint8),
)


def test_mean_and_brightest():
    mean, brightest = project(MOVIE), project(MOVIE, "max")
    assert mean.data.tolist() == [[4, 2]]
    assert brightest.data.tolist() == [[8, 5]]
    assert (mean.axes, mean.voxel_size, mean.units) == ("yx", (2, 2), ("µm", "µm"))
    assert mean.labels.tolist() == [[1, 1]]
    assert "Mean of 3 frames" in mean.notes[-1]


def test_correlation_of_neighbours_by_hand():
    rise, fall = np.array([0, 1, 2.0]), np.array([2, 1, 0.0])
    still = np.full(3, 7.0)
    # rise rise fall still: neighbours of the first +1, of the second (+1 - 1) / 2, of the third (-1 + 0) / 2.
    movie = np.stack([rise, 5 + 10 * rise, fall, still], axis=1)[:, None, :]
    found = project(Stack(movie, "tyx"), "correlation")
    np.testing.assert_allclose(found.data, [[1, 0, -0.5, 0]], atol=1e-6)


def test_correlation_agrees_with_numpy():
    movie = np.random.default_rng(0).normal(1e4, 5, (20, 5, 6))
    found = project(Stack(movie, "tyx"), "correlation").data
    around = [(r, c) for r in (1, 2, 3) for c in (2, 3, 4) if (r, c) != (2, 3)]
    expected = np.mean([np.corrcoef(movie[:, 2, 3], movie[:, r, c])[0, 1] for r, c in around])
    assert found[2, 3] == pytest.approx(expected, abs=1e-5)


def test_neurons_stand_out_in_the_correlation(tmp_path):
    stack = datasets.load("neurofinder", datasets.miniature("neurofinder", tmp_path, 64))
    picture, cells = project(stack, "correlation"), stack.label_plane(0) > 0
    assert picture.data[cells].mean() > picture.data[~cells].mean() + 0.5
    np.testing.assert_array_equal(picture.labels, stack.label_plane(0))


def test_what_cannot_be_projected():
    with pytest.raises(InputError, match="takes a movie 'tyx'"):
        project(Stack(np.zeros((2, 2)), "yx"))
    with pytest.raises(InputError, match="three or more"):
        project(Stack(np.zeros((2, 2, 2)), "tyx"), "correlation")
    with pytest.raises(InputError, match="'mean', 'max' or 'correlation'"):
        project(MOVIE, "sum")


def test_frames_of_equal_brightness():
    movie = Stack(np.array([[[1, 2, 3]], [[10, 20, 30]], [[0, 0, 0]]]), "tyx")
    level = normalise_frames(movie)
    assert np.asarray(level.data).tolist() == [[[0.5, 1, 1.5]], [[0.5, 1, 1.5]], [[0, 0, 0]]]
    scores = np.asarray(normalise_frames(movie, "zscore").data)
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
    assert not scores[2].any()


def test_a_single_noisy_frame_is_taken_away():
    values = np.array([1, 1, 9, 1, 2])[:, None, None]
    calm = denoise_movie(Stack(values, "tyx"))
    assert np.ravel(np.asarray(calm.data)).tolist() == [1, 1, 1, 2, 1.5]
    assert np.ravel(np.asarray(denoise_movie(Stack(values, "tyx"), 1).data)).tolist() == [1, 1, 9, 1, 2]
    spot = np.zeros((1, 9, 9))
    spot[0, 4, 4] = 1
    smooth = denoise_movie(Stack(spot, "tyx"), 1, sigma=1).plane(0)
    # The middle of a Gaussian in two dimensions: 1 / (2 π σ²).
    assert smooth[4, 4] == pytest.approx(1 / (2 * np.pi), rel=0.01)
    with pytest.raises(InputError, match="an odd number"):
        denoise_movie(MOVIE, 2)


def test_a_part_of_a_lazy_stack_is_that_of_the_whole():
    stack = Stack(np.random.default_rng(0).integers(0, 99, (2, 3, 5, 6)), "tzyx")
    lazy = normalise_frames(stack).data
    whole = np.asarray(lazy)
    for key in (np.s_[1, 2], np.s_[:, 1, 2:4], np.s_[0, :, ::2, 1], np.s_[1:, 0:2, 3, 3:5]):
        np.testing.assert_array_equal(np.asarray(lazy[key]), whole[key])


def test_sections_get_the_brightness_of_the_stack():
    base = np.arange(1, 101, dtype=np.uint8).reshape(10, 10)
    sections = np.stack([base, base * 2, base + 50, np.zeros_like(base)])
    matched = np.asarray(match_sections(Stack(sections, "zyx")).data)
    # Medians 50.5, 101 and 100.5, quartile distances 49.5, 99 and 49.5: all become 100.5 and 49.5.
    medians = [float(np.median(section)) for section in matched]
    assert medians[:3] == pytest.approx([100.5] * 3, abs=1)
    np.testing.assert_array_equal(matched[0], matched[2])
    assert matched.dtype == np.uint8
    assert not matched[3].any()


def test_histograms_of_sections_become_equal():
    rng = np.random.default_rng(0)
    sections = np.stack(
        [rng.integers(1, 100, (20, 20)), rng.integers(50, 250, (20, 20)), rng.integers(1, 30, (20, 20))]
    )
    sections[2, 0, :5] = 0
    matched = np.asarray(match_sections(Stack(sections.astype(np.uint8), "zyx"), "histogram").data)
    quartiles = [np.percentile(s[s > 0], [25, 50, 75]) for s in matched]
    np.testing.assert_allclose(quartiles[0], quartiles[1], atol=3)
    np.testing.assert_allclose(quartiles[2], quartiles[1], atol=8)
    assert not matched[2, 0, :5].any()
    with pytest.raises(InputError, match="several sections"):
        match_sections(Stack(sections[0], "yx"))


def test_local_contrast_is_equalised():
    rng = np.random.default_rng(0)
    dark, bright = rng.normal(40, 2, (64, 32)), rng.normal(200, 20, (64, 32))
    stack = Stack(np.concatenate([dark, bright], axis=1)[None].clip(0, 255).astype(np.uint8), "zyx")
    equal = equalise_contrast(stack, 16, 0.2).plane(0)
    assert equal.dtype == np.uint8
    before, after = (p[:, :24].std() / p[:, 40:].std() for p in (stack.plane(0), equal))
    assert after > 2 * before
    with pytest.raises(InputError, match="tile is 1"):
        equalise_contrast(stack, 1)
    with pytest.raises(InputError, match="has channels"):
        equalise_contrast(Stack(np.zeros((4, 4, 3)), "yxc"))
