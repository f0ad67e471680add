"""Two sections: similarity of patches and the shift between them."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import embed, estimate_translation, patch_correlation
from patchprobe.alignment import comparison_grid
from patchprobe.errors import InputError
from patchprobe.grid import PatchGrid

METHODS = ("whole-shift", "median", "max-correlation")


def displaced(grid: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """Content of `grid` at p is at p + shift; zero where nothing moves in."""
    out = np.roll(grid, shift, axis=(0, 1))
    for axis, step in enumerate(shift):
        wrapped = slice(0, step) if step > 0 else slice(grid.shape[axis] + step, None)
        if step:
            out[(slice(None),) * axis + (wrapped,)] = 0
    return out


def test_correlation_is_the_cosine():
    a = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    b = np.array([[3.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [np.nan, 1.0]])
    half = np.sqrt(0.5)
    expected = [[1, half, -1, 0], [0, half, 0, 0], [0, 0, 0, 0]]
    matrix = patch_correlation(a, b)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix, expected, atol=1e-6)


def test_correlation_takes_embeddings_grids_and_arrays(toy_backbone):
    plane = np.random.default_rng(0).random((64, 48))
    embedding = embed(plane, toy_backbone)
    grid = embedding.grids[0]
    expected = patch_correlation(grid.features.reshape(-1, 2), grid.features)
    # The toy's 4 px patches count as dense, but 16 × 12 of them are few enough to stay.
    np.testing.assert_array_equal(patch_correlation(embedding, grid), expected)
    assert expected.shape == (192, 192)


def test_dense_grids_are_averaged():
    dense = PatchGrid(np.arange(8 * 6, dtype=np.float32).reshape(8, 6, 1), 1, (0, 0), (8, 6))
    grid = comparison_grid(dense, cells=4)
    assert (grid.stride, grid.origin, grid.shape) == (2, (0.5, 0.5), (4, 3))
    # Cell (0, 0) is the mean of 0, 1, 6 and 7.
    assert grid.features[0, 0, 0] == 3.5
    assert patch_correlation(embed(np.random.default_rng(0).random((128, 100))), dense_noise()).shape == (
        64 * 50,
        64 * 50,
    )


def dense_noise():
    return embed(np.random.default_rng(1).random((128, 100)))


def test_blocks_are_put_side_by_side(toy_backbone):
    embedding = embed(np.random.default_rng(0).random((40, 40)), toy_backbone + toy_backbone)
    grid = comparison_grid(embedding)
    np.testing.assert_allclose(grid.features[:, :, 2:], embedding.grids[0].features / np.sqrt(2), rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shift", [(0, 0), (1, 1), (0, 2), (-2, -1)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_finds_whole_patches(method, shift, dtype):
    grid = np.random.default_rng(0).normal(size=(9, 11, 8)).astype(dtype)
    found = estimate_translation(grid, displaced(grid, shift), method)
    assert found.shift_patches == shift
    assert found.shift == shift
    assert found.method == method


def test_pixels_follow_the_stride():
    grid = PatchGrid(np.random.default_rng(0).normal(size=(9, 9, 4)), 16, (7.5, 7.5), (144, 144))
    moving = PatchGrid(displaced(grid.features, (2, -1)), 16, (7.5, 7.5), (144, 144))
    found = estimate_translation(grid, moving)
    assert found.shift_patches == (2, -1)
    assert found.shift == (32, -16)
    assert (found.status, found.reason) == ("ok", "")
    assert found.score == pytest.approx(1, abs=1e-3)


def test_patches_of_a_square_grid_need_no_shape():
    grid = np.random.default_rng(0).normal(size=(8, 8, 4))
    moving = displaced(grid, (1, 2))
    found = estimate_translation(grid.reshape(64, 4), moving.reshape(64, 4))
    assert found.shift == (1, 2)
    with pytest.raises(InputError, match="square grid"):
        estimate_translation(grid.reshape(64, 4)[:60], moving.reshape(64, 4))


def test_shift_of_more_than_half():
    grid = np.random.default_rng(0).normal(size=(20, 20, 4))
    assert estimate_translation(grid, displaced(grid, (12, -3))).shift == (12, -3)


def test_max_shift_is_in_pixels():
    grid = PatchGrid(np.random.default_rng(0).normal(size=(16, 16, 4)), 8, (3.5, 3.5), (128, 128))
    moving = PatchGrid(displaced(grid.features, (6, 0)), 8, (3.5, 3.5), (128, 128))
    assert abs(estimate_translation(grid, moving, max_shift=24).shift[0]) <= 28
    assert estimate_translation(grid, moving, max_shift=48).shift == (48, 0)


def test_a_common_fill_does_not_hold_sections_in_place():
    """Both sections have the same frame of one value; their content is displaced inside it."""
    content = np.random.default_rng(0).normal(size=(24, 24, 4))
    fixed, moving = np.full((2, 24, 24, 4), 7.0)
    fixed[6:18, 6:18] = content[6:18, 6:18]
    moving[6:18, 6:18] = displaced(content, (3, -2))[6:18, 6:18]
    assert estimate_translation(fixed, moving).shift == (3, -2)


def test_masks_in_pixels_override_the_guess():
    rng = np.random.default_rng(0)
    fixed = PatchGrid(rng.normal(size=(12, 12, 2)), 4, (1.5, 1.5), (48, 48))
    moving = PatchGrid(displaced(fixed.features, (2, 2)), 4, (1.5, 1.5), (48, 48))
    # Something that both share and that did not move.
    fixed.features[:, 9:] = moving.features[:, 9:] = 50 * rng.normal(size=(12, 3, 2))
    mask = np.ones((48, 48), dtype=bool)
    assert estimate_translation(fixed, moving).shift == pytest.approx((0, 0), abs=0.1)
    mask[:, 36:] = False
    assert estimate_translation(fixed, moving, masks=(mask, mask)).shift == (8, 8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("blank", [np.zeros((6, 6, 3)), np.full((6, 6, 3), 2.0), np.full((6, 6, 3), np.nan)])
def test_blank_section_fails_in_words(method, blank):
    grid = np.random.default_rng(0).normal(size=(6, 6, 3))
    for pair in ((grid, blank), (blank, grid), (blank, blank)):
        found = estimate_translation(*pair, method)
        assert (found.status, found.shift) == ("failed", (0.0, 0.0))
        assert "blank" in found.reason


def test_unrelated_sections_are_not_ok():
    rng = np.random.default_rng(3)
    found = estimate_translation(rng.normal(size=(24, 24, 4)), rng.normal(size=(24, 24, 4)))
    assert found.status == "doubtful"
    assert found.reason


def test_refuses_what_cannot_be_compared(toy_backbone):
    grid = np.ones((4, 4, 3))
    with pytest.raises(InputError, match="no method"):
        estimate_translation(grid, grid, "best")
    with pytest.raises(InputError, match="3 and 2 feature channels"):
        patch_correlation(grid, np.ones((4, 4, 2)))
    with pytest.raises(InputError, match="same backbone"):
        patch_correlation(embed(np.eye(32), toy_backbone), embed(np.eye(32), "filters"))
