"""Throughput of embedding with a pretrained network, beside its bare forward passes and a plain loop.

The plane is a square of several tiles. *Embed* is all that a user waits for: intensities, cutting, the
network, blending. *Bare* runs the same network on the same tile images and does nothing else. *Plain* is
what one would write first with transformers: single precision, the whole model, one tile of 518² at a time,
no overlap. All take turns, and ratios are those of one turn. *Per megapixel* is of the plane: our overlap
counts against us, what the last tiles of the plain loop reach beyond the plane does not count against it.

Stacks of 4 planes are embedded twice, into an empty store and out of it, with the network loaded before. Peak
memory of one large plane is measured in a process of its own. Run it:

    python benchmarks/pretrained_speed.py --model FOLDER --large 10000

FOLDER is a model as Hugging Face transformers saves it. Needs the extra transformers; the rows of OpenVINO
come if that is installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel

from patchprobe import get_backbone
from patchprobe.backbones.name import BackboneName
from patchprobe.backbones.pretrained import PretrainedBackbone
from patchprobe.compute import Compute
from patchprobe.embedding import embed_stack
from patchprobe.io import Stack
from patchprobe.store import EmbeddingStore

TILE = 518
PLANES = 4


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def candidates(name: str) -> dict[str, PretrainedBackbone]:
    wishes = {
        "torch, single": Compute("torch", "cpu", "single"),
        "torch, auto": Compute("torch", "cpu"),
    }
    if find_spec("openvino"):
        wishes["openvino, auto"] = Compute("openvino", "cpu")
    found = {}
    for label, compute in wishes.items():
        backbone = get_backbone(name, compute)
        assert isinstance(backbone, PretrainedBackbone)
        found[label] = backbone
    return found


def tile_images(backbone: PretrainedBackbone, plane: np.ndarray) -> list[np.ndarray]:
    """Cut the images (1, 3, H, W) that embedding a plane cuts."""
    layout = backbone.layout(plane.shape)
    assert layout.count == backbone.count_steps([plane.shape])
    starts = [(tile.top * backbone.stride, tile.left * backbone.stride) for tile in layout.tiles()]
    return [backbone.cut(plane, *start, layout.tile_shape)[None] for start in starts]


def plain_loop(model: torch.nn.Module, tiles: list[torch.Tensor]) -> None:
    with torch.inference_mode():
        for tile in tiles:
            model(tile)


def measure(
    backbones: dict[str, PretrainedBackbone], folder: Path, size: int, repeats: int
) -> dict[str, dict[str, float | str]]:
    plane = np.random.default_rng(0).integers(0, 255, (size, size), np.uint8)
    images = {
        label: tile_images(backbone, plane.astype(np.float32) / 255) for label, backbone in backbones.items()
    }
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    theirs = [torch.rand(1, 3, TILE, TILE) for _ in range((-(-size // TILE)) ** 2)]
    for backbone in backbones.values():
        backbone.embed(plane)
    plain_loop(model, theirs)

    runs: dict[str, list[list[float]]] = {label: [] for label in backbones}
    plain: list[float] = []
    for _ in range(repeats):
        for label, backbone in backbones.items():
            whole = seconds(lambda backbone=backbone: backbone.embed(plane))
            bare = seconds(lambda label=label: [backbones[label].network(tile) for tile in images[label]])
            runs[label].append([whole, bare])
        plain.append(seconds(lambda: plain_loop(model, theirs)))

    plane_mpx, plain_mpx = size * size / 1e6, len(theirs) * TILE * TILE / 1e6
    rows: dict[str, dict[str, float | str]] = {
        "plain loop": {
            "s_per_mpx": float(np.median(plain)) / plain_mpx,
            "tile": TILE,
            "s_per_tile": float(np.median(plain)) / len(theirs),
        }
    }
    for label, turns in runs.items():
        whole, bare = np.array(turns).T
        count = len(images[label])
        rows[label] = {
            "engine": backbones[label].network.label,
            "s_per_mpx": float(np.median(whole)) / plane_mpx,
            "tile": images[label][0].shape[2],
            "s_per_tile": float(np.median(whole)) / count,
            "of_bare": float(np.median(bare / whole)),
            "x_plain_per_mpx": float(np.median(np.array(plain) / plain_mpx / (whole / plane_mpx))),
            "x_plain_per_tile": float(np.median(np.array(plain) / len(theirs) / (whole / count))),
        }
    return rows


def measure_store(backbone: PretrainedBackbone, size: int, repeats: int) -> dict[str, float | str]:
    """Median seconds of a stack into an empty store, and again out of it."""
    pixels = np.random.default_rng(0).integers(0, 255, (PLANES, size, size), np.uint8)
    stack = Stack(pixels, "zyx")
    backbone.embed(pixels[0])
    first, again = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as place:
            store = EmbeddingStore(place)
            first.append(seconds(lambda store=store: list(embed_stack(stack, backbone, store=store))))
            again.append(
                float(
                    np.median(
                        [
                            seconds(lambda store=store: list(embed_stack(stack, backbone, store=store)))
                            for _ in range(5)
                        ]
                    )
                )
            )
    return {
        "first_s": float(np.median(first)),
        "again_s": float(np.median(again)),
        "times_faster": float(np.median(np.divide(first, again))),
    }


def measure_large(name: str, size: int) -> dict[str, float | str]:
    """Seconds and peak memory of embedding one plane, in a process of its own."""
    code = (
        "import numpy as np, resource, time; from patchprobe import embed; "
        f"plane = np.random.default_rng(0).integers(0, 255, ({size}, {size}), np.uint8); "
        f"start = time.perf_counter(); embed(plane, {name!r}); "
        "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, peak = out.stdout.split()[-2:]
    return {"s": float(took), "peak_gb": int(peak) * (1 if sys.platform == "darwin" else 1024) / 1e9}


def show(rows: dict[str, dict[str, float | str]]) -> None:
    for label, row in rows.items():
        cells = [f"{key} {value if isinstance(value, str) else f'{value:.3f}'}" for key, value in row.items()]
        print(f"{label:26} " + "   ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of a pretrained network")
    parser.add_argument("--size", type=int, default=1024, help="side of the plane in pixels")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--large", type=int, default=0, help="side of a plane whose peak memory is measured")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "pretrained_speed.json"
    )
    options = parser.parse_args()

    name = str(BackboneName(f"path:{options.model.resolve()}"))
    table: dict[str, dict[str, float | str]] = {}
    if options.large:
        # First: Linux counts the peak of the process that starts another as that of the other.
        table[f"one plane of {options.large}²"] = measure_large(name, options.large)
        show(table)
    backbones = candidates(name)
    rows = measure(backbones, options.model, options.size, options.repeats)
    show(rows)
    fastest = list(backbones.values())[-1]
    kept = {
        f"store, {PLANES} planes of {size}²": measure_store(fastest, size, options.repeats)
        for size in (512, 1024)
    }
    show(kept)
    table |= rows | kept
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
