"""Decision weights: a class is found more or less often, in labels and probabilities alike."""

import numpy as np
import pytest

from patchprobe import LinearProbe, LinearSegHead, embed
from patchprobe.errors import InputError
from patchprobe.probe import Decision

# Probabilities 1/2 & 1/2, 1/5 & 4/5, 2/3 & 1/3 of classes 1 and 2.
LOGITS = np.log(np.array([[[1.0], [4.0], [0.5]]], dtype=np.float32))


@pytest.fixture
def probe(em_plane, em_stack):
    labels = np.zeros_like(em_stack.labels[0])
    labels[5::10] = em_stack.labels[0, 5::10]
    return LinearProbe(C=1.0).fit(embed(em_plane), labels)


def test_without_weights_the_more_probable_class_is_taken():
    np.testing.assert_array_equal(Decision((1, 2)).labels(LOGITS), [[1, 2, 1]])
    assert Decision((1, 2)).is_neutral


def test_a_weight_multiplies_the_probability():
    """1/2 · 3 > 1/2 and 1/3 · 3 > 2/3: with weight 3 all pixels are class 2, with 1/8 none."""
    np.testing.assert_array_equal(Decision((1, 2), {2: 3.0}).labels(LOGITS), [[2, 2, 2]])
    np.testing.assert_array_equal(Decision((1, 2), {2: 1 / 8}).labels(LOGITS), [[1, 1, 1]])
    probabilities = Decision((1, 2), {2: 3.0}).probabilities(LOGITS)
    np.testing.assert_allclose(probabilities[0, :, 1], [3 / 4, 12 / 13, 3 / 5], rtol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, rtol=1e-6)


def test_the_weight_of_the_first_class_counts_too():
    assert np.array_equal(Decision((1, 2), {1: 1 / 3}).labels(LOGITS), [[2, 2, 2]])


def test_only_ratios_matter():
    decision = Decision((1, 2), {1: 5.0, 2: 5.0})
    assert decision.is_neutral
    assert decision.weigh(LOGITS) is LOGITS


def test_of_three_classes_the_heavy_one_wins():
    """Probabilities .5, .3, .2: class 7 with weight 3 has .6."""
    logits = np.log(np.array([[[0.3 / 0.5, 0.2 / 0.5]]], dtype=np.float32))
    assert Decision((1, 4, 7)).labels(logits) == 1
    assert Decision((1, 4, 7), {7: 3.0}).labels(logits) == 7
    assert Decision((1, 4, 7), {4: 2.0}).labels(logits) == 4


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_must_be_a_factor(weight):
    with pytest.raises(InputError, match="class 2"):
        Decision((1, 2), {2: weight})


def test_a_probe_with_weights_is_another_one(probe, em_plane):
    embedding = embed(em_plane)
    heavy = probe.with_decision_weights({2: 20.0})
    before, after = probe.predict(embedding), heavy.predict(embedding)
    assert ((before == 2) <= (after == 2)).all() and (after == 2).sum() > (before == 2).sum()
    np.testing.assert_array_equal(heavy.predict_proba(embedding).argmax(axis=2) + 1, after)
    np.testing.assert_array_equal(heavy.predict_logits(embedding), probe.predict_logits(embedding))
    assert not probe.decision_weights_
    with pytest.raises(InputError):
        probe.with_decision_weights({2: -1.0})


def test_weights_travel_with_the_saved_probe(probe, em_plane, tmp_path):
    heavy = probe.with_decision_weights({2: 3.5})
    loaded = LinearProbe.load(heavy.save(tmp_path / "probe"))
    assert loaded.decision_weights_ == {2: 3.5}
    assert loaded.training_prior_ == pytest.approx((0.5, 0.5))
    embedding = embed(em_plane)
    np.testing.assert_array_equal(loaded.predict(embedding), heavy.predict(embedding))


def test_weights_survive_another_fit_and_belong_to_heads_too(em_plane, em_stack, tmp_path):
    head = LinearSegHead(max_iter=3).fit(embed(em_plane), em_stack.labels[0]).with_decision_weights({1: 2.0})
    head.fit(embed(em_plane), em_stack.labels[0])
    assert LinearSegHead.load(head.save(tmp_path / "head")).decision_weights_ == {1: 2.0}


def test_the_training_prior_is_that_of_the_fit(em_plane):
    """Three times as many painted pixels of class 1; balanced, both count alike."""
    labels = np.zeros(em_plane.shape, int)
    labels[4:7, 4:8], labels[20, 4:8] = 1, 2
    even = LinearProbe(C=1.0).fit(embed(em_plane), labels)
    np.testing.assert_allclose(even.training_prior_, (0.5, 0.5))
    painted = LinearProbe(C=1.0, class_weight=None).fit(embed(em_plane), labels)
    np.testing.assert_allclose(painted.training_prior_, (0.75, 0.25))
