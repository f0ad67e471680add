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
from patchprobe.alignment import Edge, Transform

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((140, 150)), 2)
TISSUE = (255 * (TISSUE - TISSUE.min()) / np.ptp(TISSUE)).astype(np.uint8)
# Section 1 shows the same 6 px further down and 4 px further left, section 2 another 3 px down and 9 right.
STEPS = ((0, 0), (6, -4), (9, 5))
DISPLACED = np.stack([TISSUE[20 - dy : 120 - dy, 20 - dx : 120 - dx] for dy, dx in STEPS])
FOUND = Transform.translation((6.0, -4.0))


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(900, 700)
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


def names(viewer):
    return [layer.name for layer in viewer.layers]


# --- how it is seen ---


def test_without_a_pair_nothing_can_be_done(viewer, panel):
    assert not panel.isEnabled() and not viewer.layers


def test_the_pair_is_seen_as_a_layer_of_its_own(qtbot, viewer, image, followed):
    settle(qtbot, followed)
    assert names(viewer) == ["cells"]
    layer = see(qtbot, followed, "red-cyan")
    assert names(viewer) == ["cells", "pair of cells"] and viewer.layers.selection.active is image
    assert layer.data.shape == (100, 100, 3)
    # Grey where both are: the sections are equal there.
    assert np.abs(np.ptp(layer.data[:90, 10:].astype(int), axis=2)).max() <= 12
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (6, 7))
    np.testing.assert_allclose(layer.data_to_world((1, 1)), (10, 11))


def test_before_and_after(qtbot, followed):
    layer = see(qtbot, followed, "red-cyan")
    after = np.ptp(layer.data[10:90, 10:90].astype(int), axis=2).mean()
    qtbot.mouseClick(followed.look.before, LEFT)
    settle(qtbot, followed)
    assert np.ptp(layer.data[10:90, 10:90].astype(int), axis=2).mean() > 5 * after


def test_squares_change_their_size(qtbot, followed):
    layer = see(qtbot, followed, "checkerboard")
    coarse = layer.data.copy()
    assert followed.look.amount_label.text() == "Squares 64 px"
    followed.look.amount.setValue(0)
    settle(qtbot, followed)
    assert followed.look.amount_label.text() == "Squares 8 px" and (layer.data != coarse).any()
    assert "run on" in followed.look.meaning.text()


def test_flicker_changes_by_itself_and_stops_when_hidden(qtbot, viewer, followed):
    layer = see(qtbot, followed, "flicker")
    followed.look.amount.setValue(10)
    settle(qtbot, followed)
    first = layer.data.copy()
    qtbot.waitUntil(lambda: (layer.data != first).any(), timeout=2000)
    layer.visible = False
    assert not followed.canvas.is_flickering
    layer.visible = True
    assert followed.canvas.is_flickering
    see(qtbot, followed, "difference")
    assert not followed.canvas.is_flickering


def test_side_by_side_shows_both_and_gives_the_view_back(qtbot, viewer, image, followed):
    camera = camera_of(viewer)
    camera.zoom *= 3
    zoom = camera.zoom
    layer = see(qtbot, followed, "side by side")
    assert layer.data.shape == (100, 202, 3) and camera.zoom < zoom
    assert "0 on the left" in followed.look.meaning.text()
    see(qtbot, followed, "off")
    assert camera.zoom == pytest.approx(zoom) and names(viewer) == ["cells"]


def test_the_picture_follows_the_pair(qtbot, image, followed):
    layer = see(qtbot, followed, "red-cyan")
    followed.follow(image, SectionPair(Stack(DISPLACED, "zyx"), 1, 2, Transform.translation((3.0, 9.0))))
    settle(qtbot, followed)
    assert followed.canvas.layer is layer and followed.caption.text() == "Sections 1 (fixed) and 2 (moving)"
    assert np.ptp(layer.data[10:90, 10:90].astype(int), axis=2).max() <= 12


def test_other_layers_are_left_as_they_are(qtbot, viewer, image, followed):
    hidden = viewer.add_labels(np.zeros(DISPLACED.shape, np.uint8), name="hidden", visible=False)
    see(qtbot, followed, "checkerboard")
    viewer.add_image(DISPLACED, name="later")
    settle(qtbot, followed)
    qtbot.waitUntil(lambda: names(viewer)[-1] == "pair of cells")
    followed.hide()
    assert names(viewer) == ["cells", "hidden", "later"]
    assert image.visible and not hidden.visible
    followed.show()
    settle(qtbot, followed)
    assert names(viewer)[-1] == "pair of cells"


def test_a_picture_that_is_deleted_stays_away(qtbot, viewer, image, followed):
    see(qtbot, followed, "checkerboard")
    viewer.layers.remove("pair of cells")
    settle(qtbot, followed)
    assert followed.look.look.kind == "off" and names(viewer) == ["cells"]
    followed.show_picture()
    settle(qtbot, followed)
    assert names(viewer) == ["cells", "pair of cells"]
    viewer.layers.remove(image)
    qtbot.waitUntil(lambda: not viewer.layers)


def test_a_closed_panel_takes_its_layers_along(qtbot, viewer, image, pair):
    panel = PairPanel(viewer)
    panel.show()
    panel.follow(image, pair)
    see(qtbot, panel, "checkerboard")
    qtbot.mouseClick(panel.hand.landmarks_button, LEFT)
    settle(qtbot, panel)
    panel.close()
    panel.deleteLater()
    qtbot.waitUntil(lambda: names(viewer) == ["cells"])
    viewer.add_image(DISPLACED[0])


def test_similarity_is_worked_out_when_it_is_looked_at(qtbot, followed):
    assert followed.pictures.matrix.is_empty
    followed.similarity.unfold()
    settle(qtbot, followed)
    pictures = followed.pictures
    assert "diagonal" in pictures.captions[0].text() and "in the ring" in pictures.captions[1].text()
    reach = [(n - 1) / 2 for n in pictures.shifts._shape]
    row, col = pictures.shifts._mark
    # The ring is 6 px down and 4 px left of the middle, in cells of 2 px.
    assert (row - reach[0], col - reach[1]) == pytest.approx((3, -2))
    assert "similarity" in pictures.shifts._describe(round(row), round(col))


# --- landmarks ---


def click(qtbot, panel, hands, side, point):
    """Click a place (y, x) of the fixed or the moving half of two sections side by side."""
    assert panel.canvas.look.kind == "side by side"
    y, x = point
    hands(panel.canvas.viewer, panel.canvas.layer).drag((y, x + (102 if side == "moving" else 0)), steps=0)


@pytest.fixture
def marking(qtbot, followed):
    qtbot.mouseClick(followed.hand.landmarks_button, LEFT)
    settle(qtbot, followed)
    return followed


def mark(qtbot, panel, hands, *points):
    """Click places in the fixed section, and in the moving one where it shows the same."""
    for point in points:
        click(qtbot, panel, hands, "fixed", point)
        click(qtbot, panel, hands, "moving", point)


def test_landmarks_are_marked_in_turn(qtbot, viewer, marking, hands):
    hand = marking.hand
    assert names(viewer)[-2:] == ["landmarks, fixed", "landmarks, moving"]
    assert hand.landmarks.hint.text().startswith("Click a place in section 0 (left)")
    click(qtbot, marking, hands, "fixed", (30, 40))
    assert hand.landmarks.hint.text() == "Now click the same place in section 1 (right)."
    click(qtbot, marking, hands, "moving", (30, 40))
    assert hand.landmarks.hint.text().startswith("1 more pair for shift + rotation")
    assert not hand.landmarks.use_button.isEnabled()
    assert hand.landmarks.use_button.toolTip() == "1 more pair for shift + rotation"
    assert viewer.layers["landmarks, moving"].features["number"].tolist() == [1]
    (here, there) = hand._now().pairs.pairs[0]
    assert here == pytest.approx((30, 40), abs=0.6) and there == pytest.approx((36, 36), abs=0.6)


def test_a_model_that_needs_more_says_how_many(qtbot, marking, hands):
    mark(qtbot, marking, hands, (30, 40))
    marking.hand.model.setCurrentIndex(marking.hand.model.findData("affine"))
    assert marking.hand.landmarks.use_button.toolTip() == "2 more pairs for affine"


def test_landmarks_are_used(qtbot, marking, hands):
    mark(qtbot, marking, hands, (20, 30), (80, 30), (50, 80))
    assert "3 pairs fit to" in marking.hand.landmarks.hint.text()
    marking.hand.refine.setChecked(False)
    with qtbot.waitSignal(marking.edge_set, timeout=20_000) as caught:
        qtbot.mouseClick(marking.hand.landmarks.use_button, LEFT)
    edge = caught.args[0]
    assert (edge.fixed, edge.moving, edge.by_hand) == (0, 1, True)
    assert edge.transform.shift == pytest.approx((6, -4), abs=1) and edge.score > 0.8
    assert marking.hand.tool is None and "as it was put" in marking.status.text


def test_the_table_says_what_the_fit_misses(qtbot, marking, hands):
    mark(qtbot, marking, hands, (20, 30), (80, 30), (50, 80))
    table = marking.hand.landmarks.table
    assert table.rowCount() == 3 and table.item(0, 1).text() == "20, 30"
    off, nm = (float(table.item(1, column).text()) for column in (3, 4))
    assert nm == pytest.approx(4 * off, abs=0.3)
    table.setFocus()
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert table.rowCount() == 2 and table.item(0, 3).text() == "–"


def test_landmarks_are_taken_back(qtbot, viewer, marking, hands):
    mark(qtbot, marking, hands, (20, 30))
    canvas = hands(viewer, marking.canvas.layer)
    canvas.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert marking.hand.landmarks.hint.text().startswith("Now click")
    qtbot.mouseClick(marking.hand.landmarks.undo_button, LEFT)
    assert not len(viewer.layers["landmarks, fixed"].data)
    assert not marking.hand.landmarks.undo_button.isEnabled()


def test_a_landmark_is_dragged(qtbot, viewer, marking, hands):
    mark(qtbot, marking, hands, (20, 30))
    center = camera_of(viewer).center
    hands(viewer, marking.canvas.layer).drag((20, 30), (25, 40))
    assert marking.hand._now().pairs.pairs[0][0] == pytest.approx((25, 40), abs=0.8)
    assert camera_of(viewer).center == center
    marking.hand.undo()
    assert marking.hand._now().pairs.pairs[0][0] == pytest.approx((20, 30), abs=0.8)


def test_landmarks_stay_with_their_pair(qtbot, image, marking, hands, pair):
    mark(qtbot, marking, hands, (20, 30))
    marking.follow(image, SectionPair(pair.stack, 1, 2, Transform.identity()))
    assert marking.hand.landmarks.table.rowCount() == 0
    marking.follow(image, SectionPair(pair.stack, 1, 0, FOUND.inverse()))
    assert marking.hand.landmarks.table.item(0, 2).text() == "20, 30"


def test_landmarks_go_through_a_file(qtbot, marking, hands, tmp_path):
    mark(qtbot, marking, hands, (20, 30), (80, 30))
    before = marking.hand._now().pairs
    marking.hand._save(str(tmp_path / "landmarks.csv"))
    marking.hand._remove(0)
    marking.hand._load(str(tmp_path / "landmarks.csv"))
    np.testing.assert_allclose(marking.hand._now().pairs.fixed_points, before.fixed_points)
    assert "2 pairs of landmarks, of sections 0 and 1" in marking.status.text
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    marking.hand._load(str(tmp_path / "other.csv"))
    assert "columns a, b" in marking.error.text


# --- dragging ---


@pytest.fixture
def holding(qtbot, followed):
    qtbot.mouseClick(followed.hand.drag_button, LEFT)
    settle(qtbot, followed)
    return followed


def test_a_section_is_dragged(qtbot, viewer, holding, hands):
    assert viewer.layers.selection.active is holding.canvas.layer
    center = camera_of(viewer).center
    hands(viewer, holding.canvas.layer).drag((50, 50), (54, 43))
    assert holding.hand.drag.transform.shift == pytest.approx((2, 3), abs=0.6)
    assert camera_of(viewer).center == center
    settle(qtbot, holding)
    assert holding.hand.dragging.place.text().startswith("Moved by y −")
    assert (
        "(was 0.9" in holding.hand.dragging.score.text() or "(was 1.0" in holding.hand.dragging.score.text()
    )


def test_a_section_is_turned_with_shift(qtbot, viewer, holding, hands):
    middle = holding.canvas.place_of(camera_of(viewer).center)
    right, up = np.add(middle, (0, 30)), np.add(middle, (-30, 0))
    # Against the clock by a quarter: from the right of the middle to above it, along an arc.
    arc = [np.add(middle, (-30 * np.sin(a), 30 * np.cos(a))) for a in np.linspace(0, np.pi / 2, 7)]
    hands(viewer, holding.canvas.layer).drag(right, *arc[1:-1], up, steps=1, modifier=SHIFT)
    assert turn_of(holding.hand.drag.transform) == pytest.approx(-90, abs=2)
    # What is in the middle of the view stays there.
    np.testing.assert_allclose(holding.hand.drag.transform.points([middle])[0], FOUND.points([middle])[0])


@pytest.mark.parametrize(
    ("key", "held", "moved"),
    [
        (Qt.Key.Key_Up, (), (-1, 0)),
        (Qt.Key.Key_Right, (SHIFT,), (0, 10)),
        (Qt.Key.Key_Down, (Qt.KeyboardModifier.AltModifier,), (0.1, 0)),
    ],
)
def test_arrow_keys_move_by_steps(viewer, holding, hands, key, held, moved):
    hands(viewer, holding.canvas.layer).press(key, *held)
    assert np.subtract(FOUND.shift, holding.hand.drag.transform.shift) == pytest.approx(moved)


def test_brackets_turn_by_a_tenth(viewer, holding, hands):
    canvas = hands(viewer, holding.canvas.layer)
    canvas.press(Qt.Key.Key_BracketLeft)
    assert turn_of(holding.hand.drag.transform) == pytest.approx(-0.1)
    canvas.press(Qt.Key.Key_BracketRight)
    np.testing.assert_allclose(holding.hand.drag.transform.matrix, FOUND.matrix, atol=1e-9)


def test_escape_puts_it_back(qtbot, viewer, image, holding, hands):
    canvas = hands(viewer, holding.canvas.layer)
    canvas.press(Qt.Key.Key_Down)
    canvas.press(Qt.Key.Key_Escape)
    settle(qtbot, holding)
    assert holding.hand.tool is None and not holding.hand.drag_button.isChecked()
    assert names(viewer) == ["cells"] and viewer.layers.selection.active is image


def test_the_place_is_used_as_it_is(qtbot, viewer, holding, hands):
    holding.hand.refine.setChecked(False)
    canvas = hands(viewer, holding.canvas.layer)
    canvas.press(Qt.Key.Key_Left)
    with qtbot.waitSignal(holding.edge_set, timeout=20_000) as caught:
        canvas.press(Qt.Key.Key_Return)
    assert caught.args[0].transform.shift == pytest.approx((6, -3))


def test_the_images_refine_the_place(qtbot, viewer, holding, hands):
    hands(viewer, holding.canvas.layer).press(Qt.Key.Key_Left)
    with qtbot.waitSignal(holding.edge_set, timeout=20_000) as caught:
        qtbot.mouseClick(holding.hand.dragging.use_button, LEFT)
    assert caught.args[0].transform.points([(50, 50)])[0] == pytest.approx((56, 46), abs=0.2)
    assert "moved by 1.0 px by the images" in holding.status.text
    assert isinstance(caught.args[0], Edge)


def test_another_layer_gets_the_mouse_back(viewer, image, holding, hands):
    viewer.layers.selection.active = image
    hands(viewer, holding.canvas.layer).drag((50, 50), (54, 43))
    np.testing.assert_allclose(holding.hand.drag.transform.matrix, FOUND.matrix)


def test_another_pair_lets_go(qtbot, image, holding, pair):
    holding.follow(image, SectionPair(pair.stack, 1, 2, Transform.identity()))
    assert holding.hand.tool is None and not holding.hand.drag.is_on


def test_it_fits_into_its_column(qtbot, followed):
    for button in (followed.hand.landmarks_button, followed.hand.drag_button):
        qtbot.mouseClick(button, LEFT)
        assert followed.minimumSizeHint().width() <= 300
