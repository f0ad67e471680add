"""Which planes are compared, and edges kept between runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from patchprobe.alignment import Edge, StackEdges, Transform
from patchprobe.alignment.edges import pairs_to_compare, predecessor
from patchprobe.errors import InputError

TURN = Transform([[0.0, -1.0, 5.0], [1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
EDGES = StackEdges(
    (Edge(0, 1, TURN, score=0.7, by_hand=True), Edge(1, 2, Transform.identity(), "failed", "Nothing.", 0.1)),
    4,
    (5, 6),
    4,
    "filters, whole-shift",
    (3,),
)


def test_pairs_of_a_stack_are_ordered_by_the_moving_one():
    assert pairs_to_compare((4,), 2) == [(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)]
    assert pairs_to_compare((), 3) == pairs_to_compare((1,), 3) == []


def test_first_planes_of_volumes_are_neighbours_in_time():
    """Three volumes of two planes: 0 1 | 2 3 | 4 5."""
    assert [predecessor(i, (3, 2)) for i in range(6)] == [None, 0, 0, 2, 2, 4]
    assert pairs_to_compare((3, 2), 2) == [(0, 1), (0, 2), (2, 3), (0, 3), (2, 4), (0, 4), (4, 5), (2, 5)]


def test_saved_edges_come_back(tmp_path):
    path = EDGES.save(tmp_path / "edges.json")
    assert StackEdges.load(path) == EDGES
    content = json.loads(path.read_text())
    assert content["units"] == "pixel" and "row, col" in content["axes"]


def test_an_edge_set_by_hand_takes_the_place_of_the_one_found():
    by_hand = Edge(2, 1, Transform.translation((1, 1)))
    changed = EDGES.with_edge(by_hand)
    assert len(changed) == 2 and changed.edges[-1] is by_hand
    assert len(EDGES.with_edge(Edge(0, 2, TURN))) == 3


@pytest.mark.parametrize("pair", [(0, 0), (0, 4), (-1, 2)])
def test_edges_of_no_pair_are_refused(pair):
    with pytest.raises(InputError, match="two different planes"):
        EDGES.with_edge(Edge(*pair, Transform.identity()))


def test_two_edges_of_one_pair_are_refused():
    with pytest.raises(InputError, match="same two planes"):
        StackEdges((Edge(0, 1, TURN), Edge(1, 0, TURN)), 4, (5, 6), 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", "cannot be read"),
        ("{}", "holds no edges"),
        ('{"format": "patchprobe-edges", "version": 9}', "version 9"),
        ('{"format": "patchprobe-edges", "version": 1, "edges": [{}]}', "damaged"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path, content, message):
    path = tmp_path / "edges.json"
    with pytest.raises(InputError, match="cannot be read"):
        StackEdges.load(path)
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        StackEdges.load(path)


def test_matrices_come_back_to_the_bit(tmp_path):
    odd = Edge(0, 1, Transform.translation((1 / 3, np.pi)))
    edges = StackEdges((odd,), 2, (5, 6), 2)
    assert StackEdges.load(edges.save(tmp_path / "edges.json")).edges[0].transform == odd.transform
