"""Boxes of the common frame, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Box, FieldTransform, Transform
from patchprobe.alignment.box import common_box
from patchprobe.errors import InputError

SHAPE = (50, 60)


def shifts(*pairs) -> list[Transform]:
    return [Transform.translation(pair) for pair in pairs]


def turned(degrees: float) -> Transform:
    """About the middle of the plane."""
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    middle = Transform.translation((24.5, 29.5))
    turn = Transform([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return middle.inverse().compose(turn).compose(middle)


def test_same_is_the_frame_of_the_first():
    assert common_box(shifts((5, 5)), SHAPE, "same") == Box((0, 0), SHAPE)


def test_union_and_intersection_of_shifts():
    # Section 1 lies at rows −2 to 47, columns 3 to 62; section 2 at rows 1 to 50.
    transforms = shifts((0, 0), (2, -3), (-1, 0))
    assert common_box(transforms, SHAPE, "union") == Box((-2, 0), (53, 63))
    assert common_box(transforms, SHAPE, "intersection") == Box((1, 3), (47, 57))


def test_half_a_pixel_is_not_covered():
    # Rows −0.5 to 48.5 of the frame: 0 to 48 are covered, −1 to 49 are needed for all of it.
    transforms = shifts((0.5, 0))
    assert common_box(transforms, SHAPE, "intersection") == Box((0, 0), (49, 60))
    assert common_box(transforms, SHAPE, "union") == Box((-1, 0), (51, 60))


@pytest.mark.parametrize("degrees", [3, -20, 45])
def test_a_turn_leaves_a_box_that_every_section_covers(degrees):
    transforms = [Transform.identity(), turned(degrees)]
    box = common_box(transforms, SHAPE, "intersection")
    y, x = np.meshgrid(*(o + np.arange(n) for o, n in zip(box.origin, box.shape, strict=True)), indexing="ij")
    inside = np.stack([y.ravel(), x.ravel()], axis=1)
    for transform in transforms:
        there = transform.points(inside)
        assert (there > -1e-5).all()
        assert (there < np.array(SHAPE) - 1 + 1e-5).all()
    # No side can be moved outwards.
    for side in range(4):
        origin, shape = list(box.origin), list(box.shape)
        axis = side % 2
        origin[axis] -= side < 2
        shape[axis] += 1
        corners = np.array(
            [(origin[0] + i * (shape[0] - 1), origin[1] + j * (shape[1] - 1)) for i in (0, 1) for j in (0, 1)]
        )
        reached = [transform.points(corners) for transform in transforms]
        assert any((r < -1e-6).any() or (r > np.array(SHAPE) - 1 + 1e-6).any() for r in reached)


def test_bent_edges_count():
    # The middle of the upper edge is pulled from 4 rows above: the section bulges down there.
    nodes = np.zeros((3, 3, 2))
    nodes[0, 1] = -4, 0
    bent = FieldTransform(Transform.identity(), nodes, (49, 29.5), degree="linear")
    box = common_box([bent], SHAPE, "intersection")
    assert (
        bent.raster(box.origin[0] + np.arange(box.shape[0]), box.origin[1] + np.arange(box.shape[1])).min()
        >= -1e-6
    )
    assert box.shape[0] < 50


def test_a_box_by_hand():
    assert common_box(shifts((1, 1)), SHAPE, Box((-5, 3), (7, 8))) == Box((-5, 3), (7, 8))


def test_refuses_in_words():
    with pytest.raises(InputError, match="No part"):
        common_box(shifts((0, 0), (50, 0)), SHAPE, "intersection")
    with pytest.raises(InputError, match="'all'"):
        common_box(shifts((0, 0)), SHAPE, "all")
    with pytest.raises(InputError, match="at least 1"):
        Box((0, 0), (0, 5))
