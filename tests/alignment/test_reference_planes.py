"""Planes onto a template: one for all, one for each, of another pixel size and another contrast."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import Stack, align_pair, align_stack
from patchprobe.alignment import AlignmentEdits, Box, FieldTransform, StackAlignment
from patchprobe.errors import InputError

SHAPE = (112, 128)


def turned(degrees: float, shift: tuple[float, float]) -> np.ndarray:
    """Template to plane: a turn about the middle, then a shift."""
    angle, centre, matrix = np.deg2rad(degrees), (np.array(SHAPE) - 1) / 2, np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:2, 2] = centre - matrix[:2, :2] @ centre + shift
    return matrix


MOTIONS = [turned(4.0, (5.0, -7.0)), turned(-6.0, (-4.0, 3.0))]


@pytest.fixture(scope="module")
def planes(view) -> np.ndarray:
    return np.stack([view(np.linalg.inv(motion), SHAPE) for motion in MOTIONS])


def off(found: np.ndarray, truth: np.ndarray) -> float:
    corners = np.array([(y, x, 1.0) for y in (0, SHAPE[0]) for x in (0, SHAPE[1])]).T
    return float(np.abs((found - truth) @ corners).max())


def test_each_plane_is_aligned_with_the_one_template(view, planes):
    template = Stack(view(shape=SHAPE), "yx", name="atlas")
    told: list[tuple[int, int]] = []
    found = align_stack(Stack(planes, "zyx"), None, template, on_progress=lambda *done: told.append(done))
    assert (found.statuses, found.reference, found.model) == (("ok", "ok"), "atlas", "rigid")
    assert max(off(s.matrix, m) for s, m in zip(found.sections, MOTIONS, strict=True)) < 0.3
    assert told == [(1, 2), (2, 2)]
    aligned = found.apply(Stack(planes, "zyx"), output=Box((0, 0), SHAPE)).plane(1)
    inner = (slice(20, -20), slice(20, -20))
    np.testing.assert_allclose(aligned[inner], view(shape=SHAPE)[inner], atol=6)


def test_planes_of_a_volume_belong_to_those_of_the_same_number(view, planes):
    # The second plane of the template has moved, and the second of the volume with it.
    template = np.stack([view(shape=SHAPE), planes[1]])
    movie = np.stack([planes, planes])
    found = align_stack(Stack(movie, "tzyx"), None, Stack(template, "zyx"))
    assert off(found[2].matrix, MOTIONS[0]) < 0.3
    assert off(found[3].matrix, np.eye(3)) < 0.3


def test_pixels_of_another_size_are_minded(view):
    template = Stack(view(shape=SHAPE), "yx", (2.0, 2.0), ("µm", "µm"))
    # Half the size: what lies at p of the template lies at 2 p + 0.5 + (6, -8) of the plane.
    plane = view(np.array([[0.5, 0, -3.25], [0, 0.5, 3.75], [0, 0, 1]]), (2 * SHAPE[0], 2 * SHAPE[1]))
    stack = Stack(plane[None], "zyx", (1.0, 1.0, 1.0), ("µm",) * 3)
    found = align_stack(stack, None, template, model="translation")
    truth = np.array([[2, 0, 6.5], [0, 2, -7.5], [0, 0, 1]])
    assert off(found[0].matrix, truth) < 0.5
    # Residuals are in the template's pixels.
    assert (found.pixel.size, found.pixel.unit) == ((2.0, 2.0), "µm")


def test_a_plane_that_fails_keeps_the_map_before_it(view, planes):
    both = np.stack([planes[0], np.zeros(SHAPE)])
    found = align_stack(Stack(both, "zyx"), None, Stack(view(shape=SHAPE), "yx"))
    assert found.statuses == ("ok", "failed")
    assert found.transforms[1] == found.transforms[0]


def test_the_other_contrast_is_aligned_by_its_edges(view, planes):
    found = align_pair(view(shape=SHAPE), -planes[0], "rigid")
    assert found.status == "ok"
    assert "edges" in found.note
    assert off(found.matrix, MOTIONS[0]) < 0.5
    assert align_pair(view(shape=SHAPE), -planes[0][::-1], "rigid").status != "ok"


def test_a_template_may_be_reached_elastically(view, texture, tmp_path):
    y, x = np.mgrid[:192, :192].astype(float)
    bend = 3 * np.sin(y / 30)
    moving = texture(y, x - bend)
    fixed = view(shape=(192, 192))
    found = align_stack(Stack(moving[None], "zyx"), None, Stack(fixed, "yx"), model="elastic")
    assert isinstance(found.transforms[0], FieldTransform)
    places = np.array([(60.0, 90.0), (120.0, 70.0)])
    np.testing.assert_allclose(
        found.transforms[0].points(places)[:, 1] - places[:, 1], 3 * np.sin(places[:, 0] / 30), atol=0.3
    )
    assert StackAlignment.load(found.save(tmp_path / "a.json")) == found


def test_numbers_of_planes_must_go_together(view):
    stack = Stack(np.stack([view(shape=(32, 32))] * 3), "zyx")
    with pytest.raises(InputError, match="has 2"):
        align_stack(stack, None, Stack(stack.data[:2], "zyx"))
    with pytest.raises(InputError, match="whole shifts"):
        align_stack(stack, "filters", Stack(stack.data[0], "yx"), "median")
    with pytest.raises(InputError, match="Leave the edits out"):
        align_stack(stack, None, Stack(stack.data[0], "yx"), edits=AlignmentEdits(excluded=(1,)))
