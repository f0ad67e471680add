import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from patchprobe import embed, get_backbone
from patchprobe.errors import InputError
from patchprobe.evaluation.patches import PatchSet, Score, constant_f1, fit, judge, patch_features, patch_set
from patchprobe.grid import PatchGrid


def test_cells_of_a_patch_are_averaged(toy_backbone, as_it_is):
    # Mean intensities of 4 px cells; a patch of 16 px has 4 × 4 of them.
    plane = np.arange(32 * 48, dtype=np.float32).reshape(32, 48)
    found = patch_features(toy_backbone.embed(plane / plane.size, as_it_is))
    assert found.shape == (2 * 3, 2)
    expected = (plane / plane.size).reshape(2, 16, 3, 16).mean(axis=(1, 3)).ravel()
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5)


def test_the_reports_own_patches_are_taken_as_they_are(as_it_is):
    plane = np.random.default_rng(0).random((32, 48)).astype(np.float32)
    embedding = embed(plane, "placeholder-cnx-t", as_it_is)
    np.testing.assert_array_equal(patch_features(embedding), embedding.grids[0].array.reshape(6, -1))


def test_every_pixel_of_a_dense_block_counts(as_it_is):
    plane = np.random.default_rng(0).random((16, 32)).astype(np.float32)
    embedding = get_backbone("filters").embed(plane, as_it_is)
    expected = embedding.grids[0].array.astype(np.float32).reshape(16, 2, 16, -1).mean(axis=(0, 2))
    np.testing.assert_allclose(patch_features(embedding), expected, atol=1e-3)


def test_coarser_cells_are_interpolated(toy_backbone, as_it_is):
    # Cell centres at 15.5 and 47.5; the patches of 16 px have theirs at 7.5, 23.5, 39.5 and 55.5.
    grid = PatchGrid(np.array([[[0.0], [1.0]]], np.float32), 32, (15.5, 15.5), (32, 64))
    embedding = toy_backbone.embed(np.zeros((32, 64)), as_it_is)
    found = patch_features(type(embedding)((grid,), "toy", "1", as_it_is))
    np.testing.assert_allclose(found.ravel(), [0, 0.25, 0.75, 1] * 2)


def test_a_patch_set_has_features_and_labels_of_each_image(toy_backbone):
    patches = patch_set("tracking", toy_backbone, n=3, size=64, seed=0)
    assert patches.features.shape == (3, 16, 2)
    assert patches.labels.shape == (3, 16)
    assert 0 < patches.foreground < 1
    features, labels = patches.rows([0, 2])
    assert (features.shape, labels.shape) == ((32, 2), (32,))


def test_scores_of_a_confusion_worked_out_by_hand():
    score = Score(np.array([[5, 1], [2, 4]]))
    assert score.accuracy == pytest.approx(9 / 12)
    assert score.f1 == pytest.approx(2 * 4 / (2 * 4 + 1 + 2))
    assert score.foreground == pytest.approx(6 / 12)
    assert not score.is_single_class
    assert Score(np.array([[6, 0], [6, 0]])).is_single_class
    assert Score(np.array([[6, 0], [6, 0]])).f1 == 0


def test_calling_everything_foreground():
    everything = Score(np.array([[0, 7], [0, 3]]))
    assert constant_f1(0.3) == pytest.approx(everything.f1)


@pytest.mark.parametrize(("value", "word"), [(False, "background"), (True, "foreground")])
def test_a_split_of_one_class_is_said(value, word):
    patches = PatchSet(np.zeros((2, 4, 3), np.float32), np.full((2, 4), value))
    with pytest.raises(InputError, match=f"All 8 training patches are {word}.*another seed"):
        fit(LogisticRegression, *patches.rows(slice(None)))


def test_a_classifier_is_fitted_and_judged():
    features = np.array([[0.0], [0.1], [0.9], [1.0]], np.float32)
    labels = np.array([False, False, True, True])
    score = judge(
        fit(LogisticRegression, features, labels), np.array([[-5.0], [5.0]]), np.array([False, True])
    )
    assert score.accuracy == 1
