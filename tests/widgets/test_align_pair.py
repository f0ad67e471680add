"""Two sections in the Align widget: seen on each other, and set by mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy import ndimage

from patchprobe import Stack
from patchprobe._pair_work import turn_of
from patchprobe._section_pair import SectionPair
from patchprobe._widgets._pair_panel import PairPanel
from patchprobe._widgets._visible import camera_of
from patchprobe.alignment import LandmarkPairs, Transform
from patchprobe.alignment.landmark_pairs import save_landmarks

LEFT = Qt.MouseButton.LeftButton
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((140, 150)), 2)
TISSUE = (255 * (TISSUE - TISSUE.min()) / np.ptp(TISSUE)).astype(np.uint8)
# Section 1 shows the same 6 px further down and 4 px further left, section 2 another 3 px down and 9 right.
STEPS = ((0, 0), (6, -4), (9, 5))
DISPLACED = np.stack([TISSUE[20 - dy : 120 - dy, 20 - dx : 120 - dx] for dy, dx in STEPS])
FOUND = Transform.translation((6.0, -4.0))


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(640, 480)
    return viewer


@pytest.fixture
def image(viewer):
    return viewer.add_image(DISPLACED, name="cells", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3)


@pytest.fixture
def panel(viewer, qtbot):
    panel = PairPanel(viewer)
    qtbot.addWidget(panel)
    panel.resize(320, 700)
    panel.show()
    return panel


@pytest.fixture
def pair():
    return SectionPair(Stack(DISPLACED, "zyx"), 0, 1, FOUND)


@pytest.fixture
def followed(panel, image, pair):
    panel.follow(image, pair)
    return panel


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.is_busy and not panel.canvas._soon.isActive(), timeout=20_000)


def see(qtbot, panel, kind):
    panel.look.kind.setCurrentIndex(panel.look.kind.findData(kind))
    settle(qtbot, panel)
    return panel.canvas.layer


def misfit(layer):
    """Largest difference of red and cyan where both sections are: grey means that they are equal."""
    return np.ptp(layer.data[10:90, 10:90].astype(int), axis=2).max()


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_the_pair_is_seen_as_a_layer_of_its_own(qtbot, viewer, image, panel, pair):
    assert not panel.isEnabled()
    panel.follow(image, pair)
    settle(qtbot, panel)
    assert names(viewer) == ["cells"]
    layer = see(qtbot, panel, "red-cyan")
    assert names(viewer) == ["cells", "pair of cells"] and viewer.layers.selection.active is image
    np.testing.assert_allclose(layer.data_to_world((1, 1)), (10, 11))
    assert misfit(layer) <= 12
    qtbot.mouseClick(panel.look.before, LEFT)
    settle(qtbot, panel)
    assert misfit(layer) > 60
    coarse = see(qtbot, panel, "checkerboard").data.copy()
    assert panel.look.amount_label.text() == "Squares 64 px" and "run on" in panel.look.meaning.text()
    panel.look.amount.setValue(0)
    settle(qtbot, panel)
    assert panel.look.amount_label.text() == "Squares 8 px" and (layer.data != coarse).any()
    for button in (panel.hand.landmarks_button, panel.hand.drag_button):
        qtbot.mouseClick(button, LEFT)
        assert panel.minimumSizeHint().width() <= 300


def test_flicker_and_side_by_side(qtbot, viewer, followed):
    layer = see(qtbot, followed, "flicker")
    followed.look.amount.setValue(10)
    settle(qtbot, followed)
    first = layer.data.copy()
    qtbot.waitUntil(lambda: (layer.data != first).any(), timeout=2000)
    layer.visible = False
    assert not followed.canvas.is_flickering
    layer.visible = True
    assert followed.canvas.is_flickering

    camera = camera_of(viewer)
    camera.zoom *= 3
    zoom = camera.zoom
    layer = see(qtbot, followed, "side by side")
    assert not followed.canvas.is_flickering
    assert layer.data.shape == (100, 202, 3) and camera.zoom < zoom
    assert "0 on the left" in followed.look.meaning.text()
    see(qtbot, followed, "off")
    assert camera.zoom == pytest.approx(zoom) and names(viewer) == ["cells"]


def test_the_picture_follows_the_pair_and_leaves_other_layers_alone(qtbot, viewer, image, followed):
    hidden = viewer.add_labels(np.zeros(DISPLACED.shape, np.uint8), name="hidden", visible=False)
    layer = see(qtbot, followed, "red-cyan")
    followed.follow(image, SectionPair(Stack(DISPLACED, "zyx"), 1, 2, Transform.translation((3.0, 9.0))))
    settle(qtbot, followed)
    assert followed.canvas.layer is layer and misfit(layer) <= 12
    assert followed.caption.text() == "Sections 1 (fixed) and 2 (moving)"
    viewer.add_image(DISPLACED, name="later")
    qtbot.waitUntil(lambda: names(viewer)[-1] == "pair of cells")
    followed.hide()
    assert names(viewer) == ["cells", "hidden", "later"]
    assert image.visible and not hidden.visible
    followed.show()
    settle(qtbot, followed)
    assert names(viewer)[-1] == "pair of cells"
    viewer.layers.remove("pair of cells")
    settle(qtbot, followed)
    assert followed.look.look.kind == "off"
    followed.show_picture()  # which the user has just put away
    settle(qtbot, followed)
    assert names(viewer) == ["cells", "hidden", "later"]


def test_the_layer_is_called_after_the_stack_that_it_shows(qtbot, viewer, followed):
    see(qtbot, followed, "checkerboard")
    other = viewer.add_image(DISPLACED[::-1], name="other")
    followed.follow(other, SectionPair(Stack(other.data, "zyx"), 0, 1, Transform.identity()))
    settle(qtbot, followed)
    assert names(viewer) == ["cells", "other", "pair of other"]


def test_a_closed_panel_takes_its_layers_along(qtbot, viewer, image, pair):
    panel = PairPanel(viewer)
    panel.show()
    panel.follow(image, pair)
    panel.show_picture()
    panel.similarity.unfold()
    qtbot.mouseClick(panel.hand.landmarks_button, LEFT)
    settle(qtbot, panel)
    pictures = panel.pictures
    assert (
        "Same place (diagonal): 0." in pictures.captions[0].text()
        and "in the ring" in pictures.captions[1].text()
    )
    reach = [(n - 1) / 2 for n in pictures.shifts._shape]
    row, col = pictures.shifts._mark
    # The ring is 6 px down and 4 px left of the middle, in cells of 2 px.
    assert (row - reach[0], col - reach[1]) == pytest.approx((3, -2))
    assert pictures.shifts._describe(round(row), round(col)).startswith("Shift y 6 px, x −4 px: similarity")
    assert len(viewer.layers) == 4
    panel.close()
    panel.deleteLater()
    qtbot.waitUntil(lambda: names(viewer) == ["cells"])
    viewer.add_image(DISPLACED[0])


# --- landmarks ---


@pytest.fixture
def marking(qtbot, followed):
    qtbot.mouseClick(followed.hand.landmarks_button, LEFT)
    settle(qtbot, followed)
    assert followed.canvas.look.kind == "side by side"
    return followed


@pytest.fixture
def mark(marking, hands):
    """Click places (y, x) in the fixed section on the left, and the same in the moving one on the right."""

    def click(*points, sides=(0, 102)):
        for y, x in points:
            for side in sides:
                hands(marking.canvas.viewer, marking.canvas.layer).drag((y, x + side), steps=0)

    return click


def test_landmarks_are_marked_in_turn_dragged_and_taken_back(qtbot, viewer, marking, mark, hands):
    hand, panel = marking.hand, marking.hand.landmarks
    assert names(viewer)[-2:] == ["landmarks, fixed", "landmarks, moving"]
    assert panel.hint.text().startswith("Click a place in section 0 (left)")
    mark((30, 40), sides=(0,))
    assert panel.hint.text() == "Now click the same place in section 1 (right)."
    mark((30, 40), sides=(102,))
    assert panel.hint.text().startswith("1 more pair for shift + rotation")
    assert not panel.use_button.isEnabled()
    hand.model.setCurrentIndex(hand.model.findData("affine"))
    assert panel.use_button.toolTip() == "2 more pairs for affine"
    assert viewer.layers["landmarks, moving"].features["number"].tolist() == [1]
    (here, there) = hand.now().pairs.pairs[0]
    assert here == pytest.approx((30, 40), abs=0.8) and there == pytest.approx((36, 36), abs=0.8)

    canvas, center = hands(viewer, marking.canvas.layer), camera_of(viewer).center
    canvas.drag((30, 40), (25, 50))
    assert hand.now().pairs.pairs[0][0] == pytest.approx((25, 50), abs=0.8)
    assert camera_of(viewer).center == center
    canvas.press(Qt.Key.Key_Z, CONTROL)
    assert hand.now().pairs.pairs[0][0] == pytest.approx((30, 40), abs=0.8)
    canvas.press(Qt.Key.Key_Z, CONTROL)
    assert panel.hint.text().startswith("Now click")
    qtbot.mouseClick(panel.undo_button, LEFT)
    assert not len(viewer.layers["landmarks, fixed"].data) and not panel.undo_button.isEnabled()


def test_landmarks_are_judged_kept_filed_and_used(qtbot, image, marking, mark, pair, tmp_path):
    hand, table = marking.hand, marking.hand.landmarks.table
    mark((20, 30), (80, 30), (50, 80))
    assert "3 pairs fit to" in hand.landmarks.hint.text()
    off, nm = (float(table.item(1, column).text()) for column in (3, 4))
    assert nm == pytest.approx(4 * off, abs=0.3)
    table.setFocus()
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert table.rowCount() == 2 and table.item(0, 3).text() == "–"
    marking.follow(image, SectionPair(pair.stack, 1, 2, Transform.identity()))
    assert table.rowCount() == 0
    marking.follow(image, SectionPair(pair.stack, 1, 0, FOUND.inverse()))
    assert table.item(0, 2).text() == "20, 30"

    hand.landmarks.save_requested.emit(str(tmp_path / "landmarks.csv"))
    qtbot.mouseClick(hand.landmarks.undo_button, LEFT)
    hand.landmarks.load_requested.emit(str(tmp_path / "landmarks.csv"))
    assert table.rowCount() == 2 and "2 pairs of landmarks, of sections 1 and 0" in marking.status.text
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    hand.landmarks.load_requested.emit(str(tmp_path / "other.csv"))
    assert "columns a, b" in marking.error.text and marking.status.text.startswith("Not loaded")
    save_landmarks(tmp_path / "other.csv", [LandmarkPairs(40, 41, (((1, 2), (3, 4)),))])
    hand.landmarks.load_requested.emit(str(tmp_path / "other.csv"))
    assert "sections 40 and 41" in marking.error.text
    hand.landmarks.save_requested.emit(str(tmp_path / "nowhere" / "landmarks.csv"))
    assert "no folder" in marking.error.text and marking.status.text.startswith("Not saved")

    marking.follow(image, pair)
    hand.refine.setChecked(False)
    with qtbot.waitSignal(marking.edge_set, timeout=20_000) as caught:
        qtbot.mouseClick(hand.landmarks.use_button, LEFT)
    edge = caught.args[0]
    assert (edge.fixed, edge.moving, edge.by_hand) == (0, 1, True)
    assert edge.transform.points([(50, 50)])[0] == pytest.approx((56, 46), abs=1) and edge.score > 0.7
    assert hand.tool is None and "as it was put" in marking.status.text


# --- dragging ---


@pytest.fixture
def holding(qtbot, followed):
    qtbot.mouseClick(followed.hand.drag_button, LEFT)
    settle(qtbot, followed)
    return followed


def test_a_section_is_moved_and_turned_by_the_mouse(qtbot, viewer, image, holding, hands):
    drag, canvas = holding.hand.drag, hands(viewer, holding.canvas.layer)
    assert viewer.layers.selection.active is holding.canvas.layer
    center = camera_of(viewer).center
    # The end twice: on a busy machine the last move may be seen only with the release.
    canvas.drag((50, 50), (54, 43), (54, 43))
    assert drag.transform.shift == pytest.approx((2, 3), abs=0.6)
    assert camera_of(viewer).center == center
    settle(qtbot, holding)
    assert holding.hand.dragging.place.text().startswith("Moved by y −")
    assert "(was 0.99), overlap 9" in holding.hand.dragging.score.text()

    before, middle = drag.transform, holding.canvas.place_of(center)
    # Against the clock by a quarter: from the right of the middle to above it.
    arc = [np.add(middle, (-30 * np.sin(a), 30 * np.cos(a))) for a in np.linspace(0, np.pi / 2, 7)]
    canvas.drag(*arc, arc[-1], steps=1, modifier=SHIFT)
    assert turn_of(drag.transform) == pytest.approx(-90, abs=2)
    # What is in the middle of the view stays there.
    np.testing.assert_allclose(drag.transform.points([middle]), before.points([middle]))

    held = drag.transform
    viewer.layers.selection.active = image
    canvas.drag((50, 50), (54, 43))
    assert drag.transform is held


def test_keys_move_and_turn_it_and_put_it_back(qtbot, viewer, image, holding, hands, pair):
    drag, canvas = holding.hand.drag, hands(viewer, holding.canvas.layer)
    for key, held, moved in (
        (Qt.Key.Key_Up, (), (-1, 0)),
        (Qt.Key.Key_Right, (SHIFT,), (0, 10)),
        (Qt.Key.Key_Down, (Qt.KeyboardModifier.AltModifier,), (0.1, 0)),
    ):
        before = drag.transform.shift
        canvas.press(key, *held)
        assert np.subtract(before, drag.transform.shift) == pytest.approx(moved)
    canvas.press(Qt.Key.Key_BracketLeft)
    assert turn_of(drag.transform) == pytest.approx(-0.1)
    canvas.press(Qt.Key.Key_BracketRight)
    assert turn_of(drag.transform) == pytest.approx(0, abs=1e-9)
    canvas.press(Qt.Key.Key_Escape)
    settle(qtbot, holding)
    assert holding.hand.tool is None and not holding.hand.drag_button.isChecked()
    assert names(viewer) == ["cells"] and viewer.layers.selection.active is image
    qtbot.mouseClick(holding.hand.drag_button, LEFT)
    holding.follow(image, SectionPair(pair.stack, 1, 2, Transform.identity()))
    assert holding.hand.tool is None and not drag.is_on


def test_the_place_is_used_as_it_is_or_refined(qtbot, viewer, holding, hands):
    hands(viewer, holding.canvas.layer).press(Qt.Key.Key_Left)
    with qtbot.waitSignal(holding.edge_set, timeout=20_000) as caught:
        qtbot.mouseClick(holding.hand.dragging.use_button, LEFT)
    assert caught.args[0].transform.points([(50, 50)])[0] == pytest.approx((56, 46), abs=0.2)
    assert "moved by 1.0 px by the images" in holding.status.text
    holding.hand.refine.setChecked(False)
    qtbot.mouseClick(holding.hand.drag_button, LEFT)
    settle(qtbot, holding)
    canvas = hands(viewer, holding.canvas.layer)
    canvas.press(Qt.Key.Key_Left)
    with qtbot.waitSignal(holding.edge_set, timeout=20_000) as caught:
        canvas.press(Qt.Key.Key_Return)
    assert caught.args[0].transform.shift == pytest.approx((6, -3))
