"""All classifiers on the membranes of ISBI 2012, beside scikit-image's random forest in the same run.

Section 0 is scribbled, sections 1 to 4 are predicted and compared with the truth at every pixel, as in
isbi_membranes.py. A fit includes the held-out score that the widget shows. Run it:

    python benchmarks/classifiers.py --data DIR      # or PATCHPROBE_DATA=DIR

"Held out" is the accuracy that strokes tell of a classifier, and "recommended" how often the widget's
comparison would choose it: the F1 beside it says whether that is right.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import forest
import numpy as np
from isbi_membranes import INTERIOR, MEMBRANE, SECTIONS, Labels, scores, scribbles

from patchprobe import Embedding, compare_classifiers, embed, load_stack, make_classifier
from patchprobe.probe import CLASSIFIERS, Compared, read_rows
from patchprobe.steps import finish

PEER = "scikit-image"


def measured(
    each: Compared, seen: Embedding, strokes: Labels, others: list[Embedding], test: Labels
) -> dict[str, float | str | bool]:
    """Fit one classifier on the strokes, predict the other sections, and tell times and F1."""
    probe = make_classifier(each.name)
    began = time.perf_counter()
    probe.fit(seen, strokes)
    fitted = time.perf_counter()
    labels = [probe.predict(embedding) for embedding in others]
    done = time.perf_counter()
    return {
        "method": each.name,
        "held_out": each.held_out.accuracy,
        "fit_s": fitted - began,
        "predict_s": (done - fitted) / len(others),
        **scores(test, labels, None),
    }


def run(folder: Path, seeds: int, draw: bool, backbone: str) -> list[dict[str, float | str | bool]]:
    stack = load_stack(folder / "image.tif", axes="zyx")
    truth = load_stack(folder / "label.tif", axes="zyx")
    masks = [np.where(truth.plane(i) == 0, MEMBRANE, INTERIOR).astype(np.uint8) for i in (0, *SECTIONS)]
    normalisation = stack.normalisation()
    seen, *others = [embed(stack.plane(i), backbone, normalisation) for i in (0, *SECTIONS)]
    filtered = [forest.features(stack.plane(i)) for i in (0, *SECTIONS)]
    test = np.stack(masks[1:])
    rows: list[dict[str, float | str | bool]] = []
    for strokes in scribbles(folder, masks[0], seeds, draw):
        comparison = finish(compare_classifiers([read_rows(seen, strokes)], [seen]))
        for each in comparison.candidates:
            row = measured(each, seen, strokes, others, test)
            rows.append(row | {"recommended": each is comparison.recommended})
        theirs = forest.fit_and_predict(filtered[0], strokes, filtered[1:])
        rows.append({"method": PEER, **scores(test, theirs, None)})
    return rows


def table(rows: list[dict[str, float | str | bool]]) -> None:
    for method in (*CLASSIFIERS, PEER):
        of_method = [row for row in rows if row["method"] == method]
        f1 = np.array([row["f1"] for row in of_method])
        each = " ".join(f"{value:.3f}" for value in f1)
        line = f"{method:14} F1 {f1.mean():.3f} ± {f1.std():.3f}   ({each})"
        if method != PEER:
            held_out, fit, predict = (
                np.median([row[key] for row in of_method]) for key in ("held_out", "fit_s", "predict_s")
            )
            times = f"fit {1000 * fit:.0f} ms, predict {1000 * predict:.0f} ms"
            recommended = sum(bool(row["recommended"]) for row in of_method)
            line += f"   held out {held_out:.3f}   {times}   recommended {recommended} ×"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--backbone", default="filters")
    parser.add_argument("--seeds", type=int, default=5, help="how many scribblings")
    parser.add_argument("--draw", action="store_true", help="draw strokes even where some are given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "classifiers.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds em_isbi2012 by --data or PATCHPROBE_DATA")

    rows = run(Path(options.data) / "em_isbi2012", options.seeds, options.draw, options.backbone)
    table(rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
