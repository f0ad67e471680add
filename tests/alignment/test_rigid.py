from __future__ import annotations

import math

import numpy as np
import pytest

from patchprobe.alignment import Transform
from patchprobe.alignment.rigid import Rigid, between, rigid_part

CENTRE = np.array([10.0, 20.0])


def test_the_middle_is_only_shifted():
    turned = Transform(Rigid((2.0, -3.0), 0.5).matrix(CENTRE))
    np.testing.assert_allclose(turned.points([CENTRE]), [np.add(CENTRE, (2, -3))])


def test_a_quarter_turn_takes_rows_to_columns():
    turned = Transform(Rigid((0.0, 0.0), math.pi / 2).matrix(CENTRE))
    np.testing.assert_allclose(turned.points([np.add(CENTRE, (1, 0))]), [np.add(CENTRE, (0, 1))])


def test_a_shift_stays_the_same_to_the_bit():
    matrix = Transform.translation((1 / 3, -0.1)).matrix
    assert rigid_part(matrix, CENTRE) == Rigid((1 / 3, -0.1), 0.0)
    np.testing.assert_array_equal(Rigid((1 / 3, -0.1), 0.0).matrix(CENTRE), matrix)


@pytest.mark.parametrize("angle", [-3.0, -0.2, 0.0, 1.0, 3.1])
def test_rigid_part_of_a_rigid_motion_is_itself(angle):
    found = rigid_part(Rigid((5.0, 1.0), angle).matrix(CENTRE), CENTRE)
    assert found.angle == pytest.approx(angle)
    assert found.shift == pytest.approx((5, 1))


def test_stretch_about_the_middle_has_no_rigid_part():
    stretch = np.array([[1.2, 0, 0], [0, 0.9, 0], [0, 0, 1]])
    stretch[:2, 2] = CENTRE - stretch[:2, :2] @ CENTRE
    found = rigid_part(stretch, CENTRE)
    assert (*found.shift, found.angle) == pytest.approx((0, 0, 0))


def test_between_two_turns_is_half_the_turn_by_the_short_way():
    one, other = (Transform(Rigid((0.0, 4.0), angle).matrix(CENTRE)) for angle in (3.0, -3.0))
    middle = rigid_part(between(one, other, 0.5, CENTRE).matrix, CENTRE)
    assert abs(middle.angle) == pytest.approx(math.pi)
    assert middle.shift == pytest.approx((0, 4))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_are_the_two_themselves(share):
    ends = [Transform([[1.1, 0.1, 3], [-0.2, 1.0, 4], [0, 0, 1]]), Transform.translation((1, 2))]
    np.testing.assert_allclose(between(*ends, share, CENTRE).matrix, ends[int(share)].matrix, atol=1e-12)


def test_between_shifts_is_a_shift():
    found = between(Transform.translation((0, 3)), Transform.translation((2, 0)), 0.5, CENTRE)
    assert found == Transform.translation((1, 1.5))
