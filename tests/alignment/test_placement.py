"""Stacks of which only the transforms are known: exact edges between them, some made wrong or taken away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patchprobe.alignment import Edge, StackEdges, Transform, place_sections
from patchprobe.alignment.edges import pairs_to_compare
from patchprobe.alignment.rigid import Rigid, rigid_part
from patchprobe.errors import InputError

SHAPE = (101, 121)
CENTRE = np.array([50.0, 60.0])
# Far off, and not by the same twice, so that wrong edges do not confirm each other.
WRONG = ((40.0, -30.0), (-25.0, 45.0), (60.0, 10.0), (-50.0, -35.0), (15.0, 70.0), (-70.0, 20.0))


def sections(n: int, turned: bool = False, seed: int = 0) -> list[Transform]:
    """Jitter by up to 20 px, and 6° if turned."""
    rng = np.random.default_rng(seed)
    return [
        Transform(Rigid(tuple(rng.uniform(-20, 20, 2)), rng.uniform(-0.1, 0.1) * turned).matrix(CENTRE))
        for _ in range(n)
    ]


def exact_edges(truth: list[Transform], neighbours: int = 3, blank: tuple[int, ...] = ()) -> StackEdges:
    """The edges that a perfect comparison would give; those of blank sections failed."""
    n = len(truth)
    edges = [
        Edge.of_blank(i, j) if {i, j} & set(blank) else Edge(i, j, truth[i].inverse().compose(truth[j]))
        for i, j in pairs_to_compare((n,), neighbours)
    ]
    return StackEdges(tuple(edges), n, SHAPE, n, blank=blank)


def wrong(edges: StackEdges, *pairs: tuple[int, int], status: str = "ok", score: float = 0.5) -> StackEdges:
    """Put shifts of nothing in the place of edges."""
    for pair, shift in zip(pairs, WRONG, strict=False):
        reason = "" if status == "ok" else "Another shift explains the sections nearly as well."
        edges = edges.with_edge(Edge(*pair, Transform.translation(shift), status, reason, score))
    return edges


def from_anchor(truth: list[Transform], anchor: int) -> list[Transform]:
    """Where sections lie in the frame of one of them."""
    return [truth[anchor].inverse().compose(section) for section in truth]


def assert_placed(alignment, truth, anchor, numbers=None, atol=1e-6):
    """Compare positions of the corners, which is what is seen."""
    corners = [(0, 0), (0, SHAPE[1] - 1), (SHAPE[0] - 1, 0), (SHAPE[0] - 1, SHAPE[1] - 1)]
    wanted = from_anchor(truth, anchor)
    for number in range(len(truth)) if numbers is None else numbers:
        found = alignment[number].transform.points(corners)
        np.testing.assert_allclose(found, wanted[number].points(corners), atol=atol, err_msg=f"{number}")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("anchor", [0, 3, 6])
def test_exact_edges_give_exact_places(turned, anchor):
    truth = sections(7, turned)
    alignment = place_sections(exact_edges(truth), anchor=anchor)
    assert_placed(alignment, truth, anchor)
    assert set(alignment.statuses) == {"ok"} and not alignment.notes
    np.testing.assert_allclose(alignment.residuals, 0, atol=1e-6)
    assert alignment[anchor].transform == Transform.identity()
    assert alignment[anchor].reference is None


def test_the_middle_section_is_the_anchor():
    truth = sections(7)
    assert_placed(place_sections(exact_edges(truth)), truth, 3)


@pytest.mark.parametrize("neighbours", [1, 2, 5])
def test_any_number_of_neighbours(neighbours):
    truth = sections(6, turned=True)
    assert_placed(place_sections(exact_edges(truth, neighbours), anchor=0), truth, 0)


def test_edges_may_point_backwards():
    truth = sections(5, turned=True)
    edges = exact_edges(truth)
    turned_round = [Edge(e.moving, e.fixed, e.transform.inverse()) for e in edges.edges]
    alignment = place_sections(replace(edges, edges=tuple(turned_round)), anchor=0)
    assert_placed(alignment, truth, 0)
    assert alignment[1].reference == 0
    np.testing.assert_allclose(alignment[1].step, truth[0].inverse().compose(truth[1]).shift, atol=1e-9)


@pytest.mark.parametrize("pair", [(0, 1), (3, 4), (2, 4), (6, 7)])
@pytest.mark.parametrize("status", ["ok", "doubtful"])
def test_one_wrong_edge_moves_nothing(pair, status):
    truth = sections(8, turned=True)
    alignment = place_sections(wrong(exact_edges(truth), pair, status=status))
    assert_placed(alignment, truth, 4)
    assert set(alignment.statuses) == {"ok"}


def test_sections_change_by_affine_maps():
    """Scale and shear are followed to where staying rigid holds them back, here less than 0.1 px."""
    truth = sections(6, turned=True)
    rng = np.random.default_rng(3)
    truth = [
        Transform(t.matrix @ (np.eye(3) + np.pad(rng.normal(0, 0.003, (2, 2)), ((0, 1), (0, 1)))))
        for t in truth
    ]
    edges = exact_edges(truth)
    corners = np.array([(0.0, 0.0), (100, 120)])
    wanted = [t.points(corners) for t in from_anchor(truth, 3)]
    only_rigid = [
        replace(e, transform=Transform(rigid_part(e.transform.matrix, CENTRE).matrix(CENTRE)))
        for e in edges.edges
    ]

    def error(edges: StackEdges) -> float:
        found = place_sections(edges)
        return max(np.abs(found[i].transform.points(corners) - wanted[i]).max() for i in range(6))

    assert error(edges) < 0.1 < 0.3 < error(replace(edges, edges=tuple(only_rigid)))


def test_a_blank_section_is_bridged_and_lies_between_its_neighbours():
    truth = sections(7, turned=True)
    alignment = place_sections(exact_edges(truth, blank=(3,)), anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 2, 4, 5, 6])
    assert alignment.statuses == ("ok",) * 3 + ("failed",) + ("ok",) * 3
    assert "blank" in alignment[3].reason and "between sections 2 and 4" in alignment[3].reason
    middle = [alignment[i].transform.points([CENTRE])[0] for i in (2, 3, 4)]
    np.testing.assert_allclose(middle[1], (middle[0] + middle[2]) / 2)
    assert np.isnan(alignment.residuals[3])


@pytest.mark.parametrize(("blank", "nearest"), [(0, 1), (5, 4)])
def test_a_blank_section_at_the_end_lies_where_the_next_one_does(blank, nearest):
    truth = sections(6)
    alignment = place_sections(exact_edges(truth, blank=(blank,)))
    assert alignment[blank].status == "failed"
    assert alignment[blank].transform == alignment[nearest].transform
    assert f"where section {nearest} lies" in alignment[blank].reason


def test_two_blank_sections_in_a_row_are_bridged_by_sections_three_apart():
    truth = sections(8, turned=True)
    alignment = place_sections(exact_edges(truth, blank=(3, 4)), anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 2, 5, 6, 7])
    one, other = (alignment[i].transform.points([CENTRE])[0] for i in (2, 5))
    third = alignment[3].transform.points([CENTRE])[0]
    np.testing.assert_allclose(third, one + (other - one) / 3)


def test_a_section_that_matches_nothing_is_flagged_and_bridged():
    """All its edges are doubtful, and no two of them agree."""
    truth = sections(7)
    own = [(0, 3), (1, 3), (2, 3), (3, 4), (3, 5), (3, 6)]
    alignment = place_sections(wrong(exact_edges(truth), *own, status="doubtful"), anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 2, 4, 5, 6])
    assert alignment[3].status == "failed" and "No pair" in alignment[3].reason
    # Not blank: there is something to look at.
    assert alignment[3].reference is not None


def test_a_section_whose_ok_edges_contradict_each_other_is_doubtful():
    truth = sections(7)
    own = [(0, 3), (1, 3), (2, 3), (3, 4), (3, 5), (3, 6)]
    alignment = place_sections(wrong(exact_edges(truth), *own), anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 2, 4, 5, 6])
    assert alignment[3].status == "doubtful" and "contradict" in alignment[3].reason


def test_parts_that_no_edge_joins_are_said_and_have_frames_of_their_own():
    truth = sections(9)
    edges = exact_edges(truth)
    apart = tuple(
        replace(e, status="failed", reason="Nothing.") if e.fixed < 4 <= e.moving else e for e in edges.edges
    )
    alignment = place_sections(replace(edges, edges=apart))
    assert alignment.parts == (1,) * 4 + (0,) * 5
    assert set(alignment.statuses) == {"ok"}
    assert_placed(alignment, truth, 6, range(4, 9))
    assert_placed(alignment, truth, 2, range(4))
    assert "2 parts" in alignment.notes[0] and "0–3; 4–8" in alignment.notes[0]


def test_a_section_between_parts_is_not_put_between_frames():
    truth = sections(7)
    edges = exact_edges(truth, blank=(3,))
    apart = tuple(replace(e, status="failed") if e.fixed < 3 < e.moving else e for e in edges.edges)
    alignment = place_sections(replace(edges, edges=apart))
    assert alignment[3].transform == alignment[2].transform
    assert alignment.parts[3] == alignment.parts[2] != alignment.parts[4]


def test_what_hangs_on_a_single_pair_over_a_gap_is_doubtful():
    """Section 3 is blank, and of the pairs over it only one holds: no ring goes through that."""
    truth = sections(7)
    edges = exact_edges(truth, blank=(3,))
    single = tuple(
        replace(e, status="failed") if e.fixed < 3 < e.moving and e.pair != (2, 4) else e for e in edges.edges
    )
    alignment = place_sections(replace(edges, edges=single), anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 2, 4, 5, 6])
    # And so do those behind it.
    assert alignment.statuses == ("ok",) * 3 + ("failed",) + ("doubtful",) * 3
    assert "sections 2 and 4" in alignment[6].reason
    behind = place_sections(replace(edges, edges=single), anchor=6).statuses
    assert behind == ("doubtful",) * 3 + ("failed",) + ("ok",) * 3


@pytest.mark.parametrize("status", ["ok", "doubtful"])
def test_over_a_gap_pairs_must_be_sure_themselves(status):
    """Pairs that are wrong alike, as those of sections that changed are, confirm each other."""
    truth = sections(7)
    edges = exact_edges(truth, blank=(3,))
    over = tuple(
        replace(e, status=status) if e.fixed < 3 < e.moving and 3 not in e.pair else e for e in edges.edges
    )
    statuses = place_sections(replace(edges, edges=over), anchor=0).statuses
    assert statuses == ("ok",) * 3 + ("failed",) + (status,) * 3
    # Between neighbours that is enough.
    near = tuple(replace(e, status=status) for e in exact_edges(truth).edges)
    assert set(place_sections(replace(edges, edges=near, blank=()), anchor=0).statuses) == {"ok"}


def test_three_sections_cannot_tell_which_edge_is_wrong():
    """Where every ring is open the likelier edges are taken, and none of it is called sure."""
    truth = sections(3)
    alignment = place_sections(wrong(exact_edges(truth), (0, 1), score=0.2), anchor=2)
    assert_placed(alignment, truth, 2)
    assert set(alignment.statuses) == {"doubtful"}


@pytest.mark.parametrize("status", ["ok", "doubtful", "failed"])
def test_two_sections_are_as_sure_as_their_edge(status):
    edge = Edge(0, 1, Transform.translation((3, -4)), status, "" if status == "ok" else "Hardly.")
    alignment = place_sections(StackEdges((edge,), 2, SHAPE, 2), anchor=0)
    assert alignment.statuses[1] == status
    np.testing.assert_allclose(alignment.shifts[1], (0, 0) if status == "failed" else (3, -4))


def test_one_section_is_its_own_frame():
    alignment = place_sections(StackEdges((), 1, SHAPE, 1))
    assert alignment.statuses == ("ok",) and alignment[0].transform == Transform.identity()
    assert place_sections(StackEdges((), 1, SHAPE, 1, blank=(0,))).statuses == ("failed",)


def test_identical_sections_do_not_move_at_all():
    alignment = place_sections(exact_edges([Transform.identity()] * 5))
    assert all(section.transform == Transform.identity() for section in alignment.sections)


def test_all_blank():
    alignment = place_sections(exact_edges(sections(3), blank=(0, 1, 2)))
    assert alignment.statuses == ("failed",) * 3
    assert all("left where it is" in reason for reason in alignment.reasons)


def test_a_section_is_left_out_on_request():
    truth = sections(7)
    alignment = place_sections(exact_edges(truth), anchor=0, exclude=[2])
    assert_placed(alignment, truth, 0, [0, 1, 3, 4, 5, 6])
    assert alignment[2].status == "failed" and "left out" in alignment[2].reason


def test_an_edge_set_by_hand_wins_over_all_others():
    truth = sections(7)
    shift = np.array([30.0, -20.0])
    edges = exact_edges(truth).with_edge(Edge(5, 6, Transform.translation(shift), by_hand=True))
    alignment = place_sections(edges, anchor=0)
    np.testing.assert_allclose(alignment.shifts[6] - alignment.shifts[5], shift, atol=0.5)
    np.testing.assert_allclose(alignment.shifts[:5], [t.shift for t in from_anchor(truth, 0)[:5]], atol=0.5)


def test_an_anchor_that_is_blank_gives_way():
    truth = sections(7)
    alignment = place_sections(exact_edges(truth, blank=(5,)), anchor=5)
    assert alignment.statuses[5] == "failed"
    assert alignment.notes[0].startswith("Section 5 was to be the anchor")
    chosen = int(alignment.notes[0].split("section ")[-1].split()[0])
    assert alignment[chosen].transform == Transform.identity()


def test_errors_of_edges_average_out_and_are_told():
    """With six edges a section the end is nearer to the truth than the sum of neighbours' steps."""
    truth = [Transform.identity()] * 20
    edges = exact_edges(truth)
    rng = np.random.default_rng(1)
    noisy = [replace(e, transform=Transform.translation(rng.normal(0, 0.5, 2))) for e in edges.edges]
    alignment = place_sections(replace(edges, edges=tuple(noisy)), anchor=0)
    chain = np.cumsum([e.transform.shift for e in noisy if e.moving - e.fixed == 1], axis=0)
    assert np.hypot(*alignment.shifts[1:].T).mean() < 0.7 * np.hypot(*chain.T).mean()
    assert 0.2 < np.nanmean(alignment.residuals) < 1.0


def test_drift_is_pulled_back_and_jitter_is_not():
    """Edges with a bias of 1 px a section make a slope; a weak pull flattens it."""
    jitter = sections(40)
    edges = exact_edges(jitter)
    biased = [
        replace(e, transform=e.transform.compose(Transform.translation((e.moving - e.fixed, 0.0))))
        for e in edges.edges
    ]
    edges = replace(edges, edges=tuple(biased))
    wanted = np.array([t.shift[0] for t in jitter])
    off = {drift: place_sections(edges, drift=drift).shifts[:, 0] - wanted for drift in (0.0, 0.1)}
    np.testing.assert_allclose(np.diff(off[0.0]), 1, atol=1e-6)
    assert abs(np.polyfit(np.arange(40), off[0.1], 1)[0]) < 0.5
    assert np.abs(np.diff(off[0.1])).max() < 1.5


def test_smoothness_lays_sections_between_their_neighbours():
    truth = sections(9)
    edges = exact_edges(truth)
    rough = [
        np.abs(np.diff(place_sections(edges, smoothness=s).shifts, 2, axis=0)).mean() for s in (0, 1, 100)
    ]
    assert rough[0] > rough[1] > rough[2]


def test_volumes_in_time_are_not_smoothed_or_filled_across():
    """Two volumes of three planes; the last plane of the first is blank."""
    truth = sections(6)
    pairs = pairs_to_compare((2, 3), 2)
    assert (0, 3) in pairs and (2, 3) not in pairs
    edges = tuple(
        Edge.of_blank(i, j) if 2 in (i, j) else Edge(i, j, truth[i].inverse().compose(truth[j]))
        for i, j in pairs
    )
    stack = StackEdges(edges, 6, SHAPE, 3, blank=(2,))
    alignment = place_sections(stack, anchor=0)
    assert_placed(alignment, truth, 0, [0, 1, 3, 4, 5])
    assert alignment[2].transform == alignment[1].transform


def test_many_sections_are_placed_by_sparse_algebra():
    truth = sections(150, turned=True)
    assert_placed(place_sections(exact_edges(truth), anchor=0), truth, 0, [1, 75, 149])


@pytest.mark.parametrize(
    "arguments",
    [{"anchor": 3}, {"anchor": -1}, {"exclude": [9]}, {"smoothness": -1.0}, {"drift": float("nan")}],
)
def test_refuses_what_makes_no_sense(arguments):
    with pytest.raises(InputError):
        place_sections(exact_edges(sections(3)), **arguments)
