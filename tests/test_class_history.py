from types import SimpleNamespace

import numpy as np
import pytest

from patchprobe._class_history import ClassStep, Repaint, Stroke, Timeline
from patchprobe._state import ProbeState, new_class

ONE, TWO, THREE = (new_class((), name, number) for number, name in enumerate("abc", start=1))


def step(before, after):
    return ClassStep("change", before, after)


def test_strokes_and_steps_are_undone_latest_first():
    timeline, removal = Timeline(), step((ONE, TWO), (ONE,))
    for entry in (Stroke("a"), removal, Stroke("a")):
        timeline.add(entry)
    assert [timeline.undo("a") for _ in range(4)] == [Stroke("a"), removal, Stroke("a"), None]
    assert [timeline.redo("a") for _ in range(4)] == [Stroke("a"), removal, Stroke("a"), None]


def test_strokes_on_another_layer_wait_for_it():
    timeline, removal = Timeline(), step((ONE, TWO), (ONE,))
    for entry in (Stroke("a"), removal, Stroke("a")):
        timeline.add(entry)
    assert timeline.next_undo("b") is removal is timeline.undo("b")
    assert timeline.undo("b") is None
    assert [timeline.undo("a") for _ in range(3)] == [Stroke("a"), Stroke("a"), None]


def test_a_new_stroke_ends_redo():
    timeline = Timeline()
    timeline.add(step((ONE,), (ONE, TWO)))
    timeline.undo("a")
    timeline.add(Stroke("a"))
    assert timeline.redo("a") is None


def test_the_oldest_marks_go_with_their_strokes():
    timeline = Timeline()
    for _ in range(150):
        timeline.add(Stroke("a"))
    undone = [timeline.undo("a") for _ in range(101)]
    assert undone.count(Stroke("a")) == 100 and undone[-1] is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((ONE,), (ONE, TWO)),
        ((ONE, THREE), (ONE, THREE, TWO)),  # another class came since, and stays
        ((ONE, TWO), (ONE, TWO)),  # it is back already
    ],
)
def test_a_removal_is_undone(now, expected):
    assert step((ONE, TWO), (ONE,)).undone(now) == expected


def test_a_new_name_is_undone_and_what_came_between_stays():
    renamed = new_class((), "cell", 2)
    change = step((ONE, TWO), (ONE, renamed))
    assert change.undone((ONE, renamed, THREE)) == (ONE, TWO, THREE)
    assert change.redone((ONE, TWO, THREE)) == (ONE, renamed, THREE)


def test_an_addition_is_undone_but_one_class_stays():
    change = step((ONE,), (ONE, TWO))
    assert change.undone((ONE, TWO)) == (ONE,)
    assert change.undone((TWO,)) == (TWO,)


def test_strokes_painted_since_are_not_overwritten():
    layer = SimpleNamespace(data=np.array([[2, 2, 0]], np.uint8))
    removal = Repaint(layer, (np.array([0, 0]), np.array([0, 1])), before=2, after=0)
    removal.apply()
    assert layer.data.tolist() == [[0, 0, 0]]
    layer.data[0, 1] = 1
    removal.revert()
    assert layer.data.tolist() == [[2, 1, 0]] and layer.data.dtype == np.uint8


def test_the_number_stays_when_the_order_changes():
    state = ProbeState(classes=(ONE, TWO, THREE))
    state.move_class(3, -2)
    assert state.classes == (THREE, ONE, TWO)
    state.move_class(3, 1)
    assert state.classes == (ONE, THREE, TWO)
    state.move_class(2, 5)
    state.move_class(1, -5)
    assert state.classes == (ONE, THREE, TWO)


def test_a_saved_order_comes_along():
    state = ProbeState()
    state.take_classes((1, 2, 4), {2: "b", 1: "a"}, {1: "#112233"})
    assert [(c.number, c.name) for c in state.classes] == [(2, "b"), (1, "a"), (4, "class 4")]
    assert state.color_map()[1] == "#112233"
