"""Decision weights suggested without truth: F1 of the rare class as it is, as suggested, and at best.

Strokes on one plane, F1 over other planes: membranes (ISBI 2012, and of a larva's nerve cord), mitochondria
of the latter, fluorescent nuclei (strokes on the left half, F1 on the right one). Each with several penalties
and scribblings, on filters and, with --model, on a network beside filters and alone. "argmax" takes the more
probable class, "prior" corrects by the estimated prior alone, "suggested" is `suggest_weights`, "possible"
the best weight there is, chosen with the truth. Run it:

    python benchmarks/decision_weights.py --data DIR [--model FOLDER]      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from patchprobe import LinearProbe, load_stack
from patchprobe.backbones.name import BackboneName
from patchprobe.embedding import embed_stack
from patchprobe.evaluation.real_data import membranes, mitochondria
from patchprobe.evaluation.task import Task
from patchprobe.io import Stack
from patchprobe.probe import Decision, suggest_weights
from patchprobe.store import default_store

RARE = 2
PENALTIES: tuple[float | str, ...] = ("auto", 0.25, 4.0, 64.0)
CROP = slice(128, 896)
WEIGHTS = np.exp(np.arange(-5, 2.01, 0.1))
COLUMNS = ("argmax", "prior", "suggested", "possible")


def cord_membranes(data: Path, quick: bool) -> Task:
    stack = load_stack(data / "em_vnc" / "image.tif", axes="zyx")
    label = load_stack(data / "em_vnc" / "membranes.tif", axes="zyx")
    planes = (0, 5, 9)
    masks = [np.where(label.plane(i)[CROP, CROP] > 127, RARE, 1).astype(np.uint8) for i in planes]
    pixels = Stack(np.stack([stack.plane(i)[CROP, CROP] for i in planes]), "zyx")
    judged = dict(enumerate(masks[1:], start=1))
    return Task(
        "vnc_membranes", "VNC membranes", pixels, {0: masks[0]}, judged, {1: "other", RARE: "membrane"}
    )


def nuclei(data: Path, quick: bool) -> Task:
    image = load_stack(data / "nuclei_fluorescence" / "image.tif", axes="yx").plane()
    mask = load_stack(data / "nuclei_fluorescence" / "mask.tif", axes="yx").plane()
    classes = np.where(mask > 0, 2, 1).astype(np.uint8)
    middle = image.shape[1] // 2
    left, right = (slice(None), slice(0, middle)), (slice(None), slice(middle, 2 * middle))
    halves = Stack(np.stack([image[left], image[right]]), "zyx")
    names = {1: "background", RARE: "nuclei"}
    return Task("nuclei", "nuclei", halves, {0: classes[left]}, {1: classes[right]}, names)


def rows_of(task: Task, backbone: str, seeds: int) -> Iterator[dict[str, float | str]]:
    """One row for each penalty and scribbling."""
    embedded = [embedding for _, embedding in embed_stack(task.stack, backbone, store=default_store())]
    is_rare = np.stack(list(task.judged.values())) == RARE
    for penalty in PENALTIES:
        for strokes in task.scribbles(seeds, 0):
            probe = LinearProbe(C=penalty).fit(embedded[0], strokes[0])
            logits = [probe.predict_logits(embedding) for embedding in embedded[1:]]
            suggestion = suggest_weights(logits, (1, RARE), probe.training_prior_)

            def f1(weight: float, logits: list[np.ndarray] = logits) -> float:
                decision = Decision((1, RARE), {RARE: weight})
                found = np.stack([decision.labels(plane) for plane in logits]) == RARE
                return 2 * float((found & is_rare).sum()) / float(found.sum() + is_rare.sum())

            weights = {
                "argmax": 1.0,
                "prior": suggestion.prior[RARE] / suggestion.prior[1],
                "suggested": suggestion.weights[RARE] / suggestion.weights[1],
            }
            found = {name: f1(weight) for name, weight in weights.items()}
            possible = max(*found.values(), *(f1(float(weight)) for weight in WEIGHTS))
            yield {"C": str(penalty), "share": float(is_rare.mean()), **found} | {
                "possible": possible,
                "weight": weights["suggested"],
                "estimated share": suggestion.prior[RARE],
            }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--model", type=Path, help="folder of a pretrained network")
    parser.add_argument("--seeds", type=int, default=5, help="how many scribblings")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "decision_weights.json"
    )
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds em_isbi2012, em_vnc and nuclei_fluorescence by --data")

    backbones = {"filters": "filters"}
    if options.model is not None:
        network = f"{BackboneName(f'path:{options.model.resolve()}')}?position=removed"
        backbones |= {"network+filters": f"{network}+filters", "network": network}
    table = []
    print(f"{'':34}{'features':17}{'C':>6}" + "".join(f"{name:>11}" for name in ("share", *COLUMNS)))
    for make in (membranes, cord_membranes, mitochondria, nuclei):
        task = make(Path(options.data), quick=False)
        for name, backbone in backbones.items():
            rows = list(rows_of(task, backbone, options.seeds))
            for penalty in map(str, PENALTIES):
                chosen = [row for row in rows if row["C"] == penalty]
                means = [float(np.mean([row[key] for row in chosen])) for key in ("share", *COLUMNS)]
                print(
                    f"{task.title:34}{name:17}{penalty:>6}" + "".join(f"{mean:11.3f}" for mean in means),
                    flush=True,
                )
            table += [{"data": task.name, "features": name, **row} for row in rows]
    for name in backbones:
        gains = np.array([row["suggested"] - row["argmax"] for row in table if row["features"] == name])
        print(
            f"{name}: suggested − argmax {gains.mean():+.3f} on average, {gains.min():+.3f} at worst, "
            f"not lower in {np.mean(gains >= 0):.0%} of {len(gains)}"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
