"""Forest and boosting say what scikit-learn says."""

import numpy as np
import pytest
from sklearn import ensemble

from patchprobe import embed
from patchprobe.probe import BoostingProbe, ForestProbe


@pytest.fixture(params=[2, 3])
def strokes(request, membranes):
    """Of two or of three classes."""
    painted = membranes[1].copy()
    if request.param == 3:
        painted[40:44, 20:24] = 7
    return painted


@pytest.fixture
def made(monkeypatch):
    """The classifiers that scikit-learn makes."""
    found = []
    for name in ("RandomForestClassifier", "HistGradientBoostingClassifier"):

        class Kept(getattr(ensemble, name)):
            def fit(self, *args, **options):
                found.append(self)
                return super().fit(*args, **options)

        monkeypatch.setattr(ensemble, name, Kept)
    return found


@pytest.mark.parametrize("kind", [ForestProbe, BoostingProbe])
def test_predictions_are_those_of_scikit_learn(kind, strokes, membranes, made):
    embedding, _ = membranes
    probe = kind().fit(embedding, strokes)
    features = embedding.at_pixels().reshape(-1, 69)
    # The last fit is on all strokes, those before judge.
    theirs = made[-1].predict_proba(features)
    ours = probe.predict_proba(embedding).reshape(theirs.shape)
    np.testing.assert_allclose(ours, theirs, atol=4e-3 if kind is ForestProbe else 1e-5)
    clear = np.diff(np.sort(theirs, axis=1)[:, -2:], axis=1)[:, 0] > 1e-5
    np.testing.assert_array_equal(ours.argmax(axis=1)[clear], theirs.argmax(axis=1)[clear])


def test_a_class_that_was_painted_more_is_not_preferred(membranes):
    embedding, strokes = membranes
    strokes = strokes.copy()
    strokes[strokes == 2] *= np.random.default_rng(0).random(np.sum(strokes == 2)) < 0.3
    for kind in (ForestProbe, BoostingProbe):
        balanced = kind().fit(embedding, strokes).predict(embedding)
        as_painted = kind(class_weight=None).fit(embedding, strokes).predict(embedding)
        assert np.sum(balanced == 2) > np.sum(as_painted == 2)


def test_a_forest_file_is_small(membranes, em_stack, tmp_path):
    embedding = embed(em_stack.plane(0))
    path = ForestProbe().fit(embedding, membranes[1]).save(tmp_path / "forest", with_rows=False)
    assert path.stat().st_size < 200_000
