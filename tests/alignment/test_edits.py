"""Edits of an alignment: a section left out, a pair by hand, an anchor, and what they leave as it was."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Alignment, Edge, FieldTransform, StackAlignment, StackEdges, Transform
from patchprobe.alignment.edited import EditedAlignment
from patchprobe.alignment.edits import AlignmentEdits, edges_about
from patchprobe.errors import InputError

# Where four sections truly lie.
SHIFTS = np.array([(0, 0), (3, 1), (5, -2), (9, 0)], dtype=float)


def moved(y, x):
    return Transform.translation((y, x))


@pytest.fixture
def edges():
    """All pairs up to two apart, measured without error."""
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)]
    found = tuple(Edge(i, j, moved(*(SHIFTS[j] - SHIFTS[i]))) for i, j in pairs)
    return StackEdges(found, 4, (40, 50), 4)


@pytest.fixture
def alignment():
    """The same sections, in a frame that lies (1, 1) off the first of them; the last one failed."""
    sections = tuple(Alignment(moved(*(shift + 1)), score=0.5) for shift in SHIFTS[:3])
    return StackAlignment((*sections, Alignment(moved(6, -1), "failed", "No.", 0.0)), (40, 50), "filters")


def test_without_edits_pairs_give_what_was_measured(edges):
    placed = AlignmentEdits(anchor=0).place(edges)
    np.testing.assert_allclose(placed.shifts, SHIFTS, atol=1e-6)


def test_a_section_is_left_out_and_used_again(edges):
    edits = AlignmentEdits(anchor=0).exclude([1, 1])
    placed = edits.place(edges)
    # Halfway between the two beside it.
    np.testing.assert_allclose(placed.shifts[1], SHIFTS[2] / 2, atol=1e-6)
    assert placed[1].status == "failed" and placed[2].status != "failed"
    assert edits.include([1, 3]) == AlignmentEdits(anchor=0)


def test_a_pair_by_hand_wins_and_is_taken_back(edges):
    edits = AlignmentEdits(anchor=0).with_edge(Edge(0, 1, moved(9, 9))).with_edge(Edge(1, 0, moved(-8, -8)))
    assert [edge.pair for edge in edits.by_hand] == [(1, 0)] and edits.edge_of((0, 1)).by_hand
    np.testing.assert_allclose(edits.place(edges).shifts[1], (8, 8), atol=0.5)
    assert edits.without_edge((0, 1)) == AlignmentEdits(anchor=0)


def test_what_the_stack_does_not_have_is_refused(edges):
    for edits in (AlignmentEdits((7,)), AlignmentEdits(anchor=9)):
        with pytest.raises(InputError, match="0 to 3"):
            edits.place(edges)
    with pytest.raises(InputError, match="0 to 3"):
        AlignmentEdits().with_edge(Edge(0, 7, moved(0, 0))).place(edges)


def test_an_alignment_without_pairs_is_edited_too(alignment):
    assert AlignmentEdits().adjust(alignment) is alignment
    without = AlignmentEdits((1,)).adjust(alignment)
    np.testing.assert_allclose(without.shifts[[0, 2]], SHIFTS[[0, 2]] + 1, atol=1e-6)
    np.testing.assert_allclose(without.shifts[1], SHIFTS[2] / 2 + 1, atol=1e-6)
    assert without[1].status == "failed" and without[2] == alignment[2] and without.backbone == "filters"


def test_another_anchor_moves_all_alike(alignment):
    held = AlignmentEdits(anchor=2).adjust(alignment)
    np.testing.assert_allclose(held.shifts[:3], SHIFTS[:3] - SHIFTS[2], atol=1e-6)


def test_a_failed_section_is_placed_by_hand(alignment):
    mended = AlignmentEdits().with_edge(Edge(2, 3, moved(4, 2))).adjust(alignment)
    assert mended[3].status == "ok"
    np.testing.assert_allclose(mended.shifts, SHIFTS + 1, atol=1e-6)


def test_sections_that_bend_are_not_flattened(alignment):
    bent = FieldTransform(Transform.identity(), np.zeros((8, 8, 2)), (16.0, 16.0), (0.0, 0.0))
    stack = StackAlignment((Alignment(bent), *alignment.sections[1:]), (40, 50))
    with pytest.raises(InputError, match="bend"):
        AlignmentEdits((1,)).adjust(stack)


def test_nothing_good_is_left(alignment):
    edits = AlignmentEdits((0, 1, 2))
    assert {section.status for section in edits.adjust(alignment).sections} == {"failed"}
    assert len(edges_about(alignment, 0)) == 3


def test_an_alignment_comes_back_with_its_pairs_and_edits(edges, tmp_path):
    edits = AlignmentEdits((2,), (), 3, 0.5, 0.25).with_edge(Edge(0, 1, moved(1, 2)))
    edited = EditedAlignment(edits.place(edges), edges, edits)
    path = edited.save(tmp_path / "alignment.json")
    again = EditedAlignment.load(path)
    assert again == edited and again.edits.place(again.edges) == edited.alignment
    # Whoever wants no more than the alignment reads the same file.
    assert StackAlignment.load(path) == edited.alignment


def test_an_alignment_of_which_nothing_more_is_known(alignment, tmp_path):
    path = alignment.save(tmp_path / "alignment.json")
    assert EditedAlignment.load(path) == EditedAlignment(alignment)
    path.write_text(path.read_text("utf-8").replace('"notes"', '"edits": {}, "notes"'), "utf-8")
    with pytest.raises(InputError, match="damaged"):
        EditedAlignment.load(path)
