"""Pairs of a stack compared in threads: in order, with a stop between, and going on from what is known."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack, align_stack
from patchprobe.alignment import Alignment, StackEdges, Transform, measure_edges
from patchprobe.errors import InputError
from patchprobe.steps import finish

SHIFTS = np.array([(0, 0), (3, -5), (-4, -6), (-9, 2), (0, 7)])
ANCHORED = {"neighbours": {"anchor": 0}, "previous": {}, "first": {}}
# All pairs of five sections up to three apart.
N_PAIRS = 4 + 3 + 2


def displaced_stack(blank: int | None = None) -> Stack:
    image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(160, 160)), 2)
    image = 128 + 40 * image / image.std()
    data = np.stack([image[30 - dy : 126 - dy, 30 - dx : 130 - dx] for dy, dx in SHIFTS])
    if blank is not None:
        data[blank] = 7
    return Stack(data.astype(np.float32), "zyx")


def numbered_stack(n: int = 5) -> Stack:
    """Planes that tell their number: it is added to a pattern that is not blank."""
    return Stack(np.add.outer(np.arange(n) * 1000.0, np.arange(80.0).reshape(8, 10)), "zyx")


class ByNumber:
    """A pair function that knows the answer from the planes, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, fixed, moving) -> Alignment:
        i, j = int(fixed[0, 0]) // 1000, int(moving[0, 0]) // 1000
        self.asked.append((i, j))
        return Alignment(Transform.translation((j - i, 2 * (j - i))), score=0.5)


def test_edges_of_a_stack_are_found():
    edges = finish(measure_edges(displaced_stack(), None, model="translation"))
    assert len(edges) == N_PAIRS and not edges.blank
    for edge in edges.edges:
        wanted = SHIFTS[edge.moving] - SHIFTS[edge.fixed]
        np.testing.assert_allclose(edge.transform.shift, wanted, atol=0.1)
    assert edges.made_by == "intensity, translation"


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_there_is_a_step_for_each_pair_in_one_order(workers):
    steps = list(measure_edges(numbered_stack(), pair=ByNumber(), workers=workers))
    assert [len(step) for step in steps] == list(range(1, N_PAIRS + 1))
    pairs = [step.edges[-1].pair for step in steps]
    assert pairs == [(0, 1), (1, 2), (0, 2), (2, 3), (1, 3), (0, 3), (3, 4), (2, 4), (1, 4)]


def test_work_stops_between_pairs_and_goes_on_where_it_was(tmp_path):
    pair = ByNumber()
    steps = measure_edges(numbered_stack(40), pair=pair, workers=1)
    so_far = [next(steps) for _ in range(3)][-1]
    steps.close()
    assert len(pair.asked) <= 5
    assert threading.active_count() == len(threading.enumerate())
    assert not [t for t in threading.enumerate() if t.name.startswith("patchprobe-pairs")]
    known = StackEdges.load(so_far.save(tmp_path / "edges.json"))
    rest = ByNumber()
    edges = finish(measure_edges(numbered_stack(40), pair=rest, known=known))
    assert not set(rest.asked) & {edge.pair for edge in known.edges}
    assert edges == finish(measure_edges(numbered_stack(40), pair=ByNumber()))


def test_no_more_pairs_are_compared_at_once_than_asked_for():
    running, most = 0, 0
    lock, both = threading.Lock(), threading.Barrier(2, timeout=10)

    def pair(fixed, moving):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1
        return Alignment(Transform.identity())

    finish(measure_edges(numbered_stack(4), pair=pair, workers=2))
    assert most == 2


def test_blank_sections_are_not_compared():
    stack, pair = numbered_stack(), ByNumber()
    stack.data[2] = 0
    edges = finish(measure_edges(stack, pair=pair))
    assert edges.blank == (2,)
    assert len(edges) == N_PAIRS and len(pair.asked) == N_PAIRS - 4
    assert all((edge.status == "failed") == (2 in edge.pair) for edge in edges.edges)


@pytest.mark.parametrize(("plane", "blank"), [(0.0, (0,)), (None, ())])
def test_one_section_has_no_pair(plane, blank):
    stack = numbered_stack(1)
    if plane is not None:
        stack.data[:] = plane
    edges = finish(measure_edges(stack, pair=ByNumber()))
    assert len(edges) == 0 and edges.blank == blank


def test_edges_of_another_stack_are_refused():
    known = finish(measure_edges(numbered_stack(), pair=ByNumber()))
    with pytest.raises(InputError, match="Start without edges"):
        measure_edges(numbered_stack(6), pair=ByNumber(), known=known)
    with pytest.raises(InputError, match="compared by"):
        measure_edges(
            numbered_stack(), pair=lambda fixed, moving: Alignment(Transform.identity()), known=known
        )


@pytest.mark.parametrize(
    "arguments",
    [
        {"neighbours": 0},
        {"workers": 0},
        {"method": "best"},
        {"model": "elastic"},
        {"model": "bent"},
        {"model": "rigid", "method": "median"},
        {"max_rotation": 181},
        {"max_shift": -1},
    ],
)
def test_refuses_before_it_starts(arguments):
    with pytest.raises(InputError):
        measure_edges(displaced_stack(), **arguments)


def turned_stack(angles: tuple[float, ...] = (0, 4, -6, 9)) -> Stack:
    """Sections turned about their middle by degrees, and shifted by as many pixels along both axes."""
    image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(200, 200)), 2)
    image = 128 + 40 * image / image.std()
    planes = []
    for degrees in angles:
        a = np.deg2rad(degrees)
        # Content at p about the middle comes to lie at turn(p) + degrees: pulled by the inverse.
        back = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        offset = np.full(2, 99.5) - back @ (np.full(2, 59.5) + degrees)
        planes.append(ndimage.affine_transform(image, back, offset, (120, 120), order=3))
    return Stack(np.stack(planes).astype(np.float32), "zyx")


@pytest.mark.parametrize("reference", ["neighbours", "previous", "first"])
def test_sections_that_were_turned_are_aligned(reference):
    angles = (0, 4, -6, 9)
    found = align_stack(
        turned_stack(angles), None, reference, model="rigid", max_rotation=16, **ANCHORED[reference]
    )
    assert (found.model, found.statuses) == ("rigid", ("ok",) * 4)
    middle = np.array([[59.5, 59.5]])
    for section, degrees in zip(found.sections, angles, strict=True):
        np.testing.assert_allclose(section.transform.points(middle) - middle, [[degrees, degrees]], atol=0.2)
        a, c = section.matrix[:2, 0]
        assert np.rad2deg(np.arctan2(c, a)) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("backbone", ["filters", None])
@pytest.mark.parametrize("blank", [None, 0, 2])
def test_a_stack_is_aligned_by_its_neighbours(backbone, blank):
    alignment = align_stack(displaced_stack(blank), backbone, "neighbours", model="translation", anchor=1)
    good = [i for i in range(5) if i != blank]
    np.testing.assert_allclose(alignment.shifts[good], (SHIFTS - SHIFTS[1])[good], atol=0.1)
    assert [status == "failed" for status in alignment.statuses] == [i == blank for i in range(5)]
    assert (alignment.reference, alignment.method) == ("neighbours", "whole-shift")
    assert alignment.backbone == (backbone or "")


def test_a_pair_function_and_known_edges_serve_align_stack():
    calls, pair = [], ByNumber()
    steps = measure_edges(numbered_stack(), pair=pair)
    known = [next(steps) for _ in range(4)][-1]
    steps.close()
    alignment = align_stack(
        numbered_stack(),
        reference="neighbours",
        pair=pair,
        edges=known,
        anchor=0,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    np.testing.assert_allclose(alignment.shifts, [(i, 2 * i) for i in range(5)])
    assert calls == [(i, N_PAIRS) for i in range(5, N_PAIRS + 1)]
    assert alignment.method == "ByNumber"


def test_what_progress_raises_stops_the_work():
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        align_stack(numbered_stack(), reference="neighbours", pair=ByNumber(), on_progress=stop)
    assert not [t for t in threading.enumerate() if t.name.startswith("patchprobe-pairs")]


def test_align_stack_refuses_a_wrong_anchor_before_it_compares():
    pair = ByNumber()
    with pytest.raises(InputError, match="sections 0 to 4"):
        align_stack(numbered_stack(), reference="neighbours", pair=pair, anchor=5)
    assert not pair.asked
