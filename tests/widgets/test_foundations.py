"""The small parts that all widgets are made of."""

from __future__ import annotations

from threading import Event

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from patchprobe._widgets._elided_combo import ElidedCombo
from patchprobe._widgets._error_line import ErrorLine
from patchprobe._widgets._jobs import JobRunner
from patchprobe._widgets._layer_picker import LayerPicker
from patchprobe._widgets._layers import (
    add_prediction,
    add_probability,
    add_strokes,
    current_plane,
    find_strokes,
    image_layers,
    layer_stack,
    plane_view,
    shows_planes,
)
from patchprobe._widgets._run_row import RunRow, duration
from patchprobe._widgets._section import Section
from patchprobe._widgets._session import session_of
from patchprobe._widgets._status import Mood, StatusLine
from patchprobe._widgets._view_layers import add_feature_groups, add_feature_picture
from patchprobe.errors import InputError

COLORS = {1: "#56b4e9", 2: "#e69f00"}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def runner(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    runner = JobRunner(window)
    runner.heard = []
    runner.yielded.connect(lambda value: runner.heard.append(value))
    runner.returned.connect(lambda value: runner.heard.append(("returned", value)))
    runner.failed.connect(lambda error: runner.heard.append(type(error)))
    yield runner
    window.close()


def count(n):
    yield from range(n)
    return n


def refuse():
    yield "before"
    raise InputError("no")


def break_down():
    yield "before"
    raise KeyError("defect")


def hold(gate: Event, reached: Event):
    yield "first"
    reached.set()
    gate.wait(10)
    yield "second"
    yield "third"


@pytest.mark.parametrize(
    ("work", "heard"),
    [
        (lambda: count(2), [0, 1, ("returned", 2)]),
        (refuse, ["before", InputError]),
        (break_down, ["before", KeyError]),
    ],
)
def test_a_job_reports_what_it_did(qtbot, runner, work, heard):
    def run():
        return (yield from work())

    with qtbot.waitSignal(runner.ended):
        runner.start(run)
    assert runner.heard == heard
    assert not runner.is_running


def test_stop_is_honoured_at_the_next_yield(qtbot, runner):
    gate, reached = Event(), Event()
    runner.start(hold, gate, reached)
    qtbot.waitUntil(reached.is_set)
    with qtbot.waitSignal(runner.ended):
        runner.stop()
        gate.set()
    assert runner.heard == ["first", "second"]


def test_a_new_job_silences_the_one_before(qtbot, runner):
    gate, reached = Event(), Event()
    runner.start(hold, gate, reached)
    qtbot.waitUntil(reached.is_set)
    runner.heard.clear()
    with qtbot.waitSignal(runner.ended):
        runner.start(count, 1)
        gate.set()
    assert runner.heard == [0, ("returned", 1)]


def test_a_window_closed_during_work_is_no_error(qtbot):
    window = QWidget()
    runner = JobRunner(window)
    gate, reached, closed = Event(), Event(), Event()

    def work():
        try:
            yield from hold(gate, reached)
        finally:
            closed.set()

    runner.start(work)
    qtbot.waitUntil(reached.is_set)
    with qtbot.waitSignal(window.destroyed), qtbot.captureExceptions() as exceptions:
        window.deleteLater()
    gate.set()
    qtbot.waitUntil(closed.is_set)
    assert exceptions == []


@pytest.mark.parametrize(
    ("shape", "options", "axes"),
    [
        ((20, 30), {}, "yx"),
        ((20, 30, 3), {"rgb": True}, "yxc"),
        ((4, 20, 30), {}, "zyx"),
        ((4, 20, 30), {"axis_labels": ("t", "y", "x")}, "tyx"),
        ((4, 20, 30, 3), {"rgb": True}, "zyxc"),
        ((2, 4, 20, 30), {}, "tzyx"),
    ],
)
def test_a_layer_becomes_a_stack(viewer, shape, options, axes):
    layer = viewer.add_image(np.zeros(shape, np.uint8), **options)
    stack = layer_stack(layer)
    assert (stack.axes, stack.plane_shape, stack.shape) == (axes, (20, 30), shape)


def test_lazy_and_multiscale_data_stay_lazy(viewer):
    full = da.zeros((4, 64, 64), chunks=(1, 64, 64), dtype=np.uint8)
    layer = viewer.add_image([full, full[:, ::2, ::2]], multiscale=True)
    assert layer_stack(layer).data is full


def test_five_axes_are_refused_in_words(viewer):
    layer = Image(np.zeros((2, 2, 2, 8, 8)))
    with pytest.raises(InputError, match="at most four"):
        layer_stack(layer)


def test_voxel_size_and_units_come_from_the_layer(viewer):
    layer = viewer.add_image(np.zeros((3, 8, 8)), scale=(50, 4, 4), units=("nm", "nm", "nm"))
    stack = layer_stack(layer)
    assert (stack.voxel_size, stack.units) == ((50.0, 4.0, 4.0), ("nm", "nm", "nm"))


@pytest.mark.parametrize("add", ["strokes", "prediction", "probability", "picture", "groups"])
def test_what_is_added_lies_where_the_image_lies(viewer, add):
    image = viewer.add_image(
        np.zeros((3, 16, 20)), scale=(50, 4, 5), translate=(1, 2, 3), units=("nm",) * 3, rotate=(0, 0, 30)
    )
    made = {
        "strokes": lambda: add_strokes(viewer, image, COLORS),
        "prediction": lambda: add_prediction(viewer, image, COLORS, 0.4),
        "probability": lambda: add_probability(viewer, image, 0.4),
        "groups": lambda: add_feature_groups(viewer, image, np.zeros((3, 16, 20), np.uint8), COLORS),
        "picture": lambda: add_feature_picture(viewer, image, np.zeros((3, 16, 20, 3), np.uint8)),
    }[add]()
    assert made.units == image.units
    assert tuple(made.scale) == (50, 4, 5)
    assert tuple(made.translate) == (1, 2, 3)
    np.testing.assert_allclose(made.rotate, image.rotate)
    assert image_layers(viewer) == [image]


def test_classes_have_their_colors_in_strokes(viewer):
    strokes = add_strokes(viewer, viewer.add_image(np.zeros((8, 8))), COLORS)
    np.testing.assert_allclose(strokes.get_color(2), (230 / 255, 159 / 255, 0, 1), atol=0.01)
    assert strokes.get_color(0) is None


def test_the_background_of_a_prediction_is_paler_than_the_strokes_and_the_other_classes(viewer):
    prediction = add_prediction(viewer, viewer.add_image(np.zeros((8, 8))), COLORS, 1.0)
    background, other = prediction.get_color(1), prediction.get_color(2)
    np.testing.assert_allclose(background[:3], (86 / 255, 180 / 255, 233 / 255), atol=0.01)
    assert background[3] == pytest.approx(0.35, abs=0.01)
    assert other[3] == 1


def test_a_long_entry_is_cut_in_its_middle_to_the_room_there_is(qtbot):
    combo = ElidedCombo()
    qtbot.addWidget(combo)
    combo.addItem("a very long name of a stack (30 × 512 × 512)")
    combo.setFixedWidth(200)
    combo.show()
    qtbot.waitExposed(combo)
    shown = combo.shown_text()
    assert "…" in shown
    assert shown.startswith("a ") and shown.endswith("512)")
    combo.setFixedWidth(900)
    assert combo.shown_text() == combo.currentText()


def test_strokes_are_found_again_by_their_image(viewer):
    image = viewer.add_image(np.zeros((8, 8)), name="a")
    other = viewer.add_image(np.zeros((8, 8)), name="b")
    strokes = add_strokes(viewer, image, COLORS)
    assert find_strokes(viewer, image) is strokes
    assert find_strokes(viewer, other) is None


def test_the_plane_that_is_shown_is_counted_like_the_stack(viewer):
    image = viewer.add_image(np.zeros((2, 3, 8, 8)), scale=(1, 10, 1, 1), translate=(0, 5, 0, 0))
    viewer.dims.set_point((0, 1), (1, 25))
    assert current_plane(viewer, image) == 1 * 3 + 2
    assert plane_view(np.arange(6).reshape(2, 3, 1, 1), 5) == 5


def test_a_plane_of_a_flat_layer_beside_a_stack_is_0(viewer):
    flat = viewer.add_image(np.zeros((8, 8)))
    viewer.add_image(np.zeros((5, 8, 8)))
    viewer.dims.set_point(0, 4)
    assert current_plane(viewer, flat) == 0


def test_a_view_turned_from_the_planes_is_noticed(viewer):
    viewer.add_image(np.zeros((5, 8, 8)))
    assert shows_planes(viewer)
    viewer.dims.order = (1, 0, 2)
    assert not shows_planes(viewer)
    viewer.dims.order = (0, 1, 2)
    viewer.dims.ndisplay = 3
    assert not shows_planes(viewer)


def test_replaced_data_is_another_source(viewer):
    session = session_of(viewer)
    layer = viewer.add_image(np.zeros((8, 8)))
    first = session.source(layer)
    assert session.source(layer) == first
    layer.data = np.ones((8, 8))
    assert session.source(layer) != first


def test_widgets_of_a_viewer_share_a_session(make_napari_viewer_proxy):
    viewer = make_napari_viewer_proxy()
    assert session_of(viewer) is session_of(viewer.__wrapped__)


def test_the_picker_follows_the_layers(viewer, qtbot):
    picker = LayerPicker(viewer)
    qtbot.addWidget(picker)
    assert (picker.layer, picker.isEnabled()) == (None, False)
    assert "open or drop" in picker.currentText()
    first = viewer.add_image(np.zeros((3, 8, 9)), name="first")
    assert picker.layer is first
    viewer.add_image(np.zeros((8, 8)), name="second")
    assert picker.layer is first
    first.name = "renamed"
    assert picker.currentText() == "renamed (3 × 8 × 9)"
    with qtbot.waitSignal(picker.picked) as picked:
        viewer.layers.remove(first)
    assert picked.args[0].name == "second"


def test_the_run_row_says_how_long(qtbot):
    now = [0.0]
    row = RunRow("Predict stack", clock=lambda: now[0])
    qtbot.addWidget(row)
    row.show()
    row.begin(30)
    now[0] = 10.0
    row.advance(10)
    assert row.note.text() == "10/30 · 20 s left"
    assert (row.start_button.isVisible(), row.stop_button.isVisible()) == (False, True)
    with qtbot.waitSignal(row.stop_requested):
        qtbot.mouseClick(row.stop_button, Qt.MouseButton.LeftButton)
    row.end("Stopped, 10 of 30 planes done")
    assert (row.start_button.isVisible(), row.note.text()) == (True, "Stopped, 10 of 30 planes done")


def test_a_button_that_cannot_says_why(qtbot):
    row = RunRow("Predict stack")
    qtbot.addWidget(row)
    row.set_missing("Paint two classes first")
    assert (row.start_button.isEnabled(), row.start_button.toolTip()) == (False, "Paint two classes first")


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (44, "44 s"), (150, "2 min"), (7200, "2.0 h")])
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_an_error_stays_until_dismissed(viewer, qtbot):
    line = ErrorLine(viewer)
    qtbot.addWidget(line)
    line.show_error(InputError("The plane is too small. Use a larger one."))
    assert (line.text, line.isVisible()) == ("The plane is too small. Use a larger one.", True)
    qtbot.mouseClick(line.dismiss, Qt.MouseButton.LeftButton)
    assert (line.text, line.isVisible()) == ("", False)


def test_status_and_errors_are_readable_in_both_themes(viewer, qtbot):
    status, line = StatusLine(viewer), ErrorLine(viewer)
    for widget in (status, line):
        qtbot.addWidget(widget)
    status.say(Mood.WORKING, "Computing features")
    dark = status._dot.styleSheet(), line._text.styleSheet()
    viewer.theme = "light"
    assert all(a != b for a, b in zip(dark, (status._dot.styleSheet(), line._text.styleSheet()), strict=True))
    assert (status.text, status._dot.accessibleName()) == ("Computing features", "working")


def test_a_section_unfolds_by_keyboard(qtbot):
    section = Section("More")
    qtbot.addWidget(section)
    section.show()
    assert not section.content.isVisible()
    qtbot.keyClick(section.toggle, Qt.Key.Key_Space)
    assert section.content.isVisible()
