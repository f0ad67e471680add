"""Whole slides: levels, sizes, parts, and those without a pyramid."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import tifffile

from patchprobe.datasets.miniature.tcga import write_slide
from patchprobe.errors import InputError
from patchprobe.io import load_stack
from patchprobe.io.levels import viewable_level

# Tiles of one colour each: JPEG keeps those as they are.
TILES = np.array([[(200, 30, 90), (20, 220, 60)], [(90, 90, 90), (250, 250, 250)]], np.uint8)
PIXELS = TILES.repeat(128, axis=0).repeat(128, axis=1)


@pytest.fixture
def slide(tmp_path):
    write_slide(tmp_path / "a.svs", PIXELS)
    return tmp_path / "a.svs"


def test_levels_have_their_size(slide):
    fine, coarse = (load_stack(slide, level=level) for level in (0, 1))
    assert (fine.axes, fine.shape, fine.rgb, fine.format) == ("yxc", (256, 256, 3), True, "Slide (aperio)")
    assert (fine.voxel_size, fine.units) == ((0.504, 0.504), ("µm", "µm"))
    assert (coarse.shape, coarse.voxel_size) == ((128, 128, 3), (1.008, 1.008))
    assert "2 levels of resolution (256 × 256, 128 × 128); level 1 was opened" in coarse.notes[0]
    for stack, centre in ((fine, 64), (coarse, 32)):
        seen = stack.plane()[centre :: 2 * centre, centre :: 2 * centre]
        assert np.abs(seen.astype(int) - TILES).max() <= 4


def test_a_window_is_what_it_is_in_the_whole(slide):
    for level in (0, 1):
        stack = load_stack(slide, level=level)
        np.testing.assert_array_equal(np.asarray(stack.data[37:101, 50:127]), stack.plane()[37:101, 50:127])


def test_large_slides_are_read_by_tiles(tmp_path):
    write_slide(tmp_path / "a.svs", np.broadcast_to(np.uint8(200), (4608, 4992, 3)).copy(), levels=1)
    stack = load_stack(tmp_path / "a.svs")
    assert stack.data.chunks == ((2048, 2048, 512), (2048, 2048, 896), (3,))


def test_a_slide_without_a_pyramid_says_so(tmp_path):
    write_slide(tmp_path / "a.svs", PIXELS, levels=1)
    assert "no pyramid" in load_stack(tmp_path / "a.svs").notes[0]
    with pytest.raises(InputError, match=r"level 1 is not in a\.svs.*without a pyramid has only level 0"):
        load_stack(tmp_path / "a.svs", level=1)


def test_pictures_beside_the_slide(slide):
    assert load_stack(slide, dataset="thumbnail").shape == (32, 32, 3)
    with pytest.raises(InputError, match=r"no picture 'macro' beside the slide\. There are: thumbnail"):
        load_stack(slide, dataset="macro")


def test_a_tiff_that_is_called_a_slide_is_read_as_what_it_is(tmp_path, slide, monkeypatch):
    tifffile.imwrite(tmp_path / "plain.svs", PIXELS, photometric="rgb")
    stack = load_stack(tmp_path / "plain.svs")
    np.testing.assert_array_equal(stack.plane(), PIXELS)
    assert "read as TIFF" in stack.notes[0]
    monkeypatch.setitem(sys.modules, "openslide", None)
    assert load_stack(slide).shape == (256, 256, 3)


def test_other_slides_need_openslide(tmp_path, monkeypatch):
    (tmp_path / "a.mrxs").write_bytes(b"\xff\xd8\xff" + b"\0" * 100)
    with pytest.raises(InputError, match="OpenSlide"):
        load_stack(tmp_path / "a.mrxs")
    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(InputError, match=r"needs OpenSlide.*pip install 'patchprobe\[datasets\]'"):
        load_stack(tmp_path / "a.mrxs")


def test_a_cut_slide_is_refused(slide):
    content = slide.read_bytes()
    slide.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"a\.svs"):
        load_stack(slide).plane()


def test_the_level_that_a_window_can_show(slide, monkeypatch, tmp_path):
    assert viewable_level(slide) == 0
    monkeypatch.setattr("patchprobe.io.levels._MOST_PIXELS", 20_000)
    assert viewable_level(slide) == 1
    monkeypatch.setattr("patchprobe.io.levels._MOST_PIXELS", 2000)
    assert viewable_level(slide) == 1
    np.save(tmp_path / "a.npy", PIXELS)
    assert viewable_level(tmp_path / "a.npy") == 0
