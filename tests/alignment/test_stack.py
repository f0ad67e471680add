"""Whole stacks: the chain of shifts, gaps in it, and every kind of stack."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack, align_stack
from patchprobe.alignment import align_sections
from patchprobe.errors import InputError

SHIFTS = np.array([(0, 0), (3, -5), (-4, -6), (-9, 2), (0, 7)])


def world(seed: int = 0, size: int = 160, channels: int | None = None) -> np.ndarray:
    """Blobs of several sizes in 0–255, continuous, so that it can be cut anywhere."""
    rng = np.random.default_rng(seed)
    shape = (size, size) if channels is None else (size, size, channels)
    blur = [sigma if axis < 2 else 0 for sigma in (1.5,) for axis in range(len(shape))]
    fine = ndimage.gaussian_filter(rng.normal(size=shape), blur)
    coarse = ndimage.gaussian_filter(rng.normal(size=shape), [4 * b for b in blur])
    image = fine / fine.std() + coarse / coarse.std()
    return np.clip(128 + 40 * image, 1, 254)


def cut(image: np.ndarray, shift: tuple[int, int], shape: tuple[int, int] = (96, 100)) -> np.ndarray:
    """A section in which what lies at p of the unshifted one lies at p + shift."""
    y, x = 30 - shift[0], 30 - shift[1]
    return image[y : y + shape[0], x : x + shape[1]]


def displaced_stack(dtype=np.uint8, axes="zyx", channels=None, rgb=False) -> Stack:
    image = world(channels=channels)
    data = np.stack([cut(image, shift) for shift in SHIFTS]).astype(dtype)
    return Stack(data, axes, rgb=rgb)


@pytest.mark.parametrize("reference", ["previous", "first"])
@pytest.mark.parametrize("backbone", ["filters", None])
def test_shifts_add_up(reference, backbone):
    alignment = align_stack(displaced_stack(), backbone, reference)
    np.testing.assert_allclose(alignment.shifts, SHIFTS, atol=0.05)
    assert set(alignment.statuses) == {"ok"}
    wanted = [None, 0, 1, 2, 3] if reference == "previous" else [None, 0, 0, 0, 0]
    assert [section.reference for section in alignment.sections] == wanted
    np.testing.assert_array_equal(alignment[1].matrix[:2, 2], alignment[1].shift)


@pytest.mark.parametrize("method", ["median", "max-correlation"])
def test_the_methods_of_the_reports(method):
    image = world()
    data = np.stack([cut(image, shift, (96, 96)) for shift in ((0, 0), (16, -16), (0, -16))])
    alignment = align_stack(Stack(data, "zyx"), "placeholder-cnx-t", method=method)
    np.testing.assert_allclose(alignment.shifts, [(0, 0), (16, -16), (0, -16)])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_any_dtype(dtype):
    np.testing.assert_allclose(align_stack(displaced_stack(dtype)).shifts, SHIFTS, atol=0.05)


@pytest.mark.parametrize(("channels", "rgb"), [(3, True), (3, False), (2, False)])
def test_colours_and_channels(channels, rgb):
    alignment = align_stack(displaced_stack(axes="zyxc", channels=channels, rgb=rgb))
    np.testing.assert_allclose(alignment.shifts, SHIFTS, atol=0.05)


@pytest.mark.parametrize("axes", ["zyx", "tyx"])
def test_time_is_a_stack_too(axes):
    np.testing.assert_allclose(align_stack(displaced_stack(axes=axes)).shifts, SHIFTS, atol=0.05)


def test_volumes_in_time_follow_planes_then_time():
    """Two time points of three planes; planes of a volume show different things at depth 2 than at 0."""
    images = [world(), 0.7 * world() + 0.3 * world(1), 0.4 * world() + 0.6 * world(1)]
    shifts = np.array([[(0, 0), (2, 1), (3, 3)], [(5, -4), (6, -3), (9, -1)]])
    data = np.stack([[cut(image, s) for image, s in zip(images, row, strict=True)] for row in shifts])
    alignment = align_stack(Stack(data, "tzyx"))
    np.testing.assert_allclose(alignment.shifts, shifts.reshape(-1, 2), atol=0.3)
    # The first plane of a volume is compared with the first plane of the volume before.
    assert [section.reference for section in alignment.sections] == [None, 0, 1, 0, 3, 4]


@pytest.mark.parametrize("blank", [0, 2, 4])
@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_blank_sections_are_bridged(blank, value):
    stack = displaced_stack(np.float32)
    stack.data[blank] = value
    alignment = align_stack(stack)
    assert len(alignment) == 5
    assert [status == "failed" for status in alignment.statuses] == [i == blank for i in range(5)]
    assert "blank" in alignment[blank].reason
    good = [i for i in range(5) if i != blank]
    np.testing.assert_allclose(alignment.shifts[good], SHIFTS[good] - SHIFTS[good[0]], atol=0.05)
    before = alignment.shifts[blank - 1] if blank else (0, 0)
    np.testing.assert_array_equal(alignment.shifts[blank], before)


def test_a_section_of_something_else_is_bridged():
    stack = displaced_stack()
    stack.data[2] = cut(world(seed=77), (0, 0))
    alignment = align_stack(stack)
    assert alignment.statuses[2] != "ok"
    good = [0, 1, 3, 4]
    if alignment.statuses[2] == "failed":
        np.testing.assert_allclose(alignment.shifts[good], SHIFTS[good], atol=0.05)


def test_the_chain_goes_on_after_a_change_of_content():
    first, second = world(), world(seed=5)
    cuts = [cut(first, (0, 0)), cut(first, (2, 0)), cut(second, (0, 0)), cut(second, (-3, 4))]
    alignment = align_stack(Stack(np.stack(cuts), "zyx"))
    np.testing.assert_allclose(alignment[3].step, (-3, 4), atol=0.05)
    assert alignment.statuses[3] == "ok"


@pytest.mark.parametrize("value", [0, 9])
def test_all_sections_blank(value):
    alignment = align_stack(Stack(np.full((3, 20, 20), value, np.uint8), "zyx"))
    assert set(alignment.statuses) == {"failed"}
    np.testing.assert_array_equal(alignment.shifts, 0)


def test_identical_sections_do_not_move():
    plane = cut(world(), (0, 0)).astype(np.uint8)
    alignment = align_stack(Stack(np.stack([plane] * 3), "zyx"))
    np.testing.assert_array_equal(alignment.shifts, 0)
    assert alignment.statuses == ("ok",) * 3


@pytest.mark.parametrize("axes", ["yx", "zyx"])
def test_one_section_is_its_own_frame(axes):
    plane = cut(world(), (0, 0))
    alignment = align_stack(Stack(plane if axes == "yx" else plane[None], axes))
    assert alignment.statuses == ("ok",)
    assert alignment[0].reference is None


def test_shift_of_more_than_half():
    image = world(size=400)
    data = np.stack([image[200:300, 100:200], image[140:240, 120:220]])
    alignment = align_stack(Stack(data, "zyx"))
    np.testing.assert_allclose(alignment.shifts[1], (60, -20), atol=0.1)


def test_part_of_a_pixel():
    image = world()
    moved = ndimage.shift(image, (2.3, -1.6), order=3)
    alignment = align_stack(Stack(np.stack([cut(image, (0, 0)), cut(moved, (0, 0))]), "zyx"))
    np.testing.assert_allclose(alignment.shifts[1], (2.3, -1.6), atol=0.1)


def test_other_contrast_noise_and_a_missing_piece():
    stack = displaced_stack(np.float64)
    rng = np.random.default_rng(0)
    for i in range(1, 5):
        stack.data[i] = 30 + (0.9 - 0.12 * i) * stack.data[i] + rng.normal(0, 12, stack.plane_shape)
        stack.data[i, 20 * (i - 1) : 20 * i + 10, 10:40] = 0
    alignment = align_stack(stack)
    np.testing.assert_allclose(alignment.shifts, SHIFTS, atol=1)
    assert "failed" not in alignment.statuses


def test_max_shift_limits_each_step():
    within = align_stack(displaced_stack(), None, max_shift=9)
    np.testing.assert_allclose(within.shifts, SHIFTS, atol=0.05)
    image = world(size=200)
    far = np.stack([image[20:140, 20:140], image[60:180, 20:140]])
    assert align_stack(Stack(far, "zyx"), None).shifts[1] == pytest.approx((-40, 0), abs=0.05)
    assert np.abs(align_stack(Stack(far, "zyx"), None, max_shift=10).shifts).max() < 12


@pytest.mark.parametrize("shape", [(1, 40), (3, 3), (7, 40), (12, 13)])
def test_tiny_sections_do_not_break(shape):
    planes = np.random.default_rng(0).random((3, *shape))
    alignment = align_stack(Stack(planes, "zyx"))
    assert len(alignment) == 3


def test_sections_smaller_than_a_patch_are_refused_in_words():
    stack = Stack(np.random.default_rng(0).random((2, 12, 12)), "zyx")
    with pytest.raises(InputError, match="smaller than one patch"):
        align_stack(stack, "placeholder-cnx-t")


def test_progress_and_stopping():
    calls = []
    steps = align_sections(
        displaced_stack(), None, on_progress=lambda done, total: calls.append((done, total))
    )
    assert next(steps)[0] == 0
    assert next(steps)[0] == 1
    steps.close()
    assert calls == [(1, 5)]
    align_stack(displaced_stack(), None, on_progress=lambda done, total: calls.append((done, total)))
    assert calls[1:] == [(i, 5) for i in range(1, 6)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"reference": "last"},
        {"method": "best"},
        {"backbone": "nothing"},
        {"backbone": None, "method": "median"},
    ],
)
def test_refuses_before_it_starts(arguments):
    with pytest.raises(InputError):
        align_sections(displaced_stack(), **arguments)
