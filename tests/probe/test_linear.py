"""The linear probe: strokes in, labels and probabilities out."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from patchprobe import LinearProbe, embed
from patchprobe.errors import InputError
from patchprobe.probe.held_out import HeldOut


@pytest.fixture
def halves(toy_backbone, as_it_is):
    """Embedding of 16 × 32 px, dark left of column 16 and bright right of it, and its truth."""
    image = np.zeros((16, 32), np.float32)
    image[:, 16:] = 1
    return toy_backbone.embed(image, as_it_is), 1 + (image > 0).astype(np.uint8)


def strokes(shape, *painted):
    """Label image with horizontal strokes of 3 px: (class, y, x)."""
    labels = np.zeros(shape, np.uint8)
    for class_, y, x in painted:
        labels[y, x : x + 3] = class_
    return labels


@pytest.fixture
def many_strokes():
    """Four strokes of each half."""
    left = [(1, y, x) for y in (2, 12) for x in (1, 8)]
    return strokes((16, 32), *left, *((2, y, x + 18) for _, y, x in left))


def em_strokes(em_stack, plane=0):
    """Every fifth row of the truth."""
    labels = np.zeros_like(em_stack.labels[plane])
    labels[5::10] = em_stack.labels[plane, 5::10]
    return labels


def test_constant_planes_are_refused(toy_backbone, as_it_is):
    constant = toy_backbone.embed(np.full((16, 32), 0.5, np.float32), as_it_is)
    with pytest.raises(InputError, match="nothing tells the classes apart"):
        LinearProbe().fit(constant, strokes((16, 32), (1, 8, 2), (2, 8, 26)))


@pytest.mark.parametrize("label_dtype", [np.uint8, np.int64])
def test_two_strokes_find_the_border(halves, label_dtype):
    embedding, truth = halves
    painted = strokes((16, 32), (1, 8, 2), (2, 8, 26)).astype(label_dtype)
    probe = LinearProbe().fit(embedding, painted)
    predicted = probe.predict(embedding)
    assert predicted.dtype == np.uint8
    np.testing.assert_array_equal(predicted, truth)
    np.testing.assert_array_equal(probe.classes_, [1, 2])
    assert probe.strokes_ == {1: 1, 2: 1}


def test_prediction_is_the_most_probable_class(em_stack):
    embedding = embed(em_stack.plane(0))
    labels = em_strokes(em_stack)
    labels[40:44, 20:24] = 7
    probe = LinearProbe().fit(embedding, labels)
    proba = probe.predict_proba(embedding)
    assert proba.shape == (64, 48, 3)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_array_equal(probe.predict(embedding), probe.classes_[proba.argmax(axis=2)])
    np.testing.assert_array_equal(probe.classes_, [1, 2, 7])


def test_two_classes_have_their_probabilities_too(halves, many_strokes):
    embedding, truth = halves
    proba = LinearProbe().fit(embedding, many_strokes).predict_proba(embedding)
    assert proba.shape == (16, 32, 2)
    np.testing.assert_array_equal(1 + proba.argmax(axis=2), truth)


def test_membranes_of_other_sections(em_stack):
    probe = LinearProbe().fit(embed(em_stack.plane(0)), em_strokes(em_stack))
    predicted, truth = probe.predict(embed(em_stack.plane(2))), em_stack.labels[2]
    overlap = 2 * np.sum((predicted == 2) & (truth == 2))
    assert overlap / (np.sum(predicted == 2) + np.sum(truth == 2)) > 0.9


def test_several_planes_of_different_size(toy_backbone, as_it_is):
    dark, bright = np.zeros((8, 12), np.float32), np.ones((20, 9), np.float32)
    planes = [toy_backbone.embed(image, as_it_is) for image in (dark, bright)]
    probe = LinearProbe().fit(planes, [strokes((8, 12), (1, 3, 3)), strokes((20, 9), (2, 9, 3))])
    assert (probe.predict(planes[0]) == 1).all()
    assert (probe.predict(planes[1]) == 2).all()


def test_strokes_of_different_planes_are_different_strokes(halves, many_strokes):
    embedding, _ = halves
    probe = LinearProbe().fit([embedding, embedding], [many_strokes, many_strokes])
    assert probe.strokes_ == {1: 8, 2: 8}


def test_planes_without_strokes_change_nothing(halves, many_strokes):
    embedding, _ = halves
    alone = LinearProbe().fit(embedding, many_strokes)
    beside = LinearProbe().fit([embedding, embedding], [many_strokes, np.zeros((16, 32), int)])
    np.testing.assert_array_equal(alone.coef_[0], beside.coef_[0])


def test_class_weights(toy_backbone, as_it_is):
    # Both classes on the same grey: balanced they are equally probable, else as often as they were painted.
    image = np.full((16, 32), 0.5, np.float32)
    image[:4], image[12:] = 0.4, 0.6
    embedding = toy_backbone.embed(image, as_it_is)
    labels = np.zeros((16, 32), int)
    labels[6:9, 2:14] = 1
    labels[7, 26:30] = 2
    balanced = LinearProbe(C=1.0).fit(embedding, labels).predict_proba(embedding)
    as_painted = LinearProbe(C=1.0, class_weight=None).fit(embedding, labels).predict_proba(embedding)
    np.testing.assert_allclose(balanced[7, 7], 0.5, atol=0.01)
    np.testing.assert_allclose(as_painted[7, 7], [0.9, 0.1], atol=0.01)


def test_given_block_weights(toy_backbone, as_it_is, halves, many_strokes):
    image = np.zeros((16, 32), np.float32)
    image[:, 16:] = 1
    both = (toy_backbone + toy_backbone).embed(image, as_it_is)
    probe = LinearProbe(C=1.0, block_weights=(1.0, 0.0)).fit(both, many_strokes)
    assert probe.block_weights_ == (1.0, 0.0)
    assert np.abs(probe.coef_[0]).max() > 0
    np.testing.assert_array_equal(probe.coef_[1], 0)
    alone = LinearProbe(C=1.0).fit(halves[0], many_strokes)
    np.testing.assert_allclose(probe.coef_[0], alone.coef_[0], rtol=1e-3)
    with pytest.raises(InputError, match=r"3 block weights were given for 2 feature block"):
        LinearProbe(block_weights=(1, 1, 1)).fit(both, many_strokes)


def test_blocks_of_very_different_width_are_balanced(em_stack):
    embedding = embed(em_stack.plane(0), "placeholder-cnx-t+filters")
    probe = LinearProbe().fit(embedding, em_strokes(em_stack))
    assert [len(block) for block in probe.coef_] == list(embedding.channels)
    predicted = probe.predict(embedding)
    assert np.mean(predicted == em_stack.labels[0]) > 0.95


def test_a_given_penalty_is_used(halves, many_strokes):
    weak, strong = (LinearProbe(C=C).fit(halves[0], many_strokes) for C in (100.0, 0.01))
    assert (weak.C_, strong.C_) == (100.0, 0.01)
    assert np.abs(weak.coef_[0]).max() > np.abs(strong.coef_[0]).max()


def test_held_out_strokes_are_judged(halves, many_strokes):
    held_out = LinearProbe().fit(halves[0], many_strokes).held_out_
    assert held_out == HeldOut(1.0, (1.0, 1.0), ((1.0, 0.0), (0.0, 1.0)), (4, 4), ((4, 0), (0, 4)))


@pytest.mark.parametrize("of_third", [1, 2])
def test_a_thin_class_leaves_the_others_judged(halves, of_third):
    painted = [(c, 1 + 4 * i, 2 + 22 * (c - 1)) for c in (1, 2) for i in range(4)]
    third = [(3, 1 + 4 * i, 12) for i in range(of_third)]
    held_out = LinearProbe().fit(halves[0], strokes((16, 32), *painted, *third)).held_out_
    assert held_out.strokes == (4, 4, of_third)
    assert held_out.f1[2] is None and held_out.f1[1] is not None
    assert held_out.confusion[2] == (0, 0, 0)


def test_strokes_that_say_nothing_of_others_score_badly(toy_backbone, as_it_is):
    # Grey values at random: what a stroke looks like says nothing of its class. Leaving one out tips the mean
    # of the others against it, so that the score may well be below a half.
    noise = np.random.default_rng(0).random((16, 16)).repeat(4, axis=0).repeat(4, axis=1)
    labels = np.zeros((64, 64), int)
    for i, (y, x) in enumerate(np.ndindex(8, 8)):
        labels[8 * y + 1 : 8 * y + 3, 8 * x + 1 : 8 * x + 3] = 1 + i * 7 % 3 % 2
    probe = LinearProbe().fit(toy_backbone.embed(noise, as_it_is), labels)
    assert probe.held_out_.accuracy < 0.8


@pytest.mark.parametrize("per_class", [1, 2])
def test_too_few_strokes_to_judge(halves, per_class):
    painted = [(1, 1 + 4 * i, 2) for i in range(per_class)] + [(2, 1 + 4 * i, 24) for i in range(per_class)]
    probe = LinearProbe().fit(halves[0], strokes((16, 32), *painted))
    assert probe.held_out_ is None
    assert probe.C_ > 0


def test_equal_data_give_an_equal_probe(em_stack):
    embedding, labels = embed(em_stack.plane(0)), em_strokes(em_stack)
    one, two = (LinearProbe().fit(embedding, labels) for _ in range(2))
    np.testing.assert_array_equal(one.coef_[0], two.coef_[0])
    np.testing.assert_array_equal(one.intercept_, two.intercept_)


def test_saved_and_loaded_it_predicts_the_same_bits(em_stack, tmp_path):
    embedding = embed(em_stack.plane(0), "placeholder-cnx-t+filters")
    probe = LinearProbe(class_names={1: "cell", 2: "membrane"}, class_colors={2: "#ff8800"})
    probe.fit(embedding, em_strokes(em_stack))
    path = probe.save(tmp_path / "probe")
    loaded = LinearProbe.load(path)
    np.testing.assert_array_equal(loaded.predict_proba(embedding), probe.predict_proba(embedding))
    np.testing.assert_array_equal(loaded.classes_, probe.classes_)
    for name in ("class_names", "class_colors", "C_", "block_weights_", "held_out_", "strokes_", "backbone_"):
        assert getattr(loaded, name) == getattr(probe, name)
    # No pickle: its first opcode is 0x80, that of safetensors is the length of a JSON header.
    assert path.read_bytes()[8:9] == b"{"
    assert probe.save(tmp_path / "small", with_rows=False).stat().st_size < 20_000


def test_a_probe_of_a_newer_format_is_refused(halves, many_strokes, tmp_path, monkeypatch):
    probe = LinearProbe().fit(halves[0], many_strokes)
    monkeypatch.setattr("patchprobe.probe.probe_file._FORMAT", 99)
    path = probe.save(tmp_path / "probe")
    monkeypatch.undo()
    with pytest.raises(InputError, match="newer patchprobe"):
        LinearProbe.load(path)


def test_an_embedding_of_another_backbone_is_refused_in_words(halves, many_strokes):
    embedding, _ = halves
    probe = LinearProbe().fit(embedding, many_strokes)
    other = embed(np.eye(16))
    for predict in (probe.predict, probe.predict_proba, probe.predict_logits):
        with pytest.raises(InputError, match=r"fitted on features of 'toy'.*'filters'.*Embed the image"):
            predict(other)
    with pytest.raises(InputError, match="embeddings of one backbone"):
        LinearProbe().fit([embedding, other], [many_strokes, strokes((16, 16), (1, 2, 2))])


def test_colour_features_do_not_serve_greyscale(em_stack):
    rgb = np.repeat(em_stack.plane(0)[:, :, None], 3, axis=2)
    probe = LinearProbe().fit(embed(rgb), em_strokes(em_stack))
    with pytest.raises(InputError, match="channels"):
        probe.predict(embed(em_stack.plane(0)))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((16, 32), int), "nothing is painted"),
        (np.full((16, 32), 4), "only class 4 is painted"),
        (np.ones((32, 16), int), r"\(32, 16\).*\(16, 32\)"),
        (np.ones((1, 16, 32), int), r"\(1, 16, 32\)"),
        (np.full((16, 32), 0.5), "whole numbers"),
        (np.full((16, 32), -1), "0 means unlabelled"),
    ],
)
def test_labels_that_cannot_be_fitted_are_named(halves, labels, message):
    with pytest.raises(InputError, match=message):
        LinearProbe().fit(halves[0], labels)


def test_one_label_image_for_each_embedding(halves, many_strokes):
    with pytest.raises(InputError, match="2 embeddings and 1 label images"):
        LinearProbe().fit([halves[0], halves[0]], [many_strokes])


def test_a_failed_fit_of_nothing_leaves_it_unfitted(halves):
    probe = LinearProbe()
    with pytest.raises(InputError):
        probe.fit(halves[0], np.zeros((16, 32), int))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        probe.predict(halves[0])


def test_it_is_an_estimator():
    probe = clone(LinearProbe(C=0.5, class_weight=None, class_names={1: "cell"}))
    assert probe.get_params() == {
        "C": 0.5,
        "block_weights": "auto",
        "class_weight": None,
        "class_names": {1: "cell"},
        "class_colors": None,
    }
    assert probe.set_params(C="auto").C == "auto"
    with pytest.raises(NotFittedError):
        probe.save("never written")
