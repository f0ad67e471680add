"""Two stages: what the second sees, and from whom."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.probe import AutoContextProbe, LinearProbe
from patchprobe.probe.context import CHANNELS_PER_LOGIT, REACH, context_features


def test_context_of_logits_by_hand():
    # Class 2 is sure to the right of column 20: centred on the mean of both classes, ±2.
    logits = np.full((40, 41, 1), -4, np.float32)
    logits[:, 20:] = 4
    around = context_features(logits)
    assert around.is_dense
    assert around.features.shape == (40, 41, CHANNELS_PER_LOGIT)
    np.testing.assert_array_equal(around.features[:, :, 0], logits[:, :, 0] / 2)
    # The wider the filter, the less sure it is near the border.
    smooth = np.asarray(around.features[20, 24, 1:6])
    assert (np.diff(smooth) < 0).all()
    assert smooth[0] > 1.9


def test_logits_far_from_the_strokes_count_as_sure_and_no_more():
    sure, surer = (context_features(np.full((8, 8, 1), z, np.float32)).features for z in (6, 60))
    np.testing.assert_array_equal(sure, surer)


def test_three_classes_have_twice_as_many_channels():
    assert context_features(np.zeros((8, 8, 2), np.float32)).channels == 2 * CHANNELS_PER_LOGIT


def test_context_ends_where_it_says(em_stack):
    logits = np.zeros((2 * REACH + 3, 9, 1), np.float32)
    far = logits.copy()
    far[0] = 5
    same = [context_features(z).features[REACH + 1 :] for z in (logits, far)]
    np.testing.assert_array_equal(*same)


def test_strokes_are_seen_by_a_first_stage_without_them(membranes, membrane_rows):
    embedding, strokes = membranes
    probe = AutoContextProbe().fit(embedding, strokes)
    seen = probe.rows_[0].context.features[:, 0]
    own = probe.first_.logits_of(membrane_rows)[:, 0] / 2
    painted = np.where(membrane_rows.classes == 2, 1, -1)
    assert np.mean(seen * painted) < np.mean(np.clip(own, -3, 3) * painted)


def test_first_stage_is_the_linear_probe(membranes):
    probe, linear = AutoContextProbe().fit(*membranes), LinearProbe().fit(*membranes)
    np.testing.assert_array_equal(probe.first_.coef_[0], linear.coef_[0])
    assert probe.second_.channels_ == (69, CHANNELS_PER_LOGIT)


def test_rows_without_their_image_are_refused_in_words(membrane_rows):
    with pytest.raises(InputError, match=r"surroundings of strokes.*another classifier"):
        AutoContextProbe().fit_rows([membrane_rows])


def test_rows_seen_with_other_classes_are_refused(membranes, next_membranes):
    seen = AutoContextProbe().fit(*membranes).rows_
    embedding, strokes = next_membranes
    third = strokes.copy()
    third[40:44, 20:24] = 7
    new = AutoContextProbe().fit(embedding, third).rows_
    with pytest.raises(InputError, match="other classes than"):
        AutoContextProbe().fit_rows([*seen, replace(new[0], context=None)], [None, embedding])
