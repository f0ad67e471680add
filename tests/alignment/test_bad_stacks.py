"""What stacks can be wrong by: nothing on them, too small, not alike. Each is said or flagged."""

from __future__ import annotations

import imageio.v3 as imageio
import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack, align_stack, load_stack
from patchprobe.errors import InputError

SHIFTS = np.array([(0, 0), (3, -5), (-4, -6), (5, 2)])


def planes() -> np.ndarray:
    image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(140, 140)), 2)
    image = 128 + 40 * image / image.std()
    cut = [image[20 - dy : 116 - dy, 20 - dx : 116 - dx] for dy, dx in SHIFTS]
    return np.stack(cut).astype(np.float32)


def align(data: np.ndarray, **options):
    return align_stack(Stack(data, "zyx"), None, "neighbours", **options)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, np.inf])
def test_one_section_with_nothing_on_it_is_flagged_and_bridged(value):
    data = planes()
    data[1] = value
    found = align(data, anchor=0)
    assert found.statuses == ("ok", "failed", "ok", "ok")
    assert "blank" in found[1].reason and "between sections 0 and 2" in found[1].reason
    np.testing.assert_allclose(found.shifts[2:], SHIFTS[2:], atol=0.2)


def test_a_section_that_is_half_there_is_aligned():
    data = planes()
    data[1, :45] = np.nan
    np.testing.assert_allclose(align(data, anchor=0).shifts, SHIFTS, atol=0.2)


@pytest.mark.parametrize("value", [3.0, np.nan])
def test_where_nothing_is_on_any_section_all_failed_and_none_moved(value):
    found = align(np.full((3, 40, 40), value))
    assert set(found.statuses) == {"failed"} and not found.shifts.any()


def test_a_section_of_noise_is_not_trusted_and_moves_no_other():
    data = planes()
    data[2] = np.random.default_rng(1).normal(size=data[2].shape)
    found = align(data)
    assert found[2].status != "ok"
    good = [0, 1, 3]
    assert [found[i].status for i in good] == ["ok"] * 3
    # The middle one would be the frame, but no other confirms it.
    np.testing.assert_allclose(found.shifts[good], SHIFTS[good] - SHIFTS[1], atol=0.2)


def test_one_section_is_its_own_frame_and_alike_ones_stay():
    assert align(planes()[:1]).statuses == ("ok",)
    found = align(np.repeat(planes()[:1], 3, axis=0))
    assert found.statuses == ("ok",) * 3
    np.testing.assert_allclose(found.shifts, 0, atol=1e-6)


def test_no_section_gives_no_alignment():
    assert len(align(planes()[:0])) == 0


def test_what_cannot_be_aligned_is_refused_in_words():
    with pytest.raises(InputError, match="10 × 96 px; at least 16 × 16"):
        align(planes()[:, :10])
    with pytest.raises(InputError, match="Use the model 'affine'"):
        align(planes(), model="elastic")
    with pytest.raises(InputError, match="complex"):
        align(planes().astype(complex))


def test_sections_of_different_size_are_named(tmp_path):
    for number, height in enumerate((40, 42)):
        imageio.imwrite(tmp_path / f"section_{number}.png", np.zeros((height, 50), np.uint8))
    with pytest.raises(InputError, match=r"section_1.png has the shape \(42, 50\)"):
        load_stack(tmp_path)
