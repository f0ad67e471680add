"""Stacks measured and placed step by step: what is yielded, what is kept, what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack, align_stack
from patchprobe._align_history import AlignHistory, AlignState
from patchprobe._measure_work import (
    AlignRequest,
    Measured,
    Options,
    advice,
    measure,
    no_edges,
    standings,
    summary,
)
from patchprobe._section_pair import pair_of
from patchprobe.alignment import Alignment, Edge, StackAlignment, Transform
from patchprobe.alignment.edits import AlignmentEdits
from patchprobe.errors import InputError
from patchprobe.steps import finish

SHIFTS = ((0, 0), (6, -4), (3, 9), (-5, 2))
TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((100, 110)), 2)
STACK = Stack(np.stack([TISSUE[20 - dy : 84 - dy, 20 - dx : 84 - dx] for dy, dx in SHIFTS]), "zyx")
SHIFT = Options(model="translation", backbone=None)


def run(options=SHIFT, neighbours=2, known=None, edits=None, stack=STACK):
    """Return all steps and the result."""
    steps: list[Measured] = []
    request = AlignRequest(stack, options, neighbours, edits or AlignmentEdits())
    return steps, finish(measure(request, known), steps.append)


def test_pairs_one_by_one_and_the_same_result_as_the_api():
    steps, found = run()
    assert [(step.done, step.total) for step in steps] == [(n, 5) for n in range(1, 6)]
    assert found.alignment == align_stack(STACK, None, "neighbours", model="translation", neighbours=2)


def test_nothing_is_measured_twice():
    _, several = run()
    steps, found = run(neighbours=1, known=several.known)
    assert not steps and found.done == found.total == 3 and len(found.known) == 5
    again, _ = run(neighbours=3, known=found.known)
    assert [step.done for step in again] == [6]


@pytest.mark.parametrize("reference", ["previous", "first", "template"])
def test_one_by_one_goes_on_where_it_was_stopped(reference):
    options = replace(SHIFT, reference=reference)
    steps, found = run(options)
    assert found.alignment == align_stack(STACK, None, reference)
    half = next(step for step in steps if step.done == 2)
    assert standings(half.source, half.source, AlignmentEdits()) == [
        *["ok"] * 2,
        *["waiting"] * 2,
    ]
    rest, again = run(options, known=half.known)
    assert [step.done for step in rest][-2:] == [3, 4] and again.alignment == found.alignment


def test_edits_count_while_pairs_are_measured():
    _, found = run(edits=AlignmentEdits((1,), anchor=0))
    assert found.alignment[1].status == "failed" and found.alignment[0].shift == (0, 0)


def test_how_sections_stand():
    data = np.array(STACK.data)
    data[1] = 0.5
    steps, found = run(stack=Stack(data, "zyx"))
    edits = AlignmentEdits((3,))
    words = standings(found.alignment, found.source, edits)
    assert words == ["doubtful", "blank", "ok", "left out"]
    assert (
        summary(words, 12.34)
        == "1 of 4 sections ok, 1 doubtful (0), 1 blank bridged, 1 left out; largest shift 12 px"
    )
    first = steps[0]
    placed = edits.place(first.source)
    assert standings(placed, first.source, edits)[2] == "waiting"
    by_hand = edits.with_edge(Edge(0, 2, Transform.identity()))
    assert standings(placed, no_edges(STACK), by_hand)[0] == "failed"


def test_what_to_do_next():
    good = StackAlignment((Alignment(Transform.identity()),) * 3, (64, 64))
    assert advice(["ok", "blank", "left out"], good) == ""
    assert advice(["left out"] * 3, good).startswith("All sections are left out")
    assert advice(["ok", "doubtful", "failed"], good).startswith("Section 2 could not be placed")
    assert advice(["ok", "doubtful", "waiting"], good) == "Align goes on with the sections that wait."
    apart = replace(good, sections=(*good.sections[:2], replace(good[2], part=1)))
    assert advice(["ok"] * 3, apart).startswith("No pair joins 2 parts")


def test_a_section_is_looked_at_with_the_one_that_it_was_placed_by():
    _, found = run()
    pair = pair_of(STACK, 1, found.alignment, found.source, AlignmentEdits())
    assert (pair.fixed, pair.moving, pair.edge.pair) == (0, 1, (0, 1))
    np.testing.assert_allclose(pair.transform.shift, (6, -4), atol=0.3)
    # The anchor was placed by none.
    assert pair_of(STACK, 2, found.alignment, found.source, AlignmentEdits()).fixed == 1
    unaligned = pair_of(STACK, 0, None, None, AlignmentEdits())
    assert (unaligned.fixed, unaligned.transform) == (1, Transform.identity())
    assert pair_of(Stack(STACK.data[:1], "zyx"), 0, None, None, AlignmentEdits()) is None


def test_history_goes_back_and_forth_and_keeps_what_was_placed():
    history = AlignHistory(STACK)
    edges = no_edges(STACK)
    aligned = AlignState("align", edges)
    assert aligned.is_unplaced and not history.now.is_unplaced
    history.add(aligned)
    alignment = StackAlignment((), (64, 64))
    history.settle(aligned, alignment)
    assert history.now.alignment is alignment and not history.now.is_unplaced
    history.add(AlignState("exclude", edges, edits=AlignmentEdits((1,)), alignment=alignment))
    assert (history.now.words, history.next_redo) == ("exclude", "")
    history.undo()
    assert (history.now.words, history.next_redo) == ("align", "exclude")
    history.undo()
    history.undo()
    assert history.now.words == "" and history.next_redo == "align"
    history.redo()
    history.add(AlignState("anchor", edges, alignment=alignment))
    assert history.next_redo == ""


@pytest.mark.parametrize("model", ["translation", "rigid"])
@pytest.mark.parametrize(
    "stack",
    [
        Stack(np.full((3, 24, 24), 9, np.uint8), "zyx"),
        Stack(np.full((3, 24, 24), np.nan, np.float32), "zyx"),
        Stack(np.repeat(TISSUE[None, :40, :40], 3, axis=0), "zyx"),
        Stack(np.stack([STACK.data[:3, :40, :40]] * 3, axis=-1), "zyxc", rgb=True),
        Stack(np.stack([STACK.data[:2, :40, :40]] * 2), "tzyx"),
        Stack(STACK.data[:3, :16], "zyx"),
    ],
    ids=["constant", "NaN", "identical", "colours", "planes in time", "flat"],
)
def test_difficult_stacks_get_a_verdict(stack, model):
    _, found = run(Options(model=model, backbone=None), 1, stack=stack)
    assert len(found.alignment) == stack.n_planes and np.isfinite(found.alignment.shifts).all()


def test_what_does_not_suit_is_said():
    with pytest.raises(InputError, match="at least 16 × 16"):
        run(Options(backbone=None), stack=Stack(STACK.data[:, :8], "zyx"))
