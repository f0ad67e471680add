"""Objects of one plane, drawn so that the answer can be read off."""

import numpy as np
import pytest
from skimage.draw import disk

from patchprobe.errors import InputError
from patchprobe.objects import ObjectSettings, find_objects

# Class 2 in a block with a hole, a single pixel, and a corner that touches the block's by a corner.
PLANE = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1],
        [1, 2, 2, 2, 1, 1, 2],
        [1, 2, 1, 2, 1, 1, 1],
        [1, 2, 2, 2, 1, 1, 1],
        [1, 1, 1, 1, 2, 2, 1],
        [1, 1, 1, 1, 2, 2, 1],
    ]
)


def found(plane=PLANE, classes=None, **settings):
    return find_objects(plane, ObjectSettings(**settings), classes)


def test_connected_pixels_are_an_object():
    objects = found()
    assert objects.dtype == np.int32
    np.testing.assert_array_equal(objects > 0, PLANE == 2)
    assert objects.max() == 3
    assert [objects[1, 1], objects[1, 6], objects[4, 4]] == [1, 2, 3]


def test_with_corners_the_block_and_its_neighbour_are_one():
    objects = found(diagonal=True)
    assert objects.max() == 2
    assert objects[1, 1] == objects[4, 4] == 1


def test_a_small_object_is_left_out_and_the_numbers_close_up():
    objects = found(min_size=4)
    np.testing.assert_array_equal(np.bincount(objects.ravel())[1:], [8, 4])
    assert objects[1, 6] == 0 and objects[4, 4] == 2


def test_a_hole_is_filled_up_to_its_size():
    assert found(fill_holes=1)[2, 2] == 1
    assert found()[2, 2] == 0
    wide = np.full((6, 6), 2)
    wide[2:4, 2:4] = 1
    assert not found(wide, fill_holes=3)[2:4, 2:4].any()
    assert found(wide, fill_holes=4).all()


def test_what_reaches_the_edge_is_no_hole():
    plane = np.full((4, 4), 2)
    plane[0, 1] = 1
    assert found(plane, fill_holes=100)[0, 1] == 0


def test_the_other_class():
    np.testing.assert_array_equal(found(number=1) > 0, PLANE == 1)


class TestProbabilities:
    # Of classes 1, 2, 4 at four pixels.
    THREE = np.array([[[0.6, 0.4, 0.0], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6], [0.1, 0.9, 0.0]]], np.float32)

    def test_without_a_threshold_where_the_class_is_the_most_probable(self):
        np.testing.assert_array_equal(found(self.THREE, (1, 2, 4)), [[0, 1, 0, 2]])
        np.testing.assert_array_equal(found(self.THREE, (1, 2, 4), number=4), [[0, 0, 1, 0]])

    def test_with_a_threshold_where_it_is_above(self):
        np.testing.assert_array_equal(found(self.THREE, (1, 2, 4), threshold=0.3), [[1, 1, 0, 2]])
        np.testing.assert_array_equal(found(self.THREE, (1, 2, 4), threshold=0.5), [[0, 0, 0, 1]])

    def test_they_are_numbered_from_one_if_nothing_is_said(self):
        np.testing.assert_array_equal(found(self.THREE, number=3), [[0, 0, 1, 0]])

    def test_of_the_class_alone_a_half_is_the_border(self):
        plane = np.array([[0.2, 0.7, 0.5]], np.float32)
        np.testing.assert_array_equal(found(plane), [[0, 1, 0]])
        np.testing.assert_array_equal(found(plane, threshold=0.1), [[1, 1, 1]])

    def test_a_class_that_is_not_there_is_named(self):
        with pytest.raises(InputError, match=r"no class 3; there are 1, 2, 4"):
            found(self.THREE, (1, 2, 4), number=3)

    def test_what_is_not_finite_is_outside(self):
        plane = np.full((1, 3, 2), np.nan, np.float32)
        plane[0, 0] = 0, 1
        np.testing.assert_array_equal(found(plane, threshold=0.5), [[1, 0, 0]])

    @pytest.mark.parametrize("threshold", [None, 0.5])
    def test_smoothing_takes_speckles_away_and_leaves_blocks(self, threshold):
        foreground = np.zeros((30, 30), np.float32)
        foreground[5, 5] = foreground[10:25, 10:25] = 1
        plane = np.stack([1 - foreground, foreground], axis=2)
        objects = found(plane, smoothing=2, threshold=threshold)
        assert objects.max() == 1
        assert objects[5, 5] == 0 and objects[17, 17] == 1


class TestTouching:
    @staticmethod
    def discs(apart, radius=10):
        plane = np.ones((50, 90), int)
        for column in (25, 25 + apart):
            plane[disk((25, column), radius)] = 2
        return plane

    def test_two_discs_are_split_at_the_waist(self):
        plane = self.discs(apart=17)
        assert found(plane).max() == 1
        objects = found(plane, split_diameter=20)
        assert objects.max() == 2
        np.testing.assert_array_equal(objects > 0, plane == 2)
        assert objects[25, 20] != objects[25, 47]
        sizes = np.bincount(objects.ravel())[1:]
        assert abs(sizes[0] - sizes[1]) < 0.05 * sizes.sum()

    @pytest.mark.parametrize("diameter", [14, 20, 28])
    def test_the_width_need_not_be_known_well(self, diameter):
        assert found(self.discs(apart=17), split_diameter=diameter).max() == 2

    def test_one_disc_stays_whole(self):
        assert found(self.discs(apart=0), split_diameter=20).max() == 1

    def test_a_part_too_thin_for_a_peak_stays(self):
        plane = self.discs(apart=17)
        plane[2, 3:80] = 2
        objects = found(plane, split_diameter=40)
        assert (objects[2, 3:80] > 0).all()
        assert len(np.unique(objects[2, 3:80])) == 1

    def test_a_low_probability_between_two_is_a_border(self):
        """A straight bar has no waist; only the probability says that it is two."""
        bar = np.zeros((20, 60), np.float32)
        bar[5:15, 5:55] = 1
        bar[5:15, 28:32] = 0.55
        plane = np.stack([1 - bar, bar], axis=2)
        assert found(plane).max() == 1
        assert found(plane, split_diameter=10).max() == 2

    def test_small_pieces_go_after_the_split(self):
        assert found(self.discs(apart=17), split_diameter=20, min_size=400).max() == 0


@pytest.mark.parametrize("settings", [{}, {"split_diameter": 5}, {"smoothing": 2, "fill_holes": 9}])
@pytest.mark.parametrize(
    ("plane", "count"),
    [
        (np.ones((6, 7), int), 0),
        (np.zeros((6, 7), int), 0),
        (np.full((6, 7), 2), 1),
        (np.full((1, 1), 2), 1),
        (np.ones((1, 1), int), 0),
        (np.full((1, 9), 2), 1),
    ],
    ids=["constant", "empty", "full", "one pixel", "one pixel outside", "one row"],
)
def test_planes_at_the_limits(plane, count, settings):
    objects = found(plane, **settings)
    assert objects.shape == plane.shape
    assert objects.max() == count
