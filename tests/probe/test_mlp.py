"""The small network: what scikit-learn fits, folded into raw features."""

import numpy as np
import pytest
from sklearn import neural_network

from patchprobe.probe import LinearProbe, MLPProbe
from patchprobe.probe.linear_head import standardisation


@pytest.mark.parametrize("classes", [2, 3])
def test_predictions_are_those_of_scikit_learn(classes, membranes, membrane_rows, monkeypatch):
    made = []

    class Kept(neural_network.MLPClassifier):
        def fit(self, *args):
            made.append(self)
            return super().fit(*args)

    monkeypatch.setattr(neural_network, "MLPClassifier", Kept)
    embedding, strokes = membranes
    if classes == 3:
        strokes = strokes.copy()
        strokes[40:44, 20:24] = 7
    probe = MLPProbe().fit(embedding, strokes)
    mean, scale = standardisation(membrane_rows.reference, (69,))
    features = (embedding.at_pixels().reshape(-1, 69) - mean) * scale * np.sqrt(69)
    theirs = made[-1].predict_proba(features)
    np.testing.assert_allclose(probe.predict_proba(embedding).reshape(theirs.shape), theirs, atol=1e-3)


def test_what_no_linear_map_can_do(toy_backbone, as_it_is):
    # Class 2 is grey, class 1 is dark or bright.
    image = np.zeros((24, 36), np.float32)
    image[:, 12:24], image[:, 24:] = 0.5, 1
    strokes = np.zeros((24, 36), int)
    for y in range(0, 24, 4):
        strokes[y : y + 2, 2:9] = strokes[y : y + 2, 27:34] = 1
        strokes[y : y + 2, 15:21] = 2
    embedding = toy_backbone.embed(image, as_it_is)
    grey = (slice(0, 24), slice(15, 21))
    network = MLPProbe(penalty=1e-3).fit(embedding, strokes)
    assert (network.predict(embedding)[grey] == 2).all()
    assert network.held_out_.accuracy == 1
    assert LinearProbe().fit(embedding, strokes).held_out_.accuracy < 0.9
