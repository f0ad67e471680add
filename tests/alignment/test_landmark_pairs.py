"""Landmarks as values: what is missing, what is missed, what is written."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Transform
from patchprobe.alignment.landmark_pairs import LandmarkPairs, load_landmarks, save_landmarks
from patchprobe.errors import InputError

SQUARE = ((0.0, 0.0), (0.0, 10.0), (10.0, 0.0), (10.0, 10.0))
SHIFTED = LandmarkPairs(3, 4, tuple(((y, x), (y + 2, x - 1)) for y, x in SQUARE))


def test_pairs_are_added_and_taken_away():
    none = LandmarkPairs(3, 4)
    one = none.with_pair((1, 2), (3, 4))
    two = one.with_pair((5, 6), (7, 8))
    assert (len(none), len(one), len(two)) == (0, 1, 2)
    assert two.without(0).pairs == (((5, 6), (7, 8)),)
    assert two.with_moved(1, None, (9, 9)).pairs[1] == ((5, 6), (9, 9))
    assert none.fixed_points.shape == (0, 2)
    assert two.turned_round().turned_round() == two and two.turned_round().fixed == 4


@pytest.mark.parametrize(
    ("count", "model", "lacking", "spare"),
    [
        (0, "translation", 1, 0),
        (1, "affine", 2, 0),
        (1, "rigid", 1, 0),
        (3, "affine", 0, 0),
        (4, "rigid", 0, 2),
    ],
)
def test_what_a_model_lacks(count, model, lacking, spare):
    pairs = LandmarkPairs(0, 1, SHIFTED.pairs[:count])
    assert (pairs.lacking(model), pairs.spare(model)) == (lacking, spare)


def test_the_fit_and_what_it_misses():
    assert SHIFTED.fit("rigid", 1.0).shift == pytest.approx((2, -1))
    np.testing.assert_allclose(SHIFTED.offsets(Transform.identity()), [(2, -1)] * 4)
    with pytest.raises(InputError, match="at least 3 pairs"):
        LandmarkPairs(0, 1, SHIFTED.pairs[:2]).fit("affine", 1.0)


def test_files_hold_several_pairs_of_sections(tmp_path):
    other = LandmarkPairs(4, 6, (((0.125, 1), (2, 3)),))
    path = save_landmarks(tmp_path / "landmarks.csv", [SHIFTED, other])
    assert path.read_text("utf-8").splitlines()[0] == "fixed,moving,fixed_y,fixed_x,moving_y,moving_x"
    assert load_landmarks(path) == (SHIFTED, other)
    assert LandmarkPairs.from_json(SHIFTED.as_json()) == SHIFTED


def test_a_file_without_sections_is_of_those_that_are_looked_at(tmp_path):
    path = tmp_path / "landmarks.csv"
    path.write_text("Fixed_Y, fixed_x,moving_y,moving_x\n1,2,3,4\n", "utf-8")
    assert load_landmarks(path, (7, 8)) == (LandmarkPairs(7, 8, (((1, 2), (3, 4)),)),)
    with pytest.raises(InputError, match="need fixed, moving, fixed_y"):
        load_landmarks(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns none"),
        ("y,x\n1,2\n", "columns y, x"),
        ("fixed_y,fixed_x,moving_y,moving_x\n1,2,3\n", "line 2: '1,2,3'"),
        ("fixed_y,fixed_x,moving_y,moving_x\n1,2,3,high\n", "as numbers"),
        ("fixed_y,fixed_x,moving_y,moving_x\n1,2,3,nan\n", "not finite"),
    ],
)
def test_files_that_say_something_else_are_refused(tmp_path, text, words):
    path = tmp_path / "landmarks.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=words):
        load_landmarks(path, (0, 1))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_landmarks(tmp_path / "none.csv")
