"""Predicting a plane: what is seen first, then the rest."""

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe._predicting import (
    Prediction,
    View,
    predict_by_bands,
    predict_seen_tiles,
    predict_view,
    predict_whole,
)
from patchprobe.probe import Decision
from patchprobe.steps import finish

WINDOW = (slice(10, 40), slice(5, 65))


@pytest.fixture(scope="module")
def fitted():
    plane = np.random.default_rng(0).random((60, 80))
    plane[:, 40:] += 1
    strokes = np.zeros((60, 80), np.uint8)
    strokes[10:20, 5:10], strokes[10:20, 60:65] = 1, 2
    strokes[40:50, 5:10], strokes[40:50, 60:65] = 1, 2
    embedding = embed(plane, "filters+placeholder-cnx-t")
    return LinearProbe().fit(embedding, strokes), embedding


def test_bands_give_the_whole_to_the_bit(fitted, monkeypatch):
    probe, embedding = fitted
    monkeypatch.setattr("patchprobe._predicting._BAND", 80 * 7)
    banded, whole = finish(predict_by_bands(probe, 3, embedding)), predict_whole(probe, 3, embedding)
    np.testing.assert_array_equal(banded.logits, whole.logits)
    np.testing.assert_array_equal(banded.labels, probe.predict(embedding))
    assert banded.plane == 3 and banded.view is None


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_view_is_every_so_manieth_pixel_of_the_whole(fitted, step):
    probe, embedding = fitted
    seen = predict_view(probe, 0, embedding, View(WINDOW, step))
    whole = predict_whole(probe, 0, embedding).logits[WINDOW][::step, ::step]
    assert seen.view == View(WINDOW, step)
    np.testing.assert_allclose(seen.logits, whole, atol=1e-4)


def test_tiles_of_what_is_seen_come_from_the_middle_out_and_are_those_of_the_whole(fitted, monkeypatch):
    probe, embedding = fitted
    monkeypatch.setattr("patchprobe.tiles.windows.__defaults__", (32,))
    whole = predict_whole(probe, 0, embedding).logits
    found = list(predict_seen_tiles(probe, 0, embedding, View((slice(20, 60), slice(30, 70)))))
    # The middle (40, 50) lies nearest to the tile of rows 32 to 60 and columns 32 to 64.
    assert found[0].view.window == (slice(32, 60), slice(32, 64)) and len(found) == 6
    covered = np.zeros((60, 80), bool)
    for each in found:
        assert not covered[each.view.window].any()
        covered[each.view.window] = True
        np.testing.assert_allclose(each.logits, whole[each.view.window], atol=1e-4)
    assert covered[20:60, 30:70].all() and covered.sum() == 40 * 40


def test_steps_are_spread_over_the_window():
    view = View((slice(2, 5), slice(0, 4)), 2)
    values = np.array([[1, 2], [3, 4]])
    assert view.spread(values).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4]]


def test_a_view_of_everything():
    assert View((slice(0, 4), slice(0, 6))).is_all_of((4, 6))
    assert not View((slice(0, 4), slice(0, 6)), 2).is_all_of((4, 6))
    assert not View((slice(0, 4), slice(0, 5))).is_all_of((4, 6))


def test_uncertainty_is_one_where_two_classes_are_equal():
    """Logits 0 against 0: equal. Log 3 against 0: 3/4 - 1/4 = 1/2. Three classes at 1/2, 1/4, 1/4: 3/4."""
    two = Prediction(
        0, np.ones((1, 2), np.uint8), np.log([[[1.0], [3.0]]], dtype=np.float32), Decision((1, 2))
    )
    np.testing.assert_allclose(two.uncertainty(), [[1, 0.5]], atol=1e-6)
    three = Prediction(
        0, np.ones((1, 1), np.uint8), np.log([[[0.5, 0.5]]], dtype=np.float32), Decision((1, 2, 3))
    )
    np.testing.assert_allclose(three.uncertainty(), [[0.75]], atol=1e-6)
