"""What a pretrained network adds to the filters: membranes (ISBI 2012) and mitochondria (VNC), few strokes.

Membranes: section 0 scribbled (0.5 %), sections 1 to 4 scored by F1. Mitochondria: a crop of 768 px, strokes
on section 0, sections 5 and 9 scored by average precision and IoU. Every method sees the same strokes and
decides by the more probable class; scikit-image's trainable segmentation runs beside. Run it:

    python benchmarks/pretrained_quality.py --data DIR --model FOLDER      # or PATCHPROBE_DATA=DIR

FOLDER is a model as Hugging Face transformers saves it. Needs the extra transformers.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

import forest
import numpy as np
import numpy.typing as npt
from isbi_membranes import scribbles
from sklearn.metrics import average_precision_score, f1_score, jaccard_score

from patchprobe import LinearProbe, load_stack
from patchprobe.backbones.name import BackboneName
from patchprobe.demo.strokes import draw_strokes
from patchprobe.embedding import embed_stack
from patchprobe.io import Stack
from patchprobe.store import default_store

Labels = npt.NDArray[np.uint8]

CROP = slice(128, 896)
STROKES_PER_CLASS = 10


@dataclass(frozen=True)
class Task:
    """A stack, the first plane of which is painted; truth of the others, 2 where the object is."""

    name: str
    stack: Stack
    truth: Labels
    strokes: list[Labels]


def membranes(data: Path, seeds: int) -> Task:
    stack = load_stack(data / "em_isbi2012" / "image.tif", axes="zyx")
    label = load_stack(data / "em_isbi2012" / "label.tif", axes="zyx")
    masks = np.stack([np.where(label.plane(i) == 0, 2, 1).astype(np.uint8) for i in range(5)])
    drawn = list(scribbles(data / "em_isbi2012", masks[0], seeds, draw=False))
    return Task("ISBI membranes", Stack(stack.data[:5], "zyx"), masks[1:], drawn)


def mitochondria(data: Path, seeds: int) -> Task:
    stack = load_stack(data / "em_vnc" / "image.tif", axes="zyx")
    label = load_stack(data / "em_vnc" / "mitochondria.tif", axes="zyx")
    masks = np.stack([np.where(label.plane(i)[CROP, CROP] > 127, 2, 1).astype(np.uint8) for i in (0, 5, 9)])
    drawn = [draw_strokes(masks[0], STROKES_PER_CLASS, seed) for seed in range(seeds)]
    planes = np.stack([stack.plane(i)[CROP, CROP] for i in (0, 5, 9)])
    return Task("VNC mitochondria", Stack(planes, "zyx"), masks[1:], drawn)


def scores(truth: Labels, labels: list[Labels], ranking: list[np.ndarray]) -> dict[str, float]:
    is_object, found = truth.ravel() == 2, np.stack(labels).ravel() == 2
    return {
        "f1": float(f1_score(is_object, found)),
        "iou": float(jaccard_score(is_object, found)),
        "average_precision": float(average_precision_score(is_object[::4], np.stack(ranking).ravel()[::4])),
    }


def by_probe(task: Task, backbone: str) -> list[dict[str, float]]:
    embedded = [embedding for _, embedding in embed_stack(task.stack, backbone, store=default_store())]
    rows = []
    for strokes in task.strokes:
        probe = LinearProbe().fit(embedded[0], strokes)
        probabilities = [probe.predict_proba(e)[:, :, 1] for e in embedded[1:]]
        rows.append(scores(task.truth, [1 + (p > 0.5) for p in probabilities], probabilities))
    return rows


def by_forest(task: Task) -> list[dict[str, float]]:
    filtered = [forest.features(plane) for plane in task.stack.planes()]
    rows = []
    for strokes in task.strokes:
        ranking = forest.fit_and_rank(filtered[0], strokes, filtered[1:])
        rows.append(scores(task.truth, [1 + (p > 0.5) for p in ranking], ranking))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--model", type=Path, required=True, help="folder of a pretrained network")
    parser.add_argument("--seeds", type=int, default=5, help="how many scribblings")
    parser.add_argument(
        "--settings",
        nargs="+",
        default=[
            "",
            "?blocks=6",
            "?blocks=3,9",
            "?refine=2",
            "?blocks=6&refine=2",
            "?refine=4",
            "?shifts=2",
            "?position=removed",
        ],
        help="of the network, each used beside the filters",
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "pretrained_quality.json"
    )
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds em_isbi2012 and em_vnc by --data or PATCHPROBE_DATA")

    model = str(BackboneName(f"path:{options.model.resolve()}"))
    table = {}
    for task in (
        membranes(Path(options.data), options.seeds),
        mitochondria(Path(options.data), options.seeds),
    ):
        print(f"\n{task.name}, {len(task.strokes)} scribblings")
        methods = {"scikit-image": by_forest(task), "filters": by_probe(task, "filters")}
        for setting in options.settings:
            methods[f"network{setting}+filters"] = by_probe(task, f"{model}{setting}+filters")
        for name, rows in methods.items():
            means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
            print(
                f"  {name:34}" + "".join(f"{key} {value:.3f}   " for key, value in means.items()), flush=True
            )
        table[task.name] = methods
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
