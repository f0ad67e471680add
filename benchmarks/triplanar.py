"""Grey matter, white matter and the rest of a T1 template: planes of one orientation against three.

Four strokes of each class are drawn on three axial slices; all other slices between the lowest and the
highest that hold brain are predicted and compared with the truth, the most probable tissue of the template.
Run it:

    python benchmarks/triplanar.py --data DIR      # or PATCHPROBE_DATA=DIR

DIR/mri_mni152 holds the T1 template and its grey and white matter. `--backbones` takes several, such as
filters path:DIR/dinov2-small. `--step 2` takes every other voxel along each axis, for a first look.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from patchprobe import LinearProbe, get_backbone, load_stack
from patchprobe.demo.strokes import draw_strokes
from patchprobe.fusion import VIEWS, Triplanar, read_triplanar_rows
from patchprobe.io import Stack
from patchprobe.steps import finish

CLASSES = {1: "other", 2: "grey", 3: "white"}
# Axial slices of the template between which there is brain.
BRAIN = slice(20, 160)
PER_CLASS = 4


@dataclass(frozen=True)
class Task:
    """The volume with its truth (Z, Y, X), and which slices are painted."""

    stack: Stack
    truth: npt.NDArray[np.uint8]
    painted: tuple[int, ...]

    def dice(self, labels: npt.NDArray[np.uint8]) -> dict[str, float]:
        """Dice of each class over the slices that were not painted, and their mean."""
        rest = np.setdiff1d(np.arange(len(self.truth)), self.painted)
        found, true = labels[rest], self.truth[rest]
        each = {
            name: float(2 * np.sum((found == c) & (true == c)) / (np.sum(found == c) + np.sum(true == c)))
            for c, name in CLASSES.items()
        }
        return each | {"mean": float(np.mean(list(each.values())))}


def read(folder: Path, step: int) -> Task:
    volumes = [
        np.asarray(load_stack(next(folder.glob(f"*_{name}_*.nii.gz"))).data)[BRAIN][::step, ::step, ::step]
        for name in ("t1", "gm", "wm")
    ]
    image, grey, white = (np.ascontiguousarray(volume) for volume in volumes)
    shares = np.stack([255 - grey.astype(int) - white, grey, white])
    truth = shares.argmax(axis=0).astype(np.uint8) + 1
    stack = Stack(image, "zyx", (float(step),) * 3, ("mm",) * 3, "T1 template")
    return Task(stack, truth, tuple(len(truth) * quarter // 4 for quarter in (1, 2, 3)))


def labels_of(task: Task, probe: LinearProbe, backbone: Any, views: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    planes = range(task.stack.n_planes)
    read_logits = finish(Triplanar(views).steps(task.stack, probe, planes, backbone))
    return np.stack([probe.labels_from_logits(read_logits(plane)) for plane in planes])


def run(task: Task, name: str, seed: int) -> list[dict[str, Any]]:
    backbone = get_backbone(name)
    strokes = [
        (plane, draw_strokes(task.truth[plane], PER_CLASS, seed=10 * seed + i))
        for i, plane in enumerate(task.painted)
    ]
    own, every = (
        LinearProbe().fit_rows([read_triplanar_rows(task.stack, strokes, backbone, views)])
        for views in (("xy",), VIEWS)
    )
    rows = []
    for title, probe, views in (
        ("one plane", own, ("xy",)),
        ("three planes", own, VIEWS),
        ("three, also to learn", every, VIEWS),
    ):
        began = time.process_time()
        dice = task.dice(labels_of(task, probe, backbone, views))
        held_out = None if probe.held_out_ is None else probe.held_out_.accuracy
        seconds = time.process_time() - began
        rows.append({"seed": seed, "method": title, **dice, "held_out": held_out, "cpu_seconds": seconds})
    return rows


def show(name: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{name}: Dice on unpainted slices, mean ± standard deviation of {len(rows) // 3} scribblings")
    print(f"{'':22}{'other':>15}{'grey':>15}{'white':>15}{'mean':>15}{'CPU s':>8}")
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == method]
        cells = ""
        for key in (*CLASSES.values(), "mean"):
            values = [row[key] for row in mine]
            cells += f"{np.mean(values):9.3f} ± {np.std(values):.3f}"
        print(f"{method:22}{cells}{np.mean([row['cpu_seconds'] for row in mine]):8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--backbones", nargs="+", default=["filters"])
    parser.add_argument("--seeds", type=int, default=3, help="how many scribblings")
    parser.add_argument("--step", type=int, default=1, help="take every so many voxels")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "triplanar.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds mri_mni152 by --data or PATCHPROBE_DATA")

    task = read(Path(options.data) / "mri_mni152", options.step)
    results = {}
    for name in options.backbones:
        rows = [row for seed in range(options.seeds) for row in run(task, name, seed)]
        results[Path(name).name] = rows
        show(Path(name).name, rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
