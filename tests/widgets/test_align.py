"""The Align widget, driven as a person drives it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt
from scipy import ndimage

from patchprobe import Stack, StackAlignment, _align_work, align_stack
from patchprobe._widgets._layers import current_plane, show_plane
from patchprobe._widgets._section_table import pair_text
from patchprobe._widgets._status import Mood
from patchprobe._widgets.align import AlignWidget

LEFT = Qt.MouseButton.LeftButton
SHIFTS = ((0, 0), (6, -4), (3, 9), (-5, 2))
TISSUE = ndimage.gaussian_filter(np.random.default_rng(0).random((120, 130)), 2)
TISSUE = (255 * (TISSUE - TISSUE.min()) / np.ptp(TISSUE)).astype(np.uint8)
# Cut from one large picture, so that the true shifts are whole and there is no border.
DISPLACED = np.stack([TISSUE[20 - dy : 100 - dy, 20 - dx : 110 - dx] for dy, dx in SHIFTS])


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer):
    return viewer.add_image(
        DISPLACED, name="cells", scale=(50, 4, 4), translate=(5, 6, 7), units=("nm",) * 3, colormap="gray_r"
    )


@pytest.fixture
def widget(viewer, qtbot):
    widget = AlignWidget(viewer)
    qtbot.addWidget(widget)
    widget.resize(320, 760)
    widget.show()
    return widget


@pytest.fixture
def hold(monkeypatch):
    """Let section `after` and later ones wait for `go`."""

    class Hold:
        after = 2
        reached, go = threading.Event(), threading.Event()

        def __call__(self, *args, **options):
            for number, section in align_sections(*args, **options):
                if number >= self.after:
                    self.reached.set()
                    self.go.wait(10)
                yield number, section

    align_sections = _align_work.align_sections
    hold = Hold()
    monkeypatch.setattr(_align_work, "align_sections", hold)
    yield hold
    hold.go.set()


def settle(qtbot, widget):
    runners = (widget._aligner, widget._comparer, widget._mover)
    qtbot.waitUntil(lambda: not any(runner.is_running for runner in runners), timeout=20_000)


def align(qtbot, widget):
    assert widget.run.start_button.isEnabled(), widget.run.start_button.toolTip()
    qtbot.mouseClick(widget.run.start_button, LEFT)
    settle(qtbot, widget)


def test_without_a_stack_the_button_says_what_is_missing(qtbot, viewer, widget):
    assert not widget.run.start_button.isEnabled()
    viewer.add_image(DISPLACED[0], name="one plane")
    assert "two sections" in widget.run.start_button.toolTip()
    viewer.add_image(DISPLACED, name="stack")
    assert widget.run.start_button.isEnabled()


def test_a_stack_is_aligned_beside_its_source(qtbot, viewer, image, widget):
    align(qtbot, widget)
    np.testing.assert_allclose(widget._alignment.shifts, SHIFTS, atol=0.2)
    aligned = viewer.layers["cells aligned"]
    wanted = align_stack(Stack(DISPLACED, "zyx")).apply(Stack(DISPLACED, "zyx"))
    np.testing.assert_array_equal(aligned.data, np.asarray(wanted.data))
    inner = (slice(None), slice(12, -12), slice(12, -12))
    assert np.abs(aligned.data[inner].astype(int) - DISPLACED[:1][inner]).mean() < 2
    for name in ("scale", "translate", "units", "contrast_limits"):
        np.testing.assert_array_equal(getattr(aligned, name), getattr(image, name))
    assert aligned.colormap.name == "gray_r"
    assert aligned.visible and not image.visible
    assert widget.status.text == "4 of 4 sections ok; largest shift 9 px" and widget.status.mood is Mood.READY


def test_the_table_says_where_each_section_lies(qtbot, viewer, image, widget):
    align(qtbot, widget)
    assert [widget.table.item(row, 0).text() for row in range(4)] == ["0", "1", "2", "3"]
    assert widget.table.item(1, 1).text() == "● ok"
    assert widget.table.item(0, 2).text() == "–"
    assert widget.table.item(1, 3).text() == "6.0, −4.0"
    in_nm = pair_text(4 * widget._alignment.shifts[1])
    assert widget.table.describe(1).endswith(f"px ({in_nm} nm)")


def test_a_click_on_a_row_shows_the_section_and_its_comparison(qtbot, viewer, image, widget):
    align(qtbot, widget)
    widget.table.selectRow(2)
    settle(qtbot, widget)
    assert current_plane(viewer, image) == 2
    assert widget.pair.caption.text() == "Sections 1 and 2"
    assert widget.detail.text().startswith("Section 2: ok")
    widget.table.selectRow(0)
    assert not widget.pair.matrix.isVisible()


def test_the_slider_marks_the_row(qtbot, viewer, image, widget):
    align(qtbot, widget)
    show_plane(viewer, image, 3)
    settle(qtbot, widget)
    assert widget.table.currentRow() == 3
    assert widget.pair.caption.text() == "Sections 2 and 3"


def test_aligning_again_replaces_the_layer(qtbot, viewer, image, widget):
    align(qtbot, widget)
    widget.form.reference.setCurrentIndex(widget.form.reference.findData("first"))
    align(qtbot, widget)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells aligned"]
    assert widget._alignment.reference == "first"


@pytest.mark.parametrize("method", ["median", "max-correlation"])
def test_the_methods_of_the_reports_need_features(qtbot, viewer, image, widget, method):
    widget.form.method.setCurrentIndex(widget.form.method.findData(method))
    widget.form.backbone.setCurrentIndex(widget.form.backbone.findData(None))
    assert "choose some" in widget.run.start_button.toolTip()
    widget.form.backbone.setCurrentIndex(widget.form.backbone.findData("placeholder-cnx-t"))
    align(qtbot, widget)
    assert widget._alignment.method == method


def test_labels_move_along_without_mixing(qtbot, viewer, image, widget):
    labels = viewer.add_labels((DISPLACED > 128).astype(np.uint8) * 7, name="bright")
    align(qtbot, widget)
    widget.more.unfold()
    assert widget.more.others.layer is labels
    qtbot.mouseClick(widget.more.move_button, LEFT)
    settle(qtbot, widget)
    moved = viewer.layers["bright aligned"]
    assert isinstance(moved, Labels) and set(np.unique(moved.data)) == {0, 7}
    inner = (slice(12, -12), slice(12, -12))
    assert (moved.data[1][inner] == labels.data[0][inner]).mean() > 0.97


def test_nothing_moves_along_before_there_is_an_alignment(viewer, image, widget):
    assert "Align a stack first" in widget.more.move_button.toolTip()
    assert not widget.more.save_button.isEnabled()


def test_an_alignment_is_saved_and_applied_again(qtbot, viewer, image, widget, tmp_path):
    align(qtbot, widget)
    first = viewer.layers["cells aligned"].data.copy()
    widget._save(str(tmp_path / "alignment.json"))
    assert widget.status.text == "Saved as alignment.json"
    assert len(StackAlignment.load(tmp_path / "alignment.json")) == 4
    viewer.layers.remove("cells aligned")
    widget._load(str(tmp_path / "alignment.json"))
    settle(qtbot, widget)
    np.testing.assert_array_equal(viewer.layers["cells aligned"].data, first)
    assert widget.table.rowCount() == 4


def test_an_alignment_of_another_stack_is_refused(qtbot, viewer, image, widget, tmp_path):
    align_stack(Stack(DISPLACED[:2], "zyx")).save(tmp_path / "short.json")
    widget._load(str(tmp_path / "short.json"))
    assert "2 planes" in widget.error.text
    (tmp_path / "other.json").write_text("{}")
    widget._load(str(tmp_path / "other.json"))
    assert "not an alignment" in widget.error.text


def test_stop_adds_nothing(qtbot, viewer, image, widget, hold):
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(hold.reached.is_set)
    qtbot.waitUntil(lambda: widget.table.rowCount() == 2)
    qtbot.mouseClick(widget.run.stop_button, LEFT)
    hold.go.set()
    settle(qtbot, widget)
    assert [layer.name for layer in viewer.layers] == ["cells"]
    assert "Stopped after" in widget.run.note.text()
    assert widget.run.start_button.isEnabled()


def test_a_stack_deleted_during_work_is_let_go(qtbot, viewer, image, widget, hold):
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(hold.reached.is_set)
    viewer.layers.remove(image)
    hold.go.set()
    settle(qtbot, widget)
    assert not viewer.layers and widget.table.rowCount() == 0
    assert not widget.run.is_running


def test_data_replaced_during_work_is_noticed(qtbot, viewer, image, widget, hold):
    hold.after = 1
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(hold.reached.is_set)
    qtbot.waitUntil(lambda: widget.table.rowCount() == 1)
    image.data = DISPLACED[:, ::-1]
    hold.go.set()
    settle(qtbot, widget)
    assert "was replaced" in widget.run.note.text()
    assert [layer.name for layer in viewer.layers] == ["cells"]


def test_a_viewer_closed_during_work(qtbot, make_napari_viewer, hold):
    viewer = make_napari_viewer()
    viewer.add_image(DISPLACED)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Align")
    qtbot.mouseClick(widget.run.start_button, LEFT)
    qtbot.waitUntil(hold.reached.is_set)
    viewer.close()
    hold.go.set()


@pytest.mark.parametrize(
    "data",
    [
        np.full((3, 40, 40), 9, np.uint8),
        np.full((3, 40, 40), np.nan, np.float32),
        np.repeat(DISPLACED[:1], 3, axis=0),
        DISPLACED[:, :8, :8],
        np.stack([DISPLACED] * 3, axis=-1),
        np.stack([DISPLACED[:2]] * 2),
    ],
    ids=["constant", "NaN", "identical", "tiny", "colours", "planes in time"],
)
def test_difficult_stacks_get_a_verdict(qtbot, viewer, data):
    viewer.add_image(data, name="stack")
    widget = AlignWidget(viewer)
    qtbot.addWidget(widget)
    align(qtbot, widget)
    if widget.error.text:
        assert "finite" in widget.error.text
    else:
        assert widget.table.rowCount() == int(
            np.prod(data.shape[:-3] if data.shape[-1] == 3 else data.shape[:-2])
        )
        assert viewer.layers["stack aligned"].data.shape == data.shape
    assert not widget.run.is_running


def test_it_fits_into_its_column(qtbot, image, widget):
    align(qtbot, widget)
    assert widget.minimumWidth() <= 320
