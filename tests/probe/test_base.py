"""What holds for every classifier: one interface, exact windows, exact files, fixed results."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from patchprobe import embed, load_probe, make_classifier
from patchprobe.errors import InputError
from patchprobe.probe import CLASSIFIERS, LinearProbe, Probe, read_rows
from patchprobe.probe.tiled import TiledProbe

every_classifier = pytest.mark.parametrize("name", list(CLASSIFIERS))


@pytest.fixture
def fitted(membranes):
    """A function that fits a classifier on the membranes."""
    return lambda name: make_classifier(name).fit(*membranes)


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of 32 px, so that a small plane has several."""
    for kind in CLASSIFIERS.values():
        if issubclass(kind, TiledProbe):
            monkeypatch.setattr(kind, "tile_side", 32)


@every_classifier
def test_it_finds_membranes_of_another_section(name, fitted, em_stack):
    probe = fitted(name)
    other = embed(em_stack.plane(2), normalisation=em_stack.normalisation())
    labels, truth = probe.predict(other), em_stack.labels[2]
    overlap = 2 * np.sum((labels == 2) & (truth == 2))
    assert overlap / (np.sum(labels == 2) + np.sum(truth == 2)) > 0.85
    assert labels.dtype == np.uint8
    proba = probe.predict_proba(other)
    assert (proba.shape, proba.dtype) == ((64, 48, 2), np.float32)
    np.testing.assert_allclose(proba.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_array_equal(labels, probe.labels_from_logits(probe.predict_logits(other)))


@every_classifier
def test_a_window_is_a_part_of_the_whole_to_the_bit(name, fitted, membranes, small_tiles):
    probe, (embedding, _) = fitted(name), membranes
    whole = probe.predict_logits(embedding)
    for window in (
        (slice(3, 41), slice(20, 47)),
        (slice(33, 34), slice(0, 48)),
        (slice(0, 64), slice(0, 48)),
    ):
        np.testing.assert_array_equal(probe.predict_logits(embedding, window), whole[window])


@every_classifier
def test_tiles_do_not_show(name, fitted, membranes, monkeypatch, request):
    probe, (embedding, _) = fitted(name), membranes
    whole = probe.predict_logits(embedding)
    request.getfixturevalue("small_tiles")
    tiled = probe.predict_logits(embedding)
    np.testing.assert_allclose(tiled, whole, atol=2e-3)
    np.testing.assert_array_equal(probe.labels_from_logits(tiled), probe.labels_from_logits(whole))


@every_classifier
@pytest.mark.parametrize("backbone", ["filters", "placeholder-cnx-t+filters"])
def test_saved_and_loaded_it_predicts_the_same_bits(name, backbone, em_stack, membranes, tmp_path):
    embedding = embed(em_stack.plane(0), backbone)
    probe = make_classifier(name, class_names={2: "membrane"}).fit(embedding, membranes[1])
    loaded = load_probe(probe.save(tmp_path / "probe"))
    assert type(loaded) is type(probe)
    np.testing.assert_array_equal(loaded.predict_logits(embedding), probe.predict_logits(embedding))
    assert loaded.get_params() == probe.get_params()
    assert loaded.chosen() == probe.chosen()
    for attribute in (
        "held_out_",
        "training_prior_",
        "strokes_",
        "origins_",
        "backbone_",
        "version_",
        "channels_",
    ):
        assert getattr(loaded, attribute) == getattr(probe, attribute)


@every_classifier
def test_equal_strokes_give_an_equal_probe(name, fitted, membranes):
    one, two = fitted(name), fitted(name)
    np.testing.assert_array_equal(one.predict_logits(membranes[0]), two.predict_logits(membranes[0]))


@every_classifier
def test_rows_say_what_the_plane_says(name, fitted, membranes, membrane_rows):
    probe, (embedding, _) = fitted(name), membranes
    at_rows = probe.predict_logits(embedding)[tuple(membrane_rows.points.T)]
    np.testing.assert_allclose(probe.logits_of(membrane_rows, embedding), at_rows, atol=2e-3)


@every_classifier
def test_it_is_judged_by_held_out_strokes(name, fitted, membranes, membrane_rows):
    assert fitted(name).held_out_.accuracy > 0.8
    two_strokes = np.where(membranes[1] == 2, 0, membranes[1])
    two_strokes[1, :6], two_strokes[1, 10:16] = 2, 2
    assert make_classifier(name).fit(membranes[0], two_strokes).held_out_ is None


@every_classifier
def test_three_classes(name, membranes):
    embedding, strokes = membranes
    strokes = strokes.copy()
    strokes[40:44, 20:24] = strokes[20:24, 20:24] = strokes[56:60, 4:8] = 7
    probe = make_classifier(name).fit(embedding, strokes)
    assert probe.predict_logits(embedding).shape == (64, 48, 2)
    assert probe.predict_proba(embedding).shape == (64, 48, 3)
    np.testing.assert_array_equal(probe.classes_, [1, 2, 7])
    right = probe.predict(embedding)[strokes > 0] == strokes[strokes > 0]
    assert right.mean() > 0.7


@every_classifier
def test_a_grid_of_patches_and_an_odd_size(name, toy_backbone, as_it_is):
    image = np.zeros((19, 35), np.float32)
    image[:, 16:] = 1
    strokes = np.zeros((19, 35), int)
    strokes[1:16:3, 2:8], strokes[1:16:3, 24:30] = 1, 2
    embedding = toy_backbone.embed(image, as_it_is)
    labels = make_classifier(name).fit(embedding, strokes).predict(embedding)
    assert (labels[:, :12] == 1).all()
    assert (labels[:, 20:] == 2).all()


@every_classifier
def test_one_stroke_of_each_class_is_enough(name, toy_backbone, as_it_is):
    image = np.zeros((16, 32), np.float32)
    image[:, 16:] = 1
    strokes = np.zeros((16, 32), int)
    strokes[4:8, 2:10], strokes[4:8, 22:30] = 1, 2
    probe = make_classifier(name).fit(toy_backbone.embed(image, as_it_is), strokes)
    assert probe.held_out_ is None
    assert probe.strokes_ == {1: 1, 2: 1}


@every_classifier
def test_continued_from_its_file_it_is_as_if_fitted_at_once(
    name, membranes, next_membranes, em_stack, tmp_path
):
    at_once = make_classifier(name).fit(
        [membranes[0], next_membranes[0]], [membranes[1], next_membranes[1]], em_stack
    )
    first = load_probe(make_classifier(name).fit(*membranes, em_stack).save(tmp_path / "first"))
    new = read_rows(*next_membranes, em_stack)
    continued = make_classifier(name).fit_rows([*first.rows_, new], [None, next_membranes[0]])
    assert continued.strokes_ == at_once.strokes_
    ours, theirs = (probe.predict_logits(next_membranes[0]) for probe in (continued, at_once))
    if name == "auto-context":
        # What the first stage said around the old strokes is as old as they are.
        assert np.mean((ours > 0) == (theirs > 0)) > 0.97
    else:
        np.testing.assert_array_equal(ours, theirs)


@every_classifier
def test_embeddings_of_other_features_are_refused(name, fitted):
    with pytest.raises(InputError, match=r"fitted on features of 'filters'.*'placeholder"):
        fitted(name).predict(embed(np.eye(64), "placeholder-cnx-t"))


@every_classifier
def test_an_unfitted_one_says_so(name, membranes):
    probe = make_classifier(name)
    with pytest.raises(NotFittedError):
        probe.predict(membranes[0])
    with pytest.raises(NotFittedError):
        probe.save("never written")
    assert clone(probe).get_params() == probe.get_params()


def test_a_probe_of_another_kind_is_named(fitted, tmp_path):
    path = fitted("forest").save(tmp_path / "forest")
    with pytest.raises(InputError, match=r"kind 'forest', not 'linear'.*load_probe"):
        LinearProbe.load(path)
    assert isinstance(Probe.load(path), CLASSIFIERS["forest"])


def test_judging_can_be_left_out(membrane_rows):
    assert make_classifier("forest").fit_rows([membrane_rows], judged=False).held_out_ is None


def test_differences_to_the_stack_it_learned_from(membranes, em_stack):
    probe = make_classifier().fit(*membranes, em_stack)
    assert probe.differences(em_stack) == []
    assert make_classifier().fit(*membranes).differences(em_stack) == []
