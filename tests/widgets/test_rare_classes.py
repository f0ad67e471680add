"""Decision weights in the Probe widget: sliders, and a suggestion that is seen before it is taken."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from patchprobe import LinearProbe, embed
from patchprobe._widgets._layers import find_prediction, find_probability, layer_stack, show_plane
from patchprobe._widgets._rare_section import weight_text
from patchprobe.probe import suggest_weights

LEFT = Qt.MouseButton.LeftButton


def prediction(widget):
    return np.array(find_prediction(widget.live.viewer, widget.live.image).data)


def by_library(widget, plane=1, **weights):
    """What the library predicts with the same strokes and these weights of classes 1, 2."""
    stack = layer_stack(widget.live.image)
    embedding = embed(stack.plane(plane), "filters", stack.normalisation())
    painted = embed(stack.plane(1), "filters", stack.normalisation())
    probe = LinearProbe().fit(painted, np.asarray(widget.live.strokes.data[1]))
    return probe.with_decision_weights({int(name[1:]): w for name, w in weights.items()}), embedding


def test_a_slider_moves_the_overlay_at_once_and_fits_nothing(painted, settle, monkeypatch):
    before = prediction(painted)
    fits = []
    monkeypatch.setattr(LinearProbe, "fit_rows", lambda *args: fits.append(args))
    painted.rare.sliders[2].setValue(30)
    probe, embedding = by_library_without_fit(painted, {2: 8.0})
    after = prediction(painted)
    assert (after[1] == 2).sum() > (before[1] == 2).sum()
    np.testing.assert_array_equal(after[1], probe.predict(embedding))
    settle(painted)
    np.testing.assert_array_equal(prediction(painted)[1], after[1])
    assert not fits


def by_library_without_fit(widget, weights):
    stack = layer_stack(widget.live.image)
    embedding = embed(stack.plane(1), "filters", stack.normalisation())
    return widget.live.probe.with_decision_weights(weights), embedding


def test_the_arrow_keys_move_a_slider(qtbot, painted, settle):
    painted.rare.toggle.click()
    slider = painted.rare.sliders[2]
    slider.setFocus()
    for _ in range(10):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    settle(painted)
    assert painted.state.decision_weights == {2: 2.0}
    assert painted.live.probe.decision_weights_ == {2: 2.0}


def test_weights_stay_when_strokes_are_added(painted, settle):
    painted.rare.sliders[2].setValue(20)
    strokes = painted.live.strokes
    at = np.arange(5, 25)
    strokes.data_setitem((np.full(at.size, 1), np.full(at.size, 26), at), 1)
    strokes.events.paint(value=[])
    settle(painted)
    probe, embedding = by_library(painted, _2=4.0)
    np.testing.assert_array_equal(prediction(painted)[1], probe.predict(embedding))


def test_other_planes_follow_when_they_are_seen(painted, settle):
    painted.run.start_button.click()
    settle(painted)
    painted.rare.sliders[2].setValue(-20)
    show_plane(painted.live.viewer, painted.live.image, 2)
    settle(painted)
    probe, embedding = by_library(painted, plane=2, _2=0.25)
    np.testing.assert_array_equal(prediction(painted)[2], probe.predict(embedding))


def test_a_suggestion_is_seen_taken_and_is_that_of_the_library(qtbot, painted, settle):
    before = prediction(painted)
    painted.rare.toggle.click()
    qtbot.mouseClick(painted.rare.suggest_button, LEFT)
    settle(painted)
    probe, embedding = by_library(painted)
    suggestion = suggest_weights(probe.predict_logits(embedding), (1, 2), probe.training_prior_)
    expected = probe.with_decision_weights(suggestion.weights).predict(embedding)
    assert (expected != before[1]).any(), "the test would show nothing"
    np.testing.assert_array_equal(prediction(painted)[1], expected)
    assert "→" in painted.rare.note.text() and painted.rare.take_button.isVisible()
    assert not painted.state.decision_weights, "only seen so far"
    assert not painted.live.probe.decision_weights_
    qtbot.mouseClick(painted.rare.take_button, LEFT)
    settle(painted)
    assert painted.state.decision_weights == suggestion.weights
    np.testing.assert_array_equal(prediction(painted)[1], expected)
    assert not painted.rare.take_button.isVisible()


@pytest.mark.parametrize("how", ["dismiss", "another plane", "a stroke"])
def test_a_suggestion_that_is_not_taken_leaves_nothing(qtbot, painted, settle, how):
    before = prediction(painted)
    painted.rare.toggle.click()
    qtbot.mouseClick(painted.rare.suggest_button, LEFT)
    settle(painted)
    assert painted.rare_classes.is_previewing
    if how == "dismiss":
        qtbot.mouseClick(painted.rare.dismiss_button, LEFT)
    elif how == "another plane":
        show_plane(painted.live.viewer, painted.live.image, 0)
    else:
        painted.live.strokes.undo()
        painted.live.strokes.redo()
        painted.live.refit_now()
    settle(painted)
    assert not painted.rare_classes.is_previewing
    assert not painted.rare.take_button.isVisible()
    np.testing.assert_array_equal(prediction(painted)[1], before[1])
    assert not painted.state.decision_weights


def test_on_a_plane_that_was_predicted_before_too(qtbot, painted, settle):
    viewer, image = painted.live.viewer, painted.live.image
    for plane in (0, 1):
        show_plane(viewer, image, plane)
        settle(painted)
    painted.rare.toggle.click()
    qtbot.mouseClick(painted.rare.suggest_button, LEFT)
    settle(painted)
    assert painted.rare_classes.is_previewing


def test_the_probability_follows_too(painted, settle):
    painted.overlay.setCurrentIndex(2)
    painted.overlay.activated.emit(2)
    settle(painted)
    painted.rare.sliders[2].setValue(30)
    probe, embedding = by_library(painted, _2=8.0)
    shown = find_probability(painted.live.viewer, painted.live.image).data[1]
    np.testing.assert_array_equal(shown, probe.predict_proba(embedding)[:, :, 1])


def test_weights_are_saved_and_loaded_with_the_probe(painted, settle, tmp_path):
    painted.rare.sliders[2].setValue(-10)
    painted.saved.save(str(tmp_path / "probe"))
    assert LinearProbe.load(tmp_path / "probe.safetensors").decision_weights_ == {2: 0.5}
    painted.rare.even_button.click()
    assert painted.state.decision_weights == {}
    painted.saved.load(str(tmp_path / "probe.safetensors"))
    settle(painted)
    assert painted.state.decision_weights == {2: 0.5}
    assert painted.rare.sliders[2].value() == -10


def test_without_a_probe_it_says_what_is_missing(qtbot, painted, settle):
    painted.erase_button.click()
    settle(painted)
    assert not painted.rare.suggest_button.isEnabled()
    assert "two classes" in painted.rare.suggest_button.toolTip()
    painted.rare.sliders[2].setValue(10)
    settle(painted)
    assert painted.error.text == ""


def test_classes_come_and_go_with_their_sliders(painted, settle):
    painted.classes.add_button.click()
    painted.state.change_class(3, name="vesicle")
    assert list(painted.rare.sliders) == [1, 2, 3]
    assert painted.rare.sliders[3].accessibleName() == "Decision weight of vesicle"
    painted.rare.sliders[3].setValue(10)
    painted.live.edits.remove(3)
    settle(painted)
    assert list(painted.rare.sliders) == [1, 2]
    assert 3 not in painted.state.decision_weights


def test_weights_in_words():
    assert [weight_text(w) for w in (1, 0.25, 0.015625, 64)] == ["× 1", "× 0.25", "× 0.016", "× 64"]
