"""Throughput of embedding with a pretrained network, beside its bare forward passes and a plain loop.

The plane is a square of several tiles. *Bare* runs the same network on as many tiles and does nothing else;
*plain* is what one would write first with transformers: single precision, the whole model, one tile at a
time, no overlap. All three take turns. Peak memory of one large plane is measured in a process of its own.
Run it:

    python benchmarks/pretrained_speed.py --model FOLDER

FOLDER is a model as Hugging Face transformers saves it. Needs the extra transformers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel

from patchprobe import embed, get_backbone
from patchprobe.backbones.name import BackboneName
from patchprobe.backbones.pretrained import PretrainedBackbone
from patchprobe.store import EmbeddingStore


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain_loop(model: torch.nn.Module, tiles: list[np.ndarray]) -> None:
    with torch.inference_mode():
        for tile in tiles:
            model(torch.from_numpy(tile))


def measure(name: str, folder: Path, size: int, repeats: int) -> dict[str, float]:
    backbone = get_backbone(name)
    assert isinstance(backbone, PretrainedBackbone)
    plane = np.random.default_rng(0).random((size, size), dtype=np.float32)
    side = 518 // backbone.stride * backbone.stride
    rng = np.random.default_rng(1)
    # As many tiles as embedding cuts, overlap included; the plain loop has none and so needs fewer.
    ours = [
        rng.random((1, 3, side, side), dtype=np.float32) for _ in range(backbone.count_tiles(plane.shape))
    ]
    theirs = ours[: (-(-size // side)) ** 2]
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    runs: dict[str, list[float]] = {"embed": [], "bare": [], "plain": []}
    backbone.embed(plane)
    for _ in range(repeats):
        runs["embed"].append(seconds(lambda: backbone.embed(plane)))
        runs["bare"].append(seconds(lambda: [backbone.network(tile) for tile in ours]))
        runs["plain"].append(seconds(lambda: plain_loop(model, theirs)))
    medians = {key: float(np.median(values)) for key, values in runs.items()}
    with tempfile.TemporaryDirectory() as place:
        store = EmbeddingStore(place)
        first = seconds(lambda: embed(plane, backbone, store=store))
        again = float(np.median([seconds(lambda: embed(plane, backbone, store=store)) for _ in range(5)]))
    return {
        **{f"{key}_s": value for key, value in medians.items()},
        "tiles": len(ours),
        "of_bare_throughput": float(np.median(np.divide(runs["bare"], runs["embed"]))),
        "times_plain_tile_rate": float(
            np.median(np.divide(runs["plain"], runs["embed"])) * len(ours) / len(theirs)
        ),
        "times_faster_than_plain": float(np.median(np.divide(runs["plain"], runs["embed"]))),
        "times_faster_from_store": first / again,
    }


def peak_gigabytes(name: str, size: int) -> float:
    """Peak memory of embedding one plane, in a process of its own."""
    code = (
        "import numpy as np, resource; from patchprobe import embed; "
        f"embed(np.random.default_rng(0).integers(0, 255, ({size}, {size}), np.uint8), {name!r}); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(out.stdout.split()[-1]) * (1 if sys.platform == "darwin" else 1024) / 1e9


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
    result = measure(name, options.model, options.size, options.repeats)
    if options.large:
        result["peak_gb"] = peak_gigabytes(name, options.large)
    for key, value in result.items():
        print(f"{key:26} {value:8.3f}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
