"""Where the next stroke teaches most."""

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe.next_place import Place, candidates, choose
from patchprobe.probe import read_rows
from patchprobe.steps import finish


def place(point, uncertainty, features, plane=0):
    return Place(plane, point, uncertainty, (1, 2), np.array(features, np.float32))


@pytest.fixture(scope="module")
def painted():
    """Dark on the left, bright on the right, and a grey square of neither in the middle."""
    plane = np.zeros((192, 192))
    plane[:, 96:] = 1
    plane[80:112, 80:112] = 0.5
    plane += 0.05 * np.random.default_rng(0).random(plane.shape)
    strokes = np.zeros(plane.shape, np.uint8)
    strokes[20:30, 20:40], strokes[20:30, 150:170] = 1, 2
    return embed(plane), strokes


def test_the_most_uncertain_place_is_where_nothing_was_painted_like_it(painted):
    embedding, strokes = painted
    probe = LinearProbe(C=16.0).fit(embedding, strokes)
    found = finish(candidates(probe, 4, embedding, strokes))
    first = choose(found, [], [read_rows(embedding, strokes)])
    assert first.plane == 4 and set(first.classes) == {1, 2}
    # At the edge between the halves, of which the square is a part.
    assert 60 < first.point[1] < 132
    assert found == sorted(found, key=lambda each: -each.uncertainty)


def test_places_under_strokes_are_left_out(painted):
    embedding, strokes = painted
    probe = LinearProbe().fit(embedding, strokes)
    everywhere = np.ones_like(strokes)
    assert finish(candidates(probe, 0, embedding, everywhere)) == []


def test_of_equally_uncertain_places_the_one_unlike_those_before_is_chosen():
    found = [place((0, 0), 0.9, [0, 1]), place((200, 0), 0.9, [5, 5])]
    assert choose(found, [place((0, 200), 0.9, [0, 0])]).point == (200, 0)


def test_without_anything_known_the_most_uncertain_is_chosen():
    assert choose([place((0, 0), 0.4, [9]), place((0, 99), 0.8, [0])], []).point == (0, 99)


def test_what_lies_beside_a_place_of_before_is_left_out():
    before = place((50, 50), 0.9, [0])
    assert choose([place((60, 70), 0.9, [3])], [before]) is None
    assert choose([place((60, 70), 0.9, [3], plane=1)], [before]).plane == 1
    assert choose([], []) is None
