"""One section against another: what was injected is found, and what cannot be found is said."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import align_pair
from patchprobe.alignment import FieldTransform, Transform
from patchprobe.errors import InputError

CORNERS = np.array([(0.0, 0.0), (0.0, 159.0), (159.0, 0.0), (159.0, 159.0)])


def about_middle(part: np.ndarray, shift: tuple[float, float], side: int = 160) -> np.ndarray:
    """Fixed to moving: `part` about the middle of the plane, then the shift."""
    centre, matrix = np.full(2, (side - 1) / 2), np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = part, centre - part @ centre + shift
    return matrix


def turn(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def error(found: object, truth: np.ndarray) -> float:
    difference = found.points(CORNERS) - Transform(truth).points(CORNERS)
    return float(np.hypot(*difference.T).max())


INJECTED = {
    "translation": np.eye(2),
    "rigid": turn(7.3),
    "similarity": 1.06 * turn(-5.0),
    "affine": turn(4.0) @ np.array([[1.04, 0.02], [-0.01, 0.97]]),
}


@pytest.mark.parametrize("model", INJECTED)
def test_the_injected_transform_is_found(view, model):
    truth = about_middle(INJECTED[model], (9.4, -17.7))
    # Content at p of the fixed plane lies at truth(p) of the moving one, so that the moving one shows at q
    # what the fixed one shows at inverse(q).
    found = align_pair(view(), view(np.linalg.inv(truth)), model)
    assert (found.status, found.reason, found.model) == ("ok", "", model)
    assert error(found.transform, truth) < 0.3
    assert found.score > 0.95
    assert found.residual < 0.2


def test_a_turn_that_the_model_may_not_make_is_averaged(view):
    truth = about_middle(turn(6.0), (5.0, -7.0))
    found = align_pair(view(), view(np.linalg.inv(truth)), "translation")
    # What both show moves by this in the mean. Where one part fits best, it would be (5.2, −5.8).
    fixed = np.argwhere(np.ones((160, 160), bool))
    moving = Transform(truth).points(fixed)
    shown = ((moving >= 0) & (moving <= 159)).all(axis=1)
    assert found.matrix[:2, :2] == pytest.approx(np.eye(2))
    assert found.matrix[:2, 2] == pytest.approx((moving - fixed)[shown].mean(axis=0), abs=0.25)


def test_degraded_and_half_missing_is_found(view):
    truth = about_middle(turn(-6.0), (-12.0, 8.0))
    rng = np.random.default_rng(0)
    moving = 0.4 * view(np.linalg.inv(truth)) + rng.normal(0, 8, (160, 160)) + np.linspace(0, 50, 160)
    moving[:, 120:] = 0
    found = align_pair(view(), moving, "rigid")
    assert found.status == "ok"
    assert error(found.transform, truth) < 0.5


def test_planes_may_differ_in_size_and_dtype(view):
    fixed = np.clip(view(shape=(140, 180)), 0, 255).astype(np.uint8)
    moving = (view(np.linalg.inv(about_middle(np.eye(2), (5, -6))), (170, 150)) * 10).astype(np.uint16)
    found = align_pair(fixed, moving, "translation")
    assert found.status == "ok"
    np.testing.assert_allclose(found.transform.shift, (5, -6), atol=0.1)


def test_any_angle_and_the_other_face_on_request(view):
    truth = about_middle(turn(140) @ np.diag([1.0, -1.0]), (4, -3), 112)
    fixed, moving = view(shape=(112, 112)), view(np.linalg.inv(truth), (112, 112))
    assert align_pair(fixed, moving, "rigid").status == "failed"
    found = align_pair(fixed, moving, "rigid", max_rotation=180, flips=True)
    assert found.status == "ok"
    assert error(found.transform, truth) < 0.5


def test_colours_are_compared_by_their_mean(view):
    truth = about_middle(np.eye(2), (3, 4))
    colours = [np.repeat(image[:, :, None], 3, axis=2) for image in (view(), view(np.linalg.inv(truth)))]
    assert error(align_pair(*colours, "translation").transform, truth) < 0.1


def test_residuals_are_told_in_both_units(view):
    found = align_pair(view(), view(), "translation", pixel_size=4.0)
    assert found.residual_physical == pytest.approx(4 * found.residual)


def test_what_does_not_belong_together_is_not_ok(view):
    elsewhere = about_middle(turn(90), (4000, 0))
    found = align_pair(view(), view(elsewhere), "rigid")
    assert found.status == "failed"
    assert "do not resemble" in found.reason
    assert found.transform == Transform.identity()


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_blank_sections_fail_and_are_named(view, value):
    found = align_pair(view(), np.full((160, 160), value), "affine")
    assert (found.status, found.transform) == ("failed", Transform.identity())
    assert "moving section is blank" in found.reason
    assert "fixed and the moving" in align_pair(*[np.full((64, 64), value)] * 2).reason


def test_not_finite_pixels_do_not_count(view):
    truth = about_middle(np.eye(2), (6, 2))
    fixed = view()
    fixed[20:70, 30:90] = np.nan
    fixed[100, 100] = np.inf
    assert error(align_pair(fixed, view(np.linalg.inv(truth)), "translation").transform, truth) < 0.1


def test_masked_pixels_do_not_count(view):
    truth = about_middle(np.eye(2), (11, -7))
    moving = view(np.linalg.inv(truth))
    # A frame that belongs to the microscope: it does not move, and is strong.
    fixed = view()
    mask = np.ones((160, 160), bool)
    for plane in (fixed, moving):
        plane[60:110, 60:110] = 100 + 300 * np.random.default_rng(5).random((50, 50))
    mask[60:110, 60:110] = False
    found = align_pair(fixed, moving, "translation", fixed_mask=mask, moving_mask=mask)
    assert found.status == "ok"
    assert error(found.transform, truth) < 0.1


def test_max_shift_bounds_the_search(view):
    truth = about_middle(np.eye(2), (40, 0))
    moving = view(np.linalg.inv(truth))
    assert align_pair(view(), moving, "translation", max_shift=45).status == "ok"
    assert align_pair(view(), moving, "translation", max_shift=10).status != "ok"
    # Where the search ended something is always the best.
    for short in (2, 36, 40):
        assert align_pair(view(), moving, "translation", max_shift=short).status != "ok"
    assert align_pair(view(), view(), "translation", max_shift=0).status == "ok"


def test_features_are_a_second_witness(view, toy_backbone):
    truth = about_middle(turn(3), (8, 4))
    found = align_pair(view(), view(np.linalg.inv(truth)), "rigid", backbone=toy_backbone)
    assert found.status == "ok"
    assert error(found.transform, truth) < 0.2


def test_landmarks_start_where_no_search_looks(view):
    truth = about_middle(turn(75), (10, 5))
    here = np.array([(20.0, 30.0), (130.0, 40.0), (70.0, 120.0)])
    slips = np.array([(1, -1), (-1, 1), (1, 0)])
    there = Transform(truth).points(here) + slips
    found = align_pair(view(), view(np.linalg.inv(truth)), "rigid", landmarks=(here, there))
    assert found.status == "ok"
    assert error(found.transform, truth) < 0.2
    # The images correct what the hand missed, so that the distances are those of the hand.
    np.testing.assert_allclose(found.landmark_residuals, [2**0.5, 2**0.5, 1], atol=0.2)


def test_a_known_field_is_recovered(texture):
    y, x = np.mgrid[:192, :192].astype(float)
    # At most 4 px, one wave over the plane.
    field = 4 * np.stack([np.sin(2 * np.pi * x / 192), np.cos(2 * np.pi * y / 192)])
    found = align_pair(texture(y + field[0], x + field[1]), texture(y, x), "elastic")
    assert (found.status, found.model) == ("ok", "elastic")
    assert isinstance(found.transform, FieldTransform)
    assert not found.transform.folds
    inner = slice(16, -16, 8)
    points = np.stack([y[inner, inner].ravel(), x[inner, inner].ravel()], axis=1)
    truth = points + field[:, inner, inner].reshape(2, -1).T
    assert np.median(np.hypot(*(found.transform.points(points) - truth).T)) < 0.1


def test_a_field_that_does_not_help_is_not_kept(view):
    truth = about_middle(turn(2), (3, 3))
    rng = np.random.default_rng(1)
    planes = [plane + rng.normal(0, 15, plane.shape) for plane in (view(), view(np.linalg.inv(truth)))]
    found = align_pair(*planes, "elastic")
    assert (found.status, found.model) == ("ok", "affine")
    assert "not kept" in found.note


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "projective"}, "no model 'projective'"),
        ({"max_rotation": 190}, "0 to 180"),
        ({"max_shift": -1}, "0 or more"),
        ({"pixel_size": 0}, "positive"),
        ({"fixed_mask": np.ones((3, 3))}, "same shape"),
        ({"moving_mask": np.zeros((160, 160))}, "leaves nothing"),
        ({"model": "affine", "landmarks": (np.ones((2, 2)), np.ones((2, 2)))}, "at least 3 pairs"),
        ({"landmarks": (np.ones((2, 2)), np.ones((3, 2)))}, "row i"),
        ({"landmarks": np.ones((2, 2))}, "n, 2"),
    ],
)
def test_what_cannot_be_used_is_said(view, arguments, message):
    with pytest.raises(InputError, match=message):
        align_pair(view(), view(), **arguments)


def test_planes_that_are_no_planes_are_said(view):
    with pytest.raises(InputError, match="must be"):
        align_pair(view()[0], view())
    with pytest.raises(InputError, match="smaller than"):
        align_pair(np.ones((8, 8)), view())
