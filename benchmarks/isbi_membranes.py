"""Membranes of ISBI 2012 from 0.5 % of one section scribbled, beside scikit-image in the same run.

Section 0 is scribbled, sections 1 to 4 are predicted and compared with the truth at every pixel. Both
sides decide by the more probable class, and both see the same strokes. Run it:

    python benchmarks/isbi_membranes.py --data DIR      # or PATCHPROBE_DATA=DIR

DIR/em_isbi2012 holds image.tif, label.tif (0 = membrane) and, if there are any, scribbles_seed*.npz;
without them, or with --draw, strokes are drawn on the truth.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

import forest
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, f1_score

from patchprobe import LinearProbe, embed, load_stack
from patchprobe.demo.strokes import draw_strokes

Labels = npt.NDArray[np.uint8]

INTERIOR, MEMBRANE = 1, 2
SECTIONS = (1, 2, 3, 4)
SHARE = 0.005


def scribbles(folder: Path, truth: Labels, seeds: int, draw: bool) -> Iterator[Labels]:
    """Yield stroke images (H, W) of section 0: those beside the data, else drawn on the truth."""
    files = sorted(folder.glob("scribbles_seed*.npz"))
    if files and not draw:
        yield from (np.load(file)["scribbles"] for file in files[:seeds])
        return
    for seed in range(seeds):
        yield thinned(draw_strokes(truth, per_class=40, seed=seed), round(SHARE * truth.size))


def thinned(strokes: Labels, pixels: int) -> Labels:
    """Keep whole strokes of each class until half of the allowed pixels are reached."""
    from patchprobe.probe import find_strokes

    points, numbers = find_strokes(strokes)
    kept = np.zeros_like(strokes)
    for number in np.unique(numbers):
        stroke = points[numbers == number]
        label = strokes[tuple(stroke[0])]
        if np.count_nonzero(kept == label) + len(stroke) <= pixels / 2:
            kept[tuple(stroke.T)] = label
    return kept


def scores(truth: Labels, labels: list[Labels], membrane: list[np.ndarray] | None) -> dict[str, float]:
    """F1 of the membranes over all sections, and average precision of their probability."""
    is_membrane = truth.ravel() == MEMBRANE
    found = np.stack(labels).ravel() == MEMBRANE
    row = {"f1": float(f1_score(is_membrane, found))}
    if membrane is not None:
        ranking = np.stack(membrane).ravel()
        row["average_precision"] = float(average_precision_score(is_membrane, ranking))
    return row


def run(folder: Path, seeds: int, draw: bool) -> list[dict[str, float | str]]:
    stack = load_stack(folder / "image.tif", axes="zyx")
    truth = load_stack(folder / "label.tif", axes="zyx")
    masks = [np.where(truth.plane(i) == 0, MEMBRANE, INTERIOR).astype(np.uint8) for i in (0, *SECTIONS)]
    normalisation = stack.normalisation()
    embedded = [embed(stack.plane(i), "filters", normalisation) for i in (0, *SECTIONS)]
    filtered = [forest.features(stack.plane(i)) for i in (0, *SECTIONS)]
    test = np.stack(masks[1:])
    rows: list[dict[str, float | str]] = []
    for strokes in scribbles(folder, masks[0], seeds, draw):
        probe = LinearProbe().fit(embedded[0], strokes)
        ours = [probe.predict(e) for e in embedded[1:]]
        probability = [probe.predict_proba(e)[:, :, 1] for e in embedded[1:]]
        theirs = forest.fit_and_predict(filtered[0], strokes, filtered[1:])
        rows.append({"method": "patchprobe", "C": probe.C_, **scores(test, ours, probability)})
        rows.append({"method": "scikit-image", **scores(test, theirs, None)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--seeds", type=int, default=5, help="how many scribblings")
    parser.add_argument("--draw", action="store_true", help="draw strokes even where some are given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "isbi_membranes.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds em_isbi2012 by --data or PATCHPROBE_DATA")

    rows = run(Path(options.data) / "em_isbi2012", options.seeds, options.draw)
    for method in ("patchprobe", "scikit-image"):
        f1 = np.array([row["f1"] for row in rows if row["method"] == method])
        each = " ".join(f"{value:.3f}" for value in f1)
        print(f"{method:14} membrane F1 {f1.mean():.3f} ± {f1.std():.3f}   ({each})")
    precision = [row["average_precision"] for row in rows if "average_precision" in row]
    print(f"{'patchprobe':14} average precision {np.mean(precision):.3f}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
