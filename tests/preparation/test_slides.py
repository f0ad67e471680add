"""Tiles, tissue and stains of slides, on pictures whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.datasets.miniature.tcga import write_slide
from patchprobe.errors import InputError
from patchprobe.io import Stack, load_stack
from patchprobe.preparation import (
    StainReference,
    choose_level,
    estimate_stains,
    normalise_stains,
    slide_tiles,
    tissue_mask,
)

# --- tiles ---


def plane(height, width):
    return Stack(np.arange(height * width).reshape(height, width), "yx")


def test_tiles_cover_every_pixel_and_the_last_is_moved_inwards():
    stack = plane(10, 7)
    tiles = list(slide_tiles(stack, 4, 1))
    # Rows start at 0, 3 and 6, columns at 0 and 3.
    assert [(tile.row, tile.col) for tile in tiles] == [(r, c) for r in (0, 3, 6) for c in (0, 3)]
    seen = np.zeros((10, 7), bool)
    for tile in tiles:
        box = np.s_[tile.row : tile.row + 4, tile.col : tile.col + 4]
        np.testing.assert_array_equal(tile.pixels, stack.data[box])
        seen[box] = True
    assert seen.all()


def test_a_small_plane_is_one_tile():
    (tile,) = slide_tiles(plane(5, 3), 512)
    assert tile.pixels.shape == (5, 3)
    assert [t.row for t in slide_tiles(plane(8, 4), 4, 0)] == [0, 4]


def test_tiles_of_glass_are_left_out():
    mask = np.array([[True, False], [True, True]])
    tiles = list(slide_tiles(plane(8, 8), 4, mask=mask))
    assert [(tile.row, tile.col, tile.tissue) for tile in tiles] == [(0, 0, 1.0), (4, 0, 1.0), (4, 4, 1.0)]
    (whole,) = slide_tiles(plane(8, 8), 8, mask=mask)
    assert whole.tissue == 0.75
    assert list(slide_tiles(plane(8, 8), 8, mask=mask, min_tissue=0.8)) == []


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (4, 4), (4, -1)])
def test_sizes_that_are_none(size, overlap):
    with pytest.raises(InputError, match="give a size of at least 1"):
        list(slide_tiles(plane(8, 8), size, overlap))


def test_only_tiles_of_a_slide_are_read(tmp_path):
    write_slide(tmp_path / "a.svs", np.full((512, 512, 3), 200, np.uint8))
    tile = next(slide_tiles(load_stack(tmp_path / "a.svs"), 100, plane=0))
    assert tile.pixels.shape == (100, 100, 3)


def test_the_level_is_chosen_by_the_size_of_pixels(tmp_path):
    # Pixels of 0.504, 1.008 and 2.016 µm.
    write_slide(tmp_path / "a.svs", np.full((512, 512, 3), 200, np.uint8), levels=3)
    assert [choose_level(tmp_path / "a.svs", um) for um in (0.25, 0.5, 1, 1.9, 8)] == [0, 0, 1, 1, 2]
    np.save(tmp_path / "a.npy", np.zeros((4, 4)))
    with pytest.raises(InputError, match=r"a\.npy"):
        choose_level(tmp_path / "a.npy", 1)


# --- tissue ---


def test_tissue_is_what_has_colour():
    pixels = np.full((60, 80, 3), 240, np.uint8)
    pixels[10:40, 20:70] = (200, 90, 160)
    # A grey smear is no tissue, a hole of some pixels is, and a speck is not.
    pixels[50:55, 5:75] = 120
    pixels[20:23, 30:33] = 240
    pixels[3:5, 3:5] = (200, 90, 160)
    found = tissue_mask(pixels, closing=0)
    # Smoothing moves the edge outwards by two pixels at most.
    assert found[10:40, 20:70].all()
    found[8:42, 18:72] = False
    assert not found.any()


def test_pale_tissue_beside_a_strong_stain_is_tissue():
    # Glass with a tint, as a microscope gives it.
    pixels = np.full((60, 80, 3), (244, 242, 240), np.uint8)
    pixels[10:40, 20:70] = (226, 222, 236)
    pixels[20:30, 30:40] = (120, 80, 40)
    found = tissue_mask(pixels)
    assert found[12:38, 22:68].all()
    assert found.mean() < 0.4


def test_glass_has_no_tissue():
    assert not tissue_mask(np.full((30, 30, 3), 240, np.uint8)).any()
    assert tissue_mask(np.full((30, 30, 3), (200, 90, 160), np.uint8), threshold=0.2).all()
    with pytest.raises(InputError, match=r"not \(H, W, 3\)"):
        tissue_mask(np.zeros((30, 30), np.uint8))


# --- stains ---

STAINS = np.array([[0.65, 0.70, 0.29], [0.22, 0.80, 0.56]])
STAINS /= np.linalg.norm(STAINS, axis=1, keepdims=True)


def stained(strength, seed=0):
    """A picture of pixels with known amounts of two stains, some pure."""
    rng = np.random.default_rng(seed)
    amounts = rng.uniform(0.8, 1.8, (60, 60, 2)) * strength
    amounts[:20, :, 1] = 0
    amounts[20:40, :, 0] = 0
    return np.rint(240 * np.exp(-amounts @ STAINS) - 1).clip(0, 255).astype(np.uint8)


def test_the_stains_that_were_mixed_are_found():
    found = estimate_stains(stained(1.0))
    # Within two degrees.
    assert (np.sum(found.stains * STAINS, axis=1) > np.cos(np.deg2rad(2))).all()
    assert found.strengths == pytest.approx([1.79, 1.79], abs=0.1)


def test_a_paler_slide_is_brought_to_the_colours_of_another():
    dark, pale = stained(1.0), stained(0.6)
    result = normalise_stains(pale, estimate_stains(dark))
    assert np.abs(result.astype(int) - dark).mean() < 4
    assert np.abs(pale.astype(int) - dark).mean() > 20
    itself = normalise_stains(dark, estimate_stains(dark))
    assert np.abs(itself.astype(int) - dark).max() <= 6


def test_tiles_of_one_slide_keep_their_colours():
    pixels = stained(1.0)
    source = estimate_stains(pixels)
    whole = normalise_stains(pixels, source=source)
    np.testing.assert_array_equal(normalise_stains(pixels[:10], source=source), whole[:10])


def test_pictures_without_two_stains_are_refused():
    with pytest.raises(InputError, match="Only 0 pixels are stained"):
        estimate_stains(np.full((20, 20, 3), 240, np.uint8))
    with pytest.raises(InputError, match="have one colour"):
        estimate_stains(np.full((20, 20, 3), (150, 60, 120), np.uint8))
    with pytest.raises(InputError, match="8 bit with three colours"):
        normalise_stains(np.zeros((20, 20, 3), np.float32), StainReference(STAINS, np.ones(2)))
