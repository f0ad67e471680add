"""Whether aligning helped, told by the pixels alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack
from patchprobe.alignment import Alignment, StackAlignment, Transform
from patchprobe.alignment.likeness import displacements, neighbour_likeness
from patchprobe.errors import InputError

TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((100, 110)), 2)
# The second section lies (6, −4) off the first, the third is blank.
SECTIONS = np.stack([TISSUE[10:90, 10:90], TISSUE[4:84, 14:94], np.zeros((80, 80))])


def stack_alignment(*shifts, shape=(80, 80)):
    return StackAlignment(tuple(Alignment(Transform.translation(shift)) for shift in shifts), shape)


def test_neighbours_are_alike_once_they_are_aligned():
    found = list(neighbour_likeness(Stack(SECTIONS, "zyx"), stack_alignment((0, 0), (6, -4), (0, 0))))
    assert [one.section for one in found] == [1, 2]
    assert found[0].before < 0.5 and found[0].after > 0.99
    assert found[1].before == found[1].after == 0


def test_planes_in_time_are_compared_in_their_order():
    """The first plane of a volume with that of the volume before, the second with the first."""
    data = np.stack([SECTIONS[:2], SECTIONS[:2]])
    found = list(neighbour_likeness(Stack(data, "tzyx"), stack_alignment(*[(0, 0), (6, -4)] * 2)))
    assert [one.section for one in found] == [1, 2, 3]
    assert min(one.after for one in found) > 0.99 and found[1].before > 0.99


def test_displacement_is_that_of_the_whole_plane():
    turn = np.eye(3)
    turn[:2, :2] = (0, -1), (1, 0)
    alignment = StackAlignment(
        (
            Alignment(Transform.identity()),
            Alignment(Transform.translation((3, 4))),
            Alignment(Transform(turn)),
        ),
        (3, 3),
    )
    # (y, x) to (−x, y): (0.5, 0.5) by √1, (0.5, 1.5) and (1.5, 0.5) by √5, (1.5, 1.5) by √9.
    np.testing.assert_allclose(displacements(alignment), [0, 5, np.sqrt((1 + 5 + 5 + 9) / 4)])


def test_another_stack_is_refused():
    with pytest.raises(InputError, match="2 planes"):
        next(neighbour_likeness(Stack(SECTIONS, "zyx"), stack_alignment((0, 0), (0, 0))))
