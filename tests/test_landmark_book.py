"""Landmarks in turn, and back again."""

from __future__ import annotations

from patchprobe._landmark_book import LandmarkBook, Marks
from patchprobe.alignment.landmark_pairs import LandmarkPairs


def test_a_pair_begins_in_the_fixed_section_and_ends_in_the_moving_one():
    none = Marks(LandmarkPairs(3, 4))
    assert none.marked("moving", (1, 1)) is none
    begun = none.marked("fixed", (1, 2)).marked("fixed", (5, 6))
    assert begun.pending == (5, 6) and not len(begun.pairs)
    assert begun.marked("moving", (7, 8)) == Marks(LandmarkPairs(3, 4, (((5, 6), (7, 8)),)))


def test_each_step_is_taken_back():
    book = LandmarkBook()
    steps = [book.now(3, 4)]
    for side, point in (("fixed", (1, 2)), ("moving", (3, 4)), ("fixed", (5, 6))):
        book.add(book.now(3, 4).marked(side, point))
        steps.append(book.now(3, 4))
    book.add(steps[-1])  # no step
    for wanted in reversed(steps[:-1]):
        book.undo(3, 4)
        assert book.now(3, 4) == wanted
    assert not book.can_undo(3, 4)
    book.undo(3, 4)
    assert book.now(3, 4) == steps[0]


def test_sections_have_their_own_whichever_is_fixed():
    book = LandmarkBook()
    one = LandmarkPairs(3, 4, (((1.0, 2.0), (3.0, 4.0)),))
    other = LandmarkPairs(0, 1, (((5.0, 6.0), (7.0, 8.0)),))
    book.take([one, other])
    assert book.all == (other, one)
    assert book.now(4, 3).pairs == one.turned_round()
    assert book.can_undo(4, 3) and not book.can_undo(1, 2)
    assert not len(book.now(1, 2).pairs)
