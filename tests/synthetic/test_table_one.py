"""Report A's Table 1: the protocol of §3.2–3.3 on our images reaches at least the printed values."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from patchprobe import synthetic
from patchprobe.backbones import get_backbone
from patchprobe.normalisation import Normalisation
from patchprobe.probe.patch_labels import patch_labels

# modality: (accuracy, F1) of ConvNeXt-Tiny and of ViT-Large
TABLE_1 = {
    "em": ((0.981, 0.951), (0.984, 0.959)),
    "mri": ((0.875, 0.600), (0.894, 0.653)),
    "histology": ((0.938, 0.941), (0.947, 0.950)),
    "connectomics": ((0.956, 0.936), (0.975, 0.965)),
    "atlas": ((0.888, 0.769), (0.900, 0.810)),
    "calcium": ((0.941, 0.913), (0.959, 0.942)),
}


@pytest.mark.parametrize("column", [0, 1], ids=["placeholder-cnx-t", "placeholder-vit-l"])
@pytest.mark.parametrize("modality", TABLE_1)
def test_printed_values_are_reached(modality, column):
    backbone = get_backbone(("placeholder-cnx-t", "placeholder-vit-l")[column])
    scores = []
    for seed in range(3):
        images, masks = synthetic.generate(modality, n=15, size=128, seed=seed)
        grids = [backbone.embed(image, Normalisation(0, 1)).grids[0].features for image in images]
        features = np.stack([grid.reshape(-1, grid.shape[2]) for grid in grids])
        labels = np.stack([patch_labels(mask).ravel() for mask in masks])
        model = LogisticRegression(max_iter=1000)
        model.fit(np.concatenate(features[:10]), labels[:10].ravel())
        predicted, truth = model.predict(np.concatenate(features[10:])), labels[10:].ravel()
        scores.append((accuracy_score(truth, predicted), f1_score(truth, predicted)))
    assert np.mean(scores, axis=0) == pytest.approx(
        np.maximum(np.mean(scores, axis=0), TABLE_1[modality][column])
    )
