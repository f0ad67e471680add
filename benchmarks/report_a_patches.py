"""Report A, Table 1: foreground patches by logistic regression on the placeholders, in every modality.

The protocol of §3.2 and §3.3: 10 training and 5 test images of 128 × 128 px, a 16 px patch is foreground
if any pixel of it is, one logistic regression for each modality and backbone, accuracy and F1 of the
foreground on the test patches. Run it:

    python benchmarks/report_a_patches.py

Two things differ from the report, which gives neither its images nor its numbers of objects. The images are
ours, drawn after §3.2. And since each cell stands on 320 test patches, whose score depends on the draw,
several are drawn where the report has a single run: printed are mean and standard deviation, and the share
of foreground beside them. A model that says one class for everything is marked.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from patchprobe import get_backbone, patch_labels
from patchprobe.normalisation import Normalisation
from patchprobe.synthetic import generate

BACKBONES = ("placeholder-cnx-t", "placeholder-vit-l")
# Accuracy and F1 as printed, for each of BACKBONES.
REPORT_A = {
    "em": ((0.981, 0.951), (0.984, 0.959)),
    "mri": ((0.875, 0.600), (0.894, 0.653)),
    "histology": ((0.938, 0.941), (0.947, 0.950)),
    "connectomics": ((0.956, 0.936), (0.975, 0.965)),
    "atlas": ((0.888, 0.769), (0.900, 0.810)),
    "calcium": ((0.941, 0.913), (0.959, 0.942)),
}
TRAINING, TEST = 10, 5
# The images are drawn in the unit range already.
AS_IT_IS = Normalisation(0, 1)


@dataclass(frozen=True)
class Score:
    """What one run gives: shares from 0 to 1, and whether both classes were predicted."""

    accuracy: float
    f1: float
    foreground: float
    both_classes: bool


def patches(
    modality: str, backbone: str, size: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.generic]]:
    """Features (images, patches, channels) and labels (images, patches)."""
    images, masks = generate(modality, TRAINING + TEST, size, seed)
    model = get_backbone(backbone)
    arrays = [model.embed(image, AS_IT_IS).grids[0].array for image in images]
    features = np.stack([array.reshape(-1, array.shape[2]) for array in arrays])
    return features, np.stack([patch_labels(mask).ravel() for mask in masks])


def run_once(modality: str, backbone: str, size: int, seed: int) -> Score:
    """Fit on the first images and judge on the last."""
    features, labels = patches(modality, backbone, size, seed)
    model = LogisticRegression(max_iter=1000)
    model.fit(np.concatenate(features[:TRAINING]), labels[:TRAINING].ravel())
    predicted, truth = model.predict(np.concatenate(features[TRAINING:])), labels[TRAINING:].ravel()
    return Score(
        accuracy=float(accuracy_score(truth, predicted)),
        f1=float(f1_score(truth, predicted)),
        foreground=float(truth.mean()),
        both_classes=len(np.unique(predicted)) == 2,
    )


def row(name: str, printed: tuple[float, float], scores: list[Score]) -> str:
    """One line of the table."""
    values = np.array([(score.accuracy, score.f1) for score in scores])
    mean, spread = values.mean(axis=0), values.std(axis=0)
    cells = "".join(
        f"   {p:.3f} {m:.3f} ±{s:.3f} {'reached' if m >= p else 'below':8}"
        for p, m, s in zip(printed, mean, spread, strict=True)
    )
    single = "" if all(score.both_classes for score in scores) else "  ! one class only"
    return f"{name:36}{cells}{np.mean([score.foreground for score in scores]):9.2f}{single}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="draws of 15 images each")
    parser.add_argument("--size", type=int, default=128, help="side of an image in pixels")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "report_a_patches.json"
    )
    options = parser.parse_args()

    print(f"{TRAINING} training and {TEST} test images of {options.size} px, {options.seeds} draws")
    print(f"{'':36}{'   accuracy: report, ours':33}{'   F1: report, ours':30}{'foreground':>12}")
    table = {}
    for modality, printed in REPORT_A.items():
        for backbone, values in zip(BACKBONES, printed, strict=True):
            name = f"{modality} / {backbone}"
            scores = [run_once(modality, backbone, options.size, seed) for seed in range(options.seeds)]
            print(row(name, values, scores), flush=True)
            table[name] = {"report_a": values, "ours": [asdict(score) for score in scores]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    result = {"size": options.size, "seeds": options.seeds, "table_1": table}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
