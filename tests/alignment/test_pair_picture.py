"""Two sections in one picture: what is seen where, worked out for a few pixels."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import FieldTransform, Transform
from patchprobe.alignment.pair_picture import (
    NEUTRAL,
    SeenPlane,
    checkerboard,
    difference,
    placed,
    red_cyan,
    seen_planes,
    side_by_side,
    translucent,
)

MANY = 1 << 20
RAMP = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)


def seen(values, shown=True):
    pixels = np.array(values, dtype=np.uint8)
    return SeenPlane(pixels, np.broadcast_to(np.asarray(shown), pixels.shape[:2]).copy(), 1)


def flat(value, shape=(4, 4)):
    return seen(np.full(shape, value))


@pytest.mark.parametrize(
    "plane",
    [RAMP, 3 * RAMP + 40, RAMP.astype(np.uint16), RAMP.astype(np.float64) / 1e6],
    ids=["same", "scaled", "uint16", "small"],
)
def test_contrast_is_normalised_whatever_the_units(plane):
    one, other = seen_planes(RAMP, plane, MANY)
    assert (one.pixels.min(), one.pixels.max()) == (0, 255)
    assert np.abs(one.pixels.astype(int) - other.pixels).max() <= 1


@pytest.mark.parametrize("value", [0, 7.5, np.nan])
def test_a_plane_without_contrast_is_shown_too(value):
    one, _ = seen_planes(np.full((8, 8), value, np.float32), RAMP, MANY)
    if np.isnan(value):
        assert not one.shown.any() and (one.frame == NEUTRAL).all()
    else:
        assert one.shown.all() and len(np.unique(one.pixels)) == 1


def test_colours_stay_colours_and_opacity_is_left_out():
    colours = np.dstack([RAMP, RAMP / 2, np.zeros_like(RAMP), np.full_like(RAMP, 255)])
    one, _ = seen_planes(colours, RAMP, MANY)
    assert one.pixels.shape == (64, 64, 3)
    assert one.pixels[-1, -1].tolist()[1:] == pytest.approx([128, 0], abs=4)
    two, _ = seen_planes(np.dstack([RAMP, RAMP]), RAMP, MANY)
    assert not two.is_colour


def test_large_planes_are_averaged_alike():
    large = np.kron(np.array([[0, 1], [1, 0]]), np.ones((40, 40)))
    one, other = seen_planes(large, large[:40], 20 * 20)
    assert one.step == other.step == 4
    assert one.pixels.shape == (20, 20) and other.pixels.shape == (10, 20)
    assert one.pixels[0, 0] == 0 and one.pixels[0, -1] == 255


@pytest.mark.parametrize("step", [1, 4])
def test_the_moving_plane_is_pulled_to_where_its_content_belongs(step):
    canvas = np.random.default_rng(0).random((96, 96)).repeat(step, 0).repeat(step, 1)
    fixed, moving = canvas[: 64 * step, : 64 * step], canvas[8 * step :, 4 * step : 68 * step]
    one, other = seen_planes(fixed, moving, 96 * 96)
    assert one.step == step
    pulled = placed(other, Transform.translation((-8 * step, -4 * step)), one.shown.shape)
    assert not pulled.shown[:8].any() and not pulled.shown[:, :4].any() and pulled.shown[8:, 4:].all()
    inner = (slice(8, None), slice(4, None))
    assert np.abs(pulled.pixels[inner].astype(int) - one.pixels[inner]).max() <= 3


def test_what_bends_is_pulled_as_well():
    field = FieldTransform.through(Transform.translation((2, 0)), np.zeros((3, 3, 2)), (32.0, 32.0))
    one, other = seen_planes(RAMP, RAMP, MANY)
    straight = placed(other, field.affine, one.shown.shape)
    bent = placed(other, field, one.shown.shape)
    np.testing.assert_array_equal(bent.shown[:60], straight.shown[:60])
    assert np.abs(bent.pixels[:60].astype(int) - straight.pixels[:60]).max() <= 1


def test_the_checkerboard_begins_with_the_fixed_plane():
    picture = checkerboard(flat(10), flat(200), 2)
    wanted = [[10, 10, 200, 200], [10, 10, 200, 200], [200, 200, 10, 10], [200, 200, 10, 10]]
    assert picture.shape == (4, 4, 3) and picture.dtype == np.uint8
    for channel in range(3):
        np.testing.assert_array_equal(picture[:, :, channel], wanted)


def test_squares_are_in_pixels_of_the_plane_as_it_was():
    fixed, moving = (SeenPlane(plane.pixels, plane.shown, 4) for plane in (flat(10), flat(200)))
    np.testing.assert_array_equal(checkerboard(fixed, moving, 8)[0, :, 0], [10, 10, 200, 200])
    np.testing.assert_array_equal(checkerboard(fixed, moving, 1)[0, :, 0], [10, 200, 10, 200])


def test_colours_and_grey_share_a_checkerboard():
    red = seen(np.broadcast_to(np.array([255, 0, 0], np.uint8), (4, 4, 3)))
    picture = checkerboard(red, flat(90), 2)
    assert picture[0, 0].tolist() == [255, 0, 0] and picture[0, 2].tolist() == [90, 90, 90]


def test_red_cyan_is_grey_where_both_agree():
    fixed = seen([[100, 200, 80, 5]], [[True, True, True, False]])
    moving = seen([[100, 50, 7, 60]], [[True, True, False, False]])
    assert red_cyan(fixed, moving)[0].tolist() == [
        [100, 100, 100],
        [200, 50, 50],
        [40, 40, 40],  # only the fixed one is there: half its brightness
        [NEUTRAL] * 3,
    ]


def test_the_difference_is_black_where_both_agree():
    fixed, moving = seen([[100, 200, 80]], [[True, True, False]]), seen([[100, 50, 7]])
    assert difference(fixed, moving)[0].tolist() == [[0] * 3, [150] * 3, [NEUTRAL] * 3]


def test_translucent_is_the_mean_of_both():
    fixed = seen([[100, 200, 80, 5]], [[True, True, True, False]])
    moving = seen([[100, 50, 7, 60]], [[True, True, False, False]])
    assert translucent(fixed, moving)[0, :, 0].tolist() == [100, 125, 80, NEUTRAL]


def test_side_by_side_leaves_a_gap():
    picture = side_by_side(flat(10, (2, 3)), flat(200, (2, 4)), 2)
    np.testing.assert_array_equal(picture[0, :, 0], [10] * 3 + [NEUTRAL] * 2 + [200] * 4)
