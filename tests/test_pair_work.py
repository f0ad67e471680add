"""Two sections set by hand: what comes of a place, and how similar they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack
from patchprobe._pair_compare import CompareRequest, compare, turn_and_shift
from patchprobe._pair_work import HandPlacing, place_by_hand, place_in_words, score_places, see, turned_about
from patchprobe._section_pair import SectionPair
from patchprobe.alignment import Transform
from patchprobe.alignment.box import Box
from patchprobe.alignment.warp import Pull, warp_plane

SHAPE = (128, 128)
PLANE = ndimage.gaussian_filter(np.random.default_rng(0).random((168, 168)), 2).astype(np.float32)
# The moving section is cut from the same picture, turned by 5° about its middle and shifted.
TURN = turned_about((63.5, 63.5), 5.0)
TRUTH = Transform.translation((4.0, -3.0)).followed_by(TURN)


@pytest.fixture(scope="module")
def stack():
    fixed = warp_plane(PLANE, Transform.translation((20, 20)), Pull(Box((0, 0), SHAPE)))
    moved = TRUTH.inverse().followed_by(Transform.translation((20, 20)))
    moving = warp_plane(PLANE, moved, Pull(Box((0, 0), SHAPE)))
    return Stack(np.stack([fixed, moving, np.zeros(SHAPE, np.float32)]), "zyx")


def result(work):
    """Run a generator to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_planes_are_made_ready(stack):
    seen = result(see(SectionPair(stack, 0, 1, TRUTH)))
    assert seen.fixed.step == 1 and seen.moving.pixels.shape == SHAPE


def test_the_score_is_best_where_the_section_belongs(stack):
    score = result(score_places(SectionPair(stack, 0, 1, TRUTH)))
    beside = Transform.translation((3.0, 0.0)).followed_by(TRUTH)
    assert score.at(TRUTH).correlation > 0.9 > score.at(beside).correlation
    assert score.at(Transform.translation((64.0, 0.0))).overlap == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("is_refined", [True, False])
def test_a_place_becomes_an_edge(stack, is_refined):
    start = Transform.translation((1.5, -1.0)).followed_by(TRUTH)
    placed = result(place_by_hand(HandPlacing(SectionPair(stack, 0, 1, start), start, "rigid", is_refined)))
    assert placed.edge.by_hand and placed.edge.pair == (0, 1)
    wanted = TRUTH if is_refined else start
    places = np.array([(10.0, 10.0), (100.0, 60.0)])
    np.testing.assert_allclose(placed.edge.transform.points(places), wanted.points(places), atol=0.2)
    words = "moved by 1.8 px by the images" if is_refined else "as it was put: similarity 0."
    assert words in placed.words


def test_images_that_show_nothing_leave_the_place_as_it_was_put(stack):
    start = Transform.translation((5.0, 5.0))
    placed = result(place_by_hand(HandPlacing(SectionPair(stack, 0, 2, start), start, "rigid", True)))
    assert placed.edge.transform == start and placed.edge.status == "ok"
    assert "the images do not confirm it" in placed.words


def test_a_place_that_the_images_contradict_is_not_said_to_be_moved_by_them():
    noise = np.random.default_rng(1).random((2, *SHAPE)).astype(np.float32)
    start = Transform.translation((30.0, -20.0))
    pair = SectionPair(Stack(noise, "zyx"), 0, 1, start)
    placed = result(place_by_hand(HandPlacing(pair, start, "translation", True)))
    assert placed.edge.transform == start
    assert "as it was put, for the images do not confirm it" in placed.words


def test_places_in_words():
    assert place_in_words(Transform.translation((3.0, -14.0)), SHAPE) == "y −3.0, x 14.0 px"
    # A turn about the middle moves it nowhere.
    assert place_in_words(TURN, SHAPE) == "y 0.0, x 0.0 px, −5.0°"


def test_a_transform_is_a_shift_and_a_turn():
    turn, shift = turn_and_shift(TRUTH, SHAPE)
    assert shift == pytest.approx((4, -3))
    np.testing.assert_allclose(turn.matrix, TURN.matrix, atol=1e-9)
    assert turn_and_shift(Transform.translation((4.0, -3.0)), SHAPE)[0].is_translation


def test_similarity_is_that_under_the_turn_that_was_found(stack):
    found = result(compare(CompareRequest(SectionPair(stack, 0, 1, TRUTH), "filters")))
    peak = np.multiply(found.scores.peak(), found.stride)
    np.testing.assert_allclose(peak, found.found, atol=found.stride)
    same, rest = found.at_place
    assert same > 0.5 > 0.2 > abs(rest)
    # The third patch of the moving section shows nothing.
    by_hand = np.array([[1, 0.5, np.nan], [0.3, 0.8, np.nan], [0, 0, np.nan]], np.float32)
    apart = replace(found, correlation=by_hand)
    assert apart.at_place == pytest.approx((0.9, 0.4))


def test_a_blank_section_is_compared_with_nothing(stack):
    assert result(compare(CompareRequest(SectionPair(stack, 0, 2, TRUTH), "filters"))) is None
