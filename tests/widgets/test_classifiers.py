"""Other classifiers in the Probe widget: choosing, comparing, and going on from a loaded probe."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from patchprobe import _compare_work, embed, load_probe, load_stack, make_classifier
from patchprobe._widgets._layers import find_prediction, show_plane
from patchprobe._widgets.probe import ProbeWidget
from patchprobe.cli import main
from patchprobe.io import save_labels, save_stack
from patchprobe.probe import CLASSIFIERS


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def image(viewer, em_stack):
    layer = viewer.add_image(em_stack.data, name="em", scale=(50, 4, 4), units=("nm",) * 3)
    show_plane(viewer, layer, 0)
    return layer


@pytest.fixture
def open_probe(viewer, qtbot):
    """A function that opens a Probe widget."""

    def open_() -> ProbeWidget:
        widget = ProbeWidget(viewer)
        qtbot.addWidget(widget)
        widget.resize(320, 900)
        widget.show()
        return widget

    return open_


@pytest.fixture
def widget(image, open_probe):
    return open_probe()


def at_rest(qtbot, widget):
    """Wait until nothing is computed and nothing is about to be."""
    live = widget.live

    def rests():
        running = live.run.is_running or live.stack_run._jobs.is_running or widget.compare.is_running
        return not (live._soon.isActive() or running)

    qtbot.waitUntil(rests, timeout=20_000)


def strokes_on(truth):
    """Every tenth row of the truth, in pieces of 6 px."""
    strokes = np.zeros(truth.shape, np.uint8)
    strokes[5::10] = truth[5::10]
    strokes[:, 6::7] = 0
    return strokes


def paint(qtbot, widget, strokes):
    """Paint on the first plane."""
    layer = widget.live.strokes
    rows, cols = np.nonzero(strokes)
    layer.data_setitem((np.zeros(len(rows), int), rows, cols), strokes[rows, cols])
    layer.events.paint(value=[])
    at_rest(qtbot, widget)


def predicted(viewer, image):
    return np.asarray(find_prediction(viewer, image).data)


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_window_library_and_command_line_agree_to_the_pixel(
    name, qtbot, viewer, image, widget, em_stack, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    strokes = strokes_on(em_stack.labels[0])
    paint(qtbot, widget, strokes)
    widget.classifiers.chosen.emit(name)
    at_rest(qtbot, widget)
    assert widget.live.probe.name == name
    widget.run.start_button.click()
    at_rest(qtbot, widget)
    in_window = predicted(viewer, image)

    save_stack("em.tif", em_stack)
    painted = np.zeros(em_stack.shape, np.uint8)
    painted[0] = strokes
    save_labels("strokes.tif", painted, em_stack)
    stack = load_stack("em.tif")
    normalisation = stack.normalisation()
    embeddings = [embed(stack.plane(i), normalisation=normalisation) for i in range(3)]
    probe = make_classifier(name).fit(embeddings[0], strokes, stack)
    np.testing.assert_array_equal(in_window, [probe.predict(e) for e in embeddings])

    fit = ["fit", "em.tif", "strokes.tif", "--classifier", name, "--output", "probe.safetensors"]
    assert main([*fit, "--quiet"]) == 0
    assert main(["predict", "em.tif", "probe.safetensors", "--output", "labels.tif", "--quiet"]) == 0
    np.testing.assert_array_equal(in_window, load_stack("labels.tif").data)


def test_comparing_recommends_and_a_click_chooses(qtbot, image, widget, em_stack):
    section = widget.classifiers
    assert not section.run.start_button.isEnabled()
    assert "three strokes" in section.run.start_button.toolTip()
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    section.run.start_button.click()
    assert section.run.is_running
    at_rest(qtbot, widget)
    assert not section.run.is_running
    names = [section.table.item(row, 0).text() for row in range(section.table.rowCount())]
    assert len(names) == len(CLASSIFIERS)
    assert sum(name.startswith("✓") for name in names) == 1
    assert section.advice.text().startswith("Recommended: ")
    assert "changed since" not in section.advice.text()
    section.table.selectRow(3)
    at_rest(qtbot, widget)
    assert widget.state.classifier == widget.live.probe.name == "forest"
    assert section.classifier.currentData() == "forest"
    one_more = np.zeros((64, 48), np.uint8)
    one_more[40:44, 20:24] = 1
    paint(qtbot, widget, one_more)
    assert section.advice.text().endswith("Strokes have changed since.")


def test_comparing_can_be_stopped(qtbot, image, widget, em_stack, monkeypatch):
    reached, go = threading.Event(), threading.Event()

    def slow(rows, embeddings):
        for step in _compare(rows, embeddings):
            reached.set()
            go.wait(10)
            yield step

    _compare = _compare_work.compare_classifiers
    monkeypatch.setattr(_compare_work, "compare_classifiers", slow)
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    section = widget.classifiers
    section.run.start_button.click()
    qtbot.waitUntil(reached.is_set)
    section.run.stop_button.click()
    go.set()
    at_rest(qtbot, widget)
    assert section.run.start_button.isEnabled()
    assert not section.table.isVisible()


def test_other_features_make_a_comparison_void(qtbot, image, widget, em_stack):
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    widget.classifiers.run.start_button.click()
    at_rest(qtbot, widget)
    widget.state.backbone = "placeholder-cnx-t"
    at_rest(qtbot, widget)
    assert widget.classifiers.table.rowCount() == 0
    assert widget.classifiers.advice.text() == ""


def test_a_loaded_probe_is_continued_and_says_so(qtbot, viewer, image, open_probe, em_stack, tmp_path):
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    first = make_classifier("forest").fit(embedding, strokes_on(em_stack.labels[0]), em_stack)
    path = first.save(tmp_path / "old")
    widget = open_probe()
    widget.saved.load(str(path))
    at_rest(qtbot, widget)
    assert widget.state.classifier == "forest"
    assert (
        widget.loaded.text
        == f"old.safetensors predicts; new strokes add to its {sum(first.strokes_.values())}."
    )
    assert widget.hint.text() == "Paint where the overlay is wrong."
    one_stroke = np.zeros((64, 48), np.uint8)
    one_stroke[20:24, 20:24] = 1
    paint(qtbot, widget, one_stroke)
    continued = widget.live.probe
    assert continued.strokes_ == {1: first.strokes_[1] + 1, 2: first.strokes_[2]}
    widget.saved.save(str(tmp_path / "new"))
    assert load_probe(tmp_path / "new.safetensors").strokes_ == continued.strokes_
    widget.loaded.button.click()
    at_rest(qtbot, widget)
    assert widget.live.probe is None
    assert widget.loaded.text == ""


def test_a_removed_class_is_removed_from_what_was_loaded_too(qtbot, image, widget, em_stack, tmp_path):
    strokes = strokes_on(em_stack.labels[0])
    strokes[40:44, 20:24] = 3
    path = make_classifier().fit(embed(em_stack.plane(0)), strokes, em_stack).save(tmp_path / "old")
    widget.saved.load(str(path))
    at_rest(qtbot, widget)
    widget.live.edits.remove(3)
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    assert widget.live.probe.classes_.tolist() == [1, 2]


def test_a_probe_without_rows_predicts_until_two_classes_are_painted(
    qtbot, viewer, image, widget, em_stack, tmp_path
):
    strokes = strokes_on(em_stack.labels[0])
    probe = make_classifier().fit(embed(em_stack.plane(0)), strokes, em_stack)
    widget.saved.load(str(probe.save(tmp_path / "old", with_rows=False)))
    at_rest(qtbot, widget)
    assert "keeps no training rows" in widget.loaded.text
    paint(qtbot, widget, strokes)
    assert widget.live.probe.strokes_ == probe.strokes_


def test_differences_to_what_it_learned_from_are_shown(qtbot, viewer, em_stack, open_probe, tmp_path):
    probe = make_classifier().fit(embed(em_stack.plane(0)), strokes_on(em_stack.labels[0]), em_stack)
    path = probe.save(tmp_path / "old")
    coarse = viewer.add_image(em_stack.data.astype(np.uint16), scale=(50, 8, 8), units=("nm",) * 3)
    widget = open_probe()
    widget.saved.load(str(path))
    at_rest(qtbot, widget)
    assert "8 × 8 nm here and 4 × 4 nm" in widget.loaded.text
    assert "uint16" in widget.loaded.text
    assert predicted(viewer, coarse).any()
    assert widget.error.text == ""


def test_auto_context_cannot_go_on_from_rows_alone_and_says_so(qtbot, image, widget, em_stack, tmp_path):
    probe = make_classifier().fit(embed(em_stack.plane(0)), strokes_on(em_stack.labels[0]), em_stack)
    widget.saved.load(str(probe.save(tmp_path / "old")))
    at_rest(qtbot, widget)
    widget.state.classifier = "auto-context"
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    assert "choose another classifier" in widget.error.text


def test_it_fits_into_its_column(qtbot, image, widget, em_stack):
    paint(qtbot, widget, strokes_on(em_stack.labels[0]))
    widget.classifiers.unfold()
    widget.classifiers.run.start_button.click()
    at_rest(qtbot, widget)
    assert widget.minimumSizeHint().width() <= 320
    assert widget.classifiers.table.isVisible()
