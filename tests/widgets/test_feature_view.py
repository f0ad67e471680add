"""What the features see, driven as a person drives it: pictures, groups, similarity under the mouse."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import QPoint, Qt

from patchprobe import _work
from patchprobe._widgets import _feature_layer, _live_similarity
from patchprobe._widgets import embed as embed_widget
from patchprobe._widgets._layers import (
    add_strokes,
    image_layers,
    labels_layers,
    show_plane,
)
from patchprobe._widgets._session import session_of
from patchprobe._widgets._status import Mood
from patchprobe._widgets._view_layers import find_feature_groups, find_feature_picture
from patchprobe._widgets.embed import EmbedWidget
from patchprobe._work import embed_plane
from patchprobe.backbones import get_backbone

LEFT = Qt.MouseButton.LeftButton
NOISE = np.random.default_rng(0).integers(0, 255, (4, 40, 48), dtype=np.uint8)
# Dark on the left, bright on the right.
HALVES = (NOISE // 8 + np.where(np.arange(48) < 24, 20, 200)).astype(np.uint8)
PATCHES = "placeholder-cnx-t"


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def image(viewer):
    layer = viewer.add_image(NOISE, name="noise", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3)
    show_plane(viewer, layer, 1)
    return layer


@pytest.fixture
def halves(viewer):
    layer = viewer.add_image(HALVES, name="halves", scale=(50, 4, 4), translate=(5, 6, 7))
    show_plane(viewer, layer, 1)
    return layer


@pytest.fixture
def widget(viewer, qtbot):
    widget = EmbedWidget(viewer)
    qtbot.addWidget(widget)
    widget.resize(320, 640)
    widget.show()
    widget.features.unfold()
    return widget


@pytest.fixture
def hold(monkeypatch):
    """Let a run begin plane `after`, and no further before `go` is set."""

    class Hold:
        after, count = 0, 0

        def __init__(self):
            self.reached, self.go = threading.Event(), threading.Event()

        def __call__(self, *args, **options):
            self.count += 1
            if self.count > self.after:
                self.reached.set()
                self.go.wait(10)
            return embed_plane(*args, **options)

    hold = Hold()
    monkeypatch.setattr(_work, "embed_plane", hold)
    yield hold
    hold.go.set()


def click(qtbot, button):
    assert button.isEnabled(), button.toolTip()
    # On the dot of a radio button, whose clickable part is as narrow as its text.
    qtbot.mouseClick(button, LEFT, pos=QPoint(8, button.height() // 2))


def draw(qtbot, widget):
    with qtbot.waitSignal(widget.features.jobs.ended):
        click(qtbot, widget.features.drawing.start_button)


def choose_look(widget, words):
    widget.features.look.setCurrentIndex(widget.features.look.findText(words))


def held(viewer, image, backbone="filters"):
    session = session_of(viewer)
    return session.cache.planes(session.source(image), backbone)


def picture_of(viewer, image):
    return find_feature_picture(viewer, image).data


class Mouse:
    """A real mouse over the canvas, which is moved so that a pixel of an image lies under it."""

    # Qt tells only of a mouse that has moved, and it stays where the test before has left it.
    _jitter = itertools.cycle(range(7))

    def __init__(self, qtbot, viewer):
        self._qtbot = qtbot
        # napari 0.9 moved the camera.
        self._scene = getattr(viewer, "scene", viewer)
        self._canvas = viewer.window._qt_viewer.canvas.native

    def _bring(self, image, y, x):
        world = image.data_to_world((*(0.0,) * (image.ndim - 2), y, x))
        self._scene.camera.center = (0, *world[-2:])
        return self._canvas.rect().center() + QPoint(0, next(self._jitter))

    def hover(self, image, y, x):
        self._qtbot.mouseMove(self._canvas, self._bring(image, y, x))

    def click(self, image, y, x):
        self._qtbot.mouseClick(self._canvas, LEFT, pos=self._bring(image, y, x))


@pytest.fixture
def mouse(qtbot, viewer):
    return Mouse(qtbot, viewer)


@pytest.fixture
def similar(qtbot, widget, halves):
    """The live similarity on `halves`, switched on and ready."""
    click(qtbot, widget.features.similar)
    live = widget.features.similarity
    qtbot.waitUntil(lambda: live.prepared is not None)
    return live


def is_like(live, side):
    """Whether the layer shows that one half is alike and the other is not."""
    layer = live.layers.layer
    if layer is None or not layer.visible:
        return False
    left, right = layer.data[..., 4:20].mean(), layer.data[..., 28:44].mean()
    return left > 0.1 > -0.1 > right if side == "left" else right > 0.1 > -0.1 > left


def shows(qtbot, live, side):
    qtbot.waitUntil(lambda: is_like(live, side))


# --- pictures and groups ---


def test_the_picture_lies_over_the_image_and_leaves_the_brush_alone(qtbot, viewer, widget, image):
    strokes = add_strokes(viewer, image, {1: "#56b4e9"})
    viewer.layers.selection.active = strokes
    draw(qtbot, widget)
    picture = find_feature_picture(viewer, image)
    assert list(viewer.layers) == [image, picture, strokes]
    assert viewer.layers.selection.active is strokes
    assert picture.rgb
    assert (tuple(picture.scale), tuple(picture.translate)) == ((50, 4, 4), (5, 6, 7))
    assert picture.units == image.units
    assert widget.picker.layer is image


def test_what_is_not_drawn_lets_the_image_through(qtbot, viewer, widget, image):
    draw(qtbot, widget)
    alpha = picture_of(viewer, image)[..., 3]
    np.testing.assert_array_equal(alpha.max(axis=(1, 2)), [0, 255, 0, 0])
    assert picture_of(viewer, image)[1, ..., :3].std() > 10
    assert held(viewer, image) == {1}


@pytest.mark.parametrize("whole", [False, True])
def test_all_planes_have_one_set_of_colours(qtbot, viewer, widget, whole):
    image = viewer.add_image(np.stack([NOISE[0], NOISE[1] // 2, NOISE[0]]))
    if whole:
        click(qtbot, widget.whole_stack)
        draw(qtbot, widget)
    else:
        for plane in (0, 1, 2):
            show_plane(viewer, image, plane)
            draw(qtbot, widget)
    data = picture_of(viewer, image)
    assert (data[..., 3] == 255).all()
    np.testing.assert_array_equal(data[0], data[2])
    assert not np.array_equal(data[0], data[1])


def test_colours_stay_once_they_were_fitted_to_the_stack(qtbot, viewer, widget, image):
    click(qtbot, widget.whole_stack)
    draw(qtbot, widget)
    before = picture_of(viewer, image).copy()
    click(qtbot, widget.this_plane)
    show_plane(viewer, image, 2)
    draw(qtbot, widget)
    np.testing.assert_array_equal(picture_of(viewer, image), before)


def test_other_features_are_drawn_anew_in_the_same_layer(qtbot, viewer, widget, image):
    draw(qtbot, widget)
    before = picture_of(viewer, image).copy()
    qtbot.mouseClick(widget.cards.cards[PATCHES], LEFT)
    draw(qtbot, widget)
    assert len(viewer.layers) == 2
    assert not np.array_equal(picture_of(viewer, image)[1], before[1])


def test_a_picture_that_was_removed_is_made_again(qtbot, viewer, widget, image):
    draw(qtbot, widget)
    viewer.layers.remove(find_feature_picture(viewer, image))
    draw(qtbot, widget)
    assert (picture_of(viewer, image)[1, ..., 3] == 255).all()


@pytest.mark.parametrize("what", ["image", "picture"])
def test_a_layer_removed_during_a_run_ends_it(qtbot, viewer, widget, image, hold, what):
    hold.after = 6
    click(qtbot, widget.whole_stack)
    click(qtbot, widget.features.drawing.start_button)
    qtbot.waitUntil(hold.reached.is_set)
    qtbot.waitUntil(lambda: "2/4" in widget.features.drawing.note.text())
    job = widget.features.jobs._running[0]
    layer = image if what == "image" else find_feature_picture(viewer, image)
    with qtbot.captureExceptions() as exceptions:
        viewer.layers.remove(layer)
        assert widget.features.drawing.note.text() == f"Stopped, {layer.name} was removed"
        hold.go.set()
        qtbot.waitUntil(lambda: job.worker is None)
    assert exceptions == []
    assert find_feature_picture(viewer, image) is None or what == "image"


def test_a_picture_larger_than_memory_is_refused(qtbot, viewer, widget, image, monkeypatch):
    monkeypatch.setattr(_feature_layer, "share_of_memory", lambda parts: 30_000)
    click(qtbot, widget.features.drawing.start_button)
    assert "would take 31 kB of memory" in widget.error.text
    assert list(viewer.layers) == [image]
    assert widget.embedding.start_button.isEnabled()


def test_groups_are_labels_over_the_image(qtbot, viewer, widget, image):
    choose_look(widget, "groups")
    assert widget.features.drawing.start_button.text() == "Show groups"
    widget.features.clusters.setValue(4)
    draw(qtbot, widget)
    groups = find_feature_groups(viewer, image)
    assert list(viewer.layers) == [image, groups]
    assert isinstance(groups, Labels)
    assert (tuple(groups.scale), tuple(groups.translate)) == ((50, 4, 4), (5, 6, 7))
    assert [set(np.unique(plane)) for plane in groups.data] == [{0}, {1, 2, 3, 4}, {0}, {0}]
    assert len({tuple(groups.get_color(number)) for number in range(1, 13)}) == 12
    # Nothing to paint on, and no image to segment.
    assert (labels_layers(viewer), image_layers(viewer)) == ([], [image])


def test_another_number_of_groups_is_drawn_at_once(qtbot, viewer, widget, image):
    choose_look(widget, "groups")
    draw(qtbot, widget)
    with qtbot.waitSignal(widget.features.jobs.ended):
        widget.features.clusters.setValue(3)
    assert set(np.unique(find_feature_groups(viewer, image).data[1])) == {1, 2, 3}


def test_colours_make_way_for_groups_and_come_back(qtbot, viewer, widget, image):
    draw(qtbot, widget)
    with qtbot.waitSignal(widget.features.jobs.ended):
        choose_look(widget, "groups")
    picture, groups = find_feature_picture(viewer, image), find_feature_groups(viewer, image)
    assert (picture.visible, groups.visible) == (False, True)
    with qtbot.waitSignal(widget.features.jobs.ended):
        choose_look(widget, "colours")
    assert (picture.visible, groups.visible) == (True, False)


def test_blocks_are_offered_once_they_are_known(qtbot, viewer, image, monkeypatch):
    both = get_backbone(f"{PATCHES}+filters").spec
    monkeypatch.setattr(embed_widget, "list_backbones", lambda: [both])
    widget = EmbedWidget(viewer)
    qtbot.addWidget(widget)
    widget.show()
    block = widget.features.block
    assert (block.count(), block.isEnabled()) == (1, False)
    draw(qtbot, widget)
    assert [block.itemText(i) for i in range(block.count())] == ["all blocks", PATCHES, "filters"]
    of_all = picture_of(viewer, image).copy()
    with qtbot.waitSignal(widget.features.jobs.ended):
        block.setCurrentIndex(2)
    assert widget.features.view.block == 1
    assert not np.array_equal(picture_of(viewer, image), of_all)


# --- similarity ---


def test_similarity_follows_the_mouse(qtbot, widget, halves, similar, mouse):
    assert widget.features.status.text == "Move the mouse over the image. A click keeps the point."
    mouse.hover(halves, 20, 8)
    shows(qtbot, similar, "left")
    assert similar.layers.layer.name == "similarity on halves"
    mouse.hover(halves, 20, 40)
    shows(qtbot, similar, "right")


@pytest.mark.parametrize("most", [1 << 18, 500])
def test_similarity_lies_where_the_plane_lies(qtbot, viewer, widget, mouse, monkeypatch, most):
    monkeypatch.setattr(_live_similarity, "_MOST_PIXELS", most)
    image = viewer.add_image(
        HALVES, scale=(50, 4, 5), translate=(1, 2, 3), rotate=(0, 0, 30), units=("nm",) * 3
    )
    show_plane(viewer, image, 2)
    click(qtbot, widget.features.similar)
    live = widget.features.similarity
    mouse.hover(image, 20, 8)
    qtbot.waitUntil(lambda: live.layers.layer is not None)
    step = 1 if most > 500 else 2
    layer = live.layers.layer
    assert layer.data.shape == (1, 40 // step, 48 // step)
    np.testing.assert_allclose(
        layer.data_to_world((0, 10, 20)), image.data_to_world((2, 10 * step, 20 * step)), atol=1e-9
    )
    assert layer.units == image.units


KINDS = {
    "2D": (HALVES[0], {}),
    "4D": (HALVES[None].repeat(2, axis=0), {}),
    "RGB": (HALVES[..., None].repeat(3, axis=3), {"rgb": True}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_all_kinds(qtbot, viewer, widget, mouse, kind):
    data, options = KINDS[kind]
    image = viewer.add_image(data, **options)
    click(qtbot, widget.features.similar)
    mouse.hover(image, 20, 8)
    shows(qtbot, widget.features.similarity, "left")
    mouse.click(image, 20, 40)
    shows(qtbot, widget.features.similarity, "right")


def test_a_click_keeps_the_point_and_another_lets_go(qtbot, viewer, widget, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    shows(qtbot, similar, "left")
    ring = similar.layers.ring
    np.testing.assert_allclose(ring.data, [[1, 20, 8]], atol=1)
    assert "x 8 of plane 1. Click again" in widget.features.status.text
    before = similar.layers.layer.data.copy()
    mouse.hover(halves, 20, 40)
    qtbot.waitUntil(lambda: similar._cursor is not None and similar._cursor[1] > 30)
    np.testing.assert_array_equal(similar.layers.layer.data, before)
    mouse.click(halves, 20, 40)
    shows(qtbot, similar, "right")
    assert not ring.visible
    mouse.click(halves, 20, 8)
    assert similar.layers.ring is ring
    assert ring.visible


def test_a_kept_point_is_looked_for_on_other_planes(qtbot, viewer, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    show_plane(viewer, halves, 3)
    assert not similar.layers.layer.visible
    shows(qtbot, similar, "left")
    layer = similar.layers.layer
    np.testing.assert_allclose(layer.data_to_world((0, 0, 0)), halves.data_to_world((3, 0, 0)))
    assert held(viewer, halves) == {1, 3}


def test_a_brush_keeps_its_clicks(qtbot, viewer, halves, similar, mouse):
    strokes = add_strokes(viewer, halves, {1: "#56b4e9"})
    viewer.layers.selection.active = strokes
    strokes.mode = "paint"
    mouse.hover(halves, 20, 8)
    shows(qtbot, similar, "left")
    assert list(viewer.layers) == [halves, similar.layers.layer, strokes]
    mouse.click(halves, 20, 8)
    assert strokes.data.any()
    assert similar.kept is None


def test_the_mouse_off_the_image_shows_the_image(qtbot, viewer, halves, similar, mouse):
    mouse.hover(halves, 20, 8)
    shows(qtbot, similar, "left")
    mouse.hover(halves, 20, -30)
    qtbot.waitUntil(lambda: not similar.layers.layer.visible)
    mouse.hover(halves, 20, 40)
    shows(qtbot, similar, "right")
    viewer.mouse_over_canvas = True
    viewer.mouse_over_canvas = False
    qtbot.waitUntil(lambda: not similar.layers.layer.visible)


def test_three_dimensions_have_no_point_under_the_mouse(qtbot, viewer, widget, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    shows(qtbot, similar, "left")
    viewer.dims.ndisplay = 3
    assert not similar.layers.layer.visible
    assert widget.features.status.text == "Turn back to the 2D view of y and x"
    viewer.dims.ndisplay = 2
    shows(qtbot, similar, "left")


@pytest.mark.parametrize("how", ["switch", "layer", "image", "hidden"])
def test_switched_off_it_leaves_layers_and_mouse_alone(qtbot, viewer, widget, halves, similar, mouse, how):
    mouse.click(halves, 20, 8)
    shows(qtbot, similar, "left")
    layer, ring = similar.layers.layer, similar.layers.ring
    with qtbot.captureExceptions() as exceptions:
        if how == "switch":
            click(qtbot, widget.features.similar)
        elif how == "layer":
            viewer.layers.remove(layer)
        elif how == "image":
            viewer.layers.remove(halves)
        else:
            widget.hide()
        assert not any(shown.visible for shown in (layer, ring) if shown in viewer.layers)
        assert not similar.is_on
        assert not viewer.mouse_move_callbacks
        assert widget.features.similar.isChecked() == (how in ("image", "hidden"))
    assert exceptions == []


def test_switched_on_again_it_uses_its_layers_again(qtbot, viewer, widget, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    before = list(viewer.layers)
    for _ in range(2):
        click(qtbot, widget.features.similar)
    qtbot.waitUntil(lambda: similar.prepared is not None)
    mouse.click(halves, 20, 40)
    shows(qtbot, similar, "right")
    assert list(viewer.layers) == before


def test_a_ring_that_is_deleted_lets_go(qtbot, viewer, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    viewer.layers.remove(similar.layers.ring)
    assert similar.kept is None
    mouse.hover(halves, 20, 40)
    shows(qtbot, similar, "right")


def test_other_data_and_other_features_are_prepared_anew(qtbot, widget, halves, similar, mouse):
    mouse.click(halves, 20, 8)
    halves.data = HALVES[:, :, ::-1].copy()
    qtbot.waitUntil(lambda: similar.kept is None and similar.prepared is not None)
    mouse.hover(halves, 20, 8)
    shows(qtbot, similar, "left")
    qtbot.mouseClick(widget.cards.cards[PATCHES], LEFT)
    qtbot.waitUntil(lambda: similar.prepared is not None)
    assert similar.prepared.similarity.grids[0].name == PATCHES


def test_it_waits_for_a_run(qtbot, viewer, widget, halves, hold):
    click(qtbot, widget.whole_stack)
    click(qtbot, widget.embedding.start_button)
    qtbot.waitUntil(hold.reached.is_set)
    click(qtbot, widget.features.similar)
    qtbot.waitUntil(lambda: widget.features.status.text == "Wait for the run")
    assert not widget.features.similarity._jobs.is_running
    hold.go.set()
    qtbot.waitUntil(lambda: widget.features.similarity.prepared is not None)


def test_a_plane_that_cannot_be_prepared_is_said_once(qtbot, viewer, widget):
    viewer.add_image(np.full((3, 40, 48), np.nan, np.float32), contrast_limits=(0, 1))
    click(qtbot, widget.features.similar)
    qtbot.waitUntil(lambda: "no finite pixel" in widget.error.text)
    assert widget.features.status.mood is Mood.LOOK
    widget.refresh()
    assert not widget.features.similarity._settled.isActive()


def test_closing_while_it_is_on_is_no_error(qtbot, viewer, halves, mouse):
    widget = EmbedWidget(viewer)
    widget.show()
    widget.features.similar.setChecked(True)
    assert viewer.mouse_move_callbacks
    with qtbot.captureExceptions() as exceptions:
        with qtbot.waitSignal(widget.destroyed):
            widget.deleteLater()
        assert not viewer.mouse_move_callbacks
        mouse.hover(halves, 20, 8)
        show_plane(viewer, halves, 3)
    assert exceptions == []
