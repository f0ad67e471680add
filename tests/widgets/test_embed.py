"""The Embed widget, driven as a person drives it."""

from __future__ import annotations

import threading
from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from patchprobe import _work
from patchprobe._widgets._backbone_cards import BackboneCards
from patchprobe._widgets._layers import layer_stack, show_plane
from patchprobe._widgets._session import session_of
from patchprobe._widgets._status import Mood
from patchprobe._widgets._view_layers import find_feature_picture
from patchprobe._widgets.embed import EmbedWidget
from patchprobe._work import Source, embed_plane
from patchprobe.backbones import get_backbone, list_backbones
from patchprobe.backbones.download import Downloaded
from patchprobe.io.describe import bytes_in_words
from patchprobe.steps import finish

LEFT = Qt.MouseButton.LeftButton
NOISE = np.random.default_rng(0).integers(0, 255, (4, 40, 48), dtype=np.uint8)
PATCHES = "placeholder-cnx-t"


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer):
    layer = viewer.add_image(NOISE, name="noise", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3)
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
        reached, go = threading.Event(), threading.Event()

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


def run(qtbot, widget, row):
    jobs = widget._jobs if row is widget.embedding else widget.features.jobs
    with qtbot.waitSignal(jobs.ended):
        click(qtbot, row.start_button)


def held(viewer, image, backbone="filters"):
    session = session_of(viewer)
    return session.cache.planes(session.source(image), backbone)


def test_without_an_image_the_buttons_say_what_is_missing(widget):
    for row in (widget.embedding, widget.features.drawing):
        assert not row.start_button.isEnabled()
        assert "image" in row.start_button.toolTip()
    assert widget.status.mood is Mood.IDLE


def words_of(widget, name):
    return widget.cards.cards[name]._facts.text().replace("\u00a0", " ").replace("\u2011", "-")


def test_each_backbone_has_a_card_that_says_what_it_is(widget):
    assert set(widget.cards.cards) == {spec.name for spec in list_backbones()}
    assert next(iter(widget.cards.cards)) == "filters"
    assert words_of(widget, "dinov2-small") == (
        "384 channels · patches of 14 px · Apache-2.0 · download 88 MB"
    )
    card = widget.cards.cards[PATCHES]
    assert words_of(widget, PATCHES) == "384 channels · patches of 16 px · BSD-3-Clause · no download"
    assert card._summary.text() == card.spec.summary


def test_cards_are_chosen_by_a_click_anywhere_and_by_keyboard(qtbot, widget, image):
    with qtbot.waitSignal(widget.cards.chosen) as chosen:
        qtbot.mouseClick(widget.cards.cards[PATCHES]._summary, LEFT)
    assert chosen.args == [PATCHES]
    assert widget.cards.spec.name == PATCHES
    qtbot.keyClick(widget.cards.cards["filters"].choose, Qt.Key.Key_Space)
    assert widget.cards.spec.name == "filters"


def test_many_cards_scroll(qtbot, viewer):
    specs = [
        replace(spec, name=f"{spec.name} {i}") for spec in list_backbones(on_disk=True) for i in range(4)
    ]
    cards = BackboneCards(viewer, specs)
    qtbot.addWidget(cards)
    cards.resize(300, 300)
    cards.show()
    assert cards.verticalScrollBar().isVisible()
    assert cards.height() <= 340


def test_a_plane_is_embedded_into_the_memory_that_the_probe_uses(qtbot, viewer, widget, image):
    assert widget.status.text == "plane 1 not embedded yet, 0 of 4 planes ready"
    run(qtbot, widget, widget.embedding)
    assert held(viewer, image) == {1}
    assert (widget.status.mood, widget.status.text) == (Mood.READY, "ready, 1 of 4 planes")
    session = session_of(viewer)
    source = Source(layer_stack(image), session.source(image), "filters")
    entries = len(session.cache)
    embed_plane(source, 1, session.cache)
    assert len(session.cache) == entries


def test_what_is_embedded_already_is_said_and_follows_the_slider(qtbot, viewer, widget, image):
    run(qtbot, widget, widget.embedding)
    assert widget.embedding.start_button.toolTip() == "This plane is embedded already"
    assert not widget.embedding.start_button.isEnabled()
    show_plane(viewer, image, 3)
    assert widget.status.text == "plane 3 not embedded yet, 1 of 4 planes ready"
    assert widget.embedding.start_button.isEnabled()


def test_the_whole_stack_is_embedded_from_the_plane_that_is_shown(qtbot, viewer, widget, image, monkeypatch):
    order = []

    def remember(source, plane, cache, **options):
        order.append(plane)
        return embed_plane(source, plane, cache, **options)

    monkeypatch.setattr(_work, "embed_plane", remember)
    click(qtbot, widget.whole_stack)
    run(qtbot, widget, widget.embedding)
    assert order == [1, 0, 2, 3]
    assert held(viewer, image) == {0, 1, 2, 3}
    assert widget.status.text == "ready, 4 of 4 planes"
    assert widget.embedding.start_button.toolTip() == "All planes are embedded already"


def test_memory_is_estimated_and_time_once_a_plane_was_measured(qtbot, widget, image):
    nbytes = 40 * 48 * widget.cards.spec.channels * 2
    assert widget.cost.text() == f"About {bytes_in_words(nbytes)} of memory"
    run(qtbot, widget, widget.embedding)
    click(qtbot, widget.whole_stack)
    assert widget.cost.text() == f"{bytes_in_words(4 * nbytes)} of memory · about 1 s"


def test_embedding_runs_beside_the_window(qtbot, widget, image, monkeypatch):
    threads = []

    def remember(*args, **options):
        threads.append(threading.current_thread())
        return embed_plane(*args, **options)

    monkeypatch.setattr(_work, "embed_plane", remember)
    run(qtbot, widget, widget.embedding)
    run(qtbot, widget, widget.features.drawing)
    assert len(threads) == 3
    assert threading.main_thread() not in threads


def test_stop_keeps_what_was_done(qtbot, viewer, widget, image, hold):
    hold.after = 2
    click(qtbot, widget.whole_stack)
    click(qtbot, widget.embedding.start_button)
    qtbot.waitUntil(hold.reached.is_set)
    qtbot.waitUntil(lambda: "2/4" in widget.embedding.note.text())
    assert widget.status.mood is Mood.WORKING
    assert not widget.cards.isEnabled()
    assert widget.features.drawing.start_button.toolTip() == "Wait for the run, or stop it"
    with qtbot.waitSignal(widget._jobs.ended):
        click(qtbot, widget.embedding.stop_button)
        hold.go.set()
    assert held(viewer, image) == {0, 1}
    assert widget.embedding.note.text() == "Stopped. Kept: 2 planes"
    assert widget.cards.isEnabled()
    run(qtbot, widget, widget.embedding)
    assert held(viewer, image) == {0, 1, 2, 3}


def test_what_another_widget_embeds_is_seen(qtbot, viewer, widget, image):
    session = session_of(viewer)
    finish(embed_plane(Source(layer_stack(image), session.source(image), "filters"), 1, session.cache))
    qtbot.waitUntil(lambda: widget.status.text == "ready, 1 of 4 planes")


def test_no_more_is_embedded_than_memory_keeps(qtbot, viewer, widget, image):
    run(qtbot, widget, widget.embedding)
    cache = session_of(viewer).cache
    cache.max_bytes = 2 * cache.nbytes
    click(qtbot, widget.whole_stack)
    assert "keeps 2 planes" in widget.cost.text()
    run(qtbot, widget, widget.embedding)
    assert held(viewer, image) == {0, 1}
    assert widget.embedding.note.text() == "Memory is full. Left until needed: 2 planes"


def test_features_of_other_images_make_room(qtbot, viewer, widget, image):
    run(qtbot, widget, widget.embedding)
    cache = session_of(viewer).cache
    cache.max_bytes = cache.nbytes
    other = viewer.add_image(NOISE[::-1], name="other")
    widget.picker.pick(other)
    run(qtbot, widget, widget.embedding)
    assert (len(held(viewer, other)), held(viewer, image)) == (1, set())


def test_data_replaced_during_a_run_ends_it(qtbot, viewer, widget, image, hold):
    click(qtbot, widget.whole_stack)
    click(qtbot, widget.embedding.start_button)
    qtbot.waitUntil(hold.reached.is_set)
    job = widget._jobs._running[0]
    image.data = NOISE[:, ::-1, :30]
    hold.go.set()
    qtbot.waitUntil(lambda: job.worker is None)
    assert widget.embedding.note.text() == "Stopped, the data of noise was replaced"
    assert widget.status.text.endswith("0 of 4 planes ready")


def test_closing_during_a_run_is_no_error(qtbot, viewer, image, hold):
    widget = EmbedWidget(viewer)
    widget.show()
    click(qtbot, widget.embedding.start_button)
    qtbot.waitUntil(hold.reached.is_set)
    job = widget._jobs._running[0]
    with qtbot.captureExceptions() as exceptions:
        with qtbot.waitSignal(widget.destroyed):
            widget.deleteLater()
        hold.go.set()
        qtbot.waitUntil(lambda: job.worker is None)
    assert exceptions == []


def test_a_closed_dock_lets_go_of_the_viewer(qtbot, make_napari_viewer, em_stack):
    viewer = make_napari_viewer(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Embed")
    with qtbot.waitSignal(widget.destroyed), qtbot.captureExceptions() as exceptions:
        viewer.window.remove_dock_widget(widget)
        widget.deleteLater()
    with qtbot.captureExceptions() as exceptions:
        layer = viewer.add_image(em_stack.data)
        viewer.dims.set_point(0, 2)
        viewer.theme = "light"
        viewer.layers.remove(layer)
    assert exceptions == []


KINDS = {
    "2D": (NOISE[0], {}, 1),
    "4D": (NOISE[None].repeat(2, axis=0), {}, 8),
    "RGB": (np.random.default_rng(1).integers(0, 255, (3, 40, 48, 3), dtype=np.uint8), {"rgb": True}, 3),
    "multiscale": ([da.from_array(NOISE), da.from_array(NOISE[:, ::2, ::2])], {"multiscale": True}, 4),
    "rotated": (NOISE, {"rotate": (0, 0, 30)}, 4),
    "constant": (np.full((3, 40, 48), 7.0, np.float32), {}, 3),
    "NaN plane": (np.where(np.arange(4)[:, None, None] == 2, np.nan, NOISE), {}, 4),
    "bool": (NOISE > 100, {}, 4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_all_kinds(qtbot, viewer, widget, kind):
    data, options, planes = KINDS[kind]
    image = viewer.add_image(data, **options)
    if planes > 1:
        click(qtbot, widget.whole_stack)
    else:
        assert not widget.whole_stack.isEnabled()
        assert widget.whole_stack.toolTip()
    run(qtbot, widget, widget.embedding)
    assert held(viewer, image) == set(range(planes))
    assert widget.status.text == ("ready" if planes == 1 else f"ready, {planes} of {planes} planes")
    run(qtbot, widget, widget.features.drawing)
    picture = find_feature_picture(viewer, image)
    assert (picture.data[..., 3] == 255).all()
    np.testing.assert_allclose(picture.rotate, image.rotate)
    assert widget.error.text == ""


def test_an_image_without_a_finite_pixel_is_answered_in_place(qtbot, viewer, widget):
    viewer.add_image(np.full((3, 40, 48), np.nan, np.float32), contrast_limits=(0, 1))
    run(qtbot, widget, widget.embedding)
    assert "no finite pixel" in widget.error.text
    assert widget.status.mood is Mood.IDLE
    assert widget.embedding.start_button.isEnabled()


def test_planes_smaller_than_a_patch_are_answered_before_a_run(qtbot, viewer, widget):
    viewer.add_image(NOISE[:, :10])
    assert widget.embedding.start_button.isEnabled()
    qtbot.mouseClick(widget.cards.cards[PATCHES], LEFT)
    assert "48 × 10 px, smaller than a patch of 16 px" in widget.status.text
    assert not widget.embedding.start_button.isEnabled()
    assert widget.status.mood is Mood.LOOK


def test_five_axes_are_answered_before_a_run(viewer, widget):
    viewer.add_image(np.zeros((2, 2, 2, 20, 20), np.uint8))
    assert "at most four" in widget.status.text
    assert not widget.embedding.start_button.isEnabled()


def test_a_plane_that_cannot_be_read_loses_nothing(qtbot, viewer, widget, monkeypatch):
    image = viewer.add_image(NOISE)

    def broken(source, plane, cache, **options):
        if plane == 0:
            raise OSError("the disk is gone")
        return embed_plane(source, plane, cache, **options)

    monkeypatch.setattr(_work, "embed_plane", broken)
    show_plane(viewer, image, 3)
    click(qtbot, widget.whole_stack)
    # napari shows what a worker raised; here it would end the test.
    monkeypatch.setattr("napari.utils.notifications.notification_manager.receive_error", lambda *_: None)
    with qtbot.captureExceptions():
        run(qtbot, widget, widget.embedding)
    assert "the disk is gone" in widget.error.text
    assert held(viewer, image) == {1, 2, 3}
    assert widget.embedding.note.text() == "Kept: 3 planes"


def test_it_fits_into_the_dock_and_hides_nothing_behind_a_bar(qtbot, viewer, widget, image):
    assert widget.minimumSizeHint().width() <= 320
    widget.resize(320, 640)
    viewer.theme = "light"
    for part in (*list(widget.cards.cards.values())[:2], widget.settings, widget.embedding, widget.status):
        assert part.visibleRegion().boundingRect().size() == part.size()
    assert "#" in widget.cards.cards["filters"].styleSheet()


# --- pretrained networks ---


@pytest.fixture
def model_folder(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    torch.manual_seed(0)
    config = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14
    )
    folder = tmp_path / "small-vit"
    transformers.Dinov2Model(config).save_pretrained(folder)
    return folder


def test_a_model_in_a_folder_is_used_as_the_settings_say(qtbot, viewer, widget, image, model_folder):
    widget.use_model_folder(str(model_folder))
    assert widget.cards.spec.name == f"path:{model_folder}"
    assert widget.cards.cards[f"path:{model_folder}"].choose.text() == "small-vit"
    widget.settings.grid.setCurrentText("fine")
    widget.settings.blocks.setText("1, 3")
    widget.settings.blocks.editingFinished.emit()
    widget.settings.engine.setCurrentIndex(widget.settings.engine.findData("torch"))
    assert "roughly" in widget.cost.text()
    session = session_of(viewer)
    # Loaded ahead, which takes longer than a test waits.
    get_backbone(f"path:{model_folder}?blocks=1,3", session.compute).embed(np.eye(28))
    run(qtbot, widget, widget.embedding)
    name = f"path:{model_folder}?blocks=1,3&refine=2&position=removed+filters"
    assert session.cache.planes(session.source(image), name) == {1}
    assert session.compute.engine == "torch"


def test_settings_that_the_model_does_not_have_are_answered_before_a_run(widget, image, model_folder):
    widget.use_model_folder(str(model_folder))
    for text, answer in (("9", "has 4"), ("last", "numbers from 1"), ("", "not embedded yet")):
        widget.settings.blocks.setText(text)
        widget.settings.blocks.editingFinished.emit()
        assert answer in widget.status.text
        assert widget.embedding.start_button.isEnabled() == (not text)


def test_the_filters_have_no_settings(widget, image):
    for part in (widget.settings.grid, widget.settings.sharp, widget.settings.blocks):
        assert not part.isEnabled() and part.toolTip() == "For pretrained networks"


def test_a_folder_that_is_no_model_is_answered_in_place(widget, image, tmp_path):
    widget.use_model_folder(str(tmp_path))
    assert "no config.json" in widget.error.text
    assert widget.cards.spec.name == "filters"


def test_weights_that_are_not_here_are_offered_and_a_failure_is_answered(qtbot, widget, image):
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    widget.cards.choose("dinov2-small")
    assert widget.weights.isVisible()
    assert widget.weights.row.start_button.text() == "Download 88 MB"
    assert widget.embedding.start_button.toolTip() == "Download the weights first"
    with qtbot.waitSignal(widget.weights.failed):
        click(qtbot, widget.weights.row.start_button)
    assert "not on this disk" in widget.error.text
    qtbot.waitUntil(lambda: not widget.weights.is_running)
    widget.cards.choose("filters")
    assert not widget.weights.isVisible()


def test_weights_that_were_downloaded_are_used_at_once(qtbot, monkeypatch, widget, image):
    def downloading(hub_id):
        yield Downloaded(1_000_000, 3_000_000)
        arrived.append(hub_id)

    arrived = []
    known = list_backbones()

    def with_what_arrived():
        return [replace(s, on_disk=True) if arrived and s.name == "dinov2-small" else s for s in known]

    monkeypatch.setattr("patchprobe._widgets._weights_row.downloading", downloading)
    monkeypatch.setattr("patchprobe._widgets.embed.list_backbones", with_what_arrived)
    widget.cards.choose("dinov2-small")
    with qtbot.waitSignal(widget.weights.got):
        click(qtbot, widget.weights.row.start_button)
    assert arrived == ["facebook/dinov2-small"]
    assert words_of(widget, "dinov2-small").endswith("on disk")
    qtbot.waitUntil(lambda: not widget.weights.isVisible())


def test_the_strip_marks_embedded_planes(qtbot, widget, image):
    assert "0 of 4 planes" in widget.strip.toolTip()
    run(qtbot, widget, widget.embedding)
    assert "1 of 4 planes" in widget.strip.toolTip()
    color = widget.strip.grab().toImage().pixelColor(int(widget.strip.width() * 0.37), 4)
    assert color.green() > color.red() and color.green() > color.blue()
