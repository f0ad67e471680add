"""How long similarity to a point takes, prepared once and asked for with each move of the mouse.

Planes of noise with patches of 14 px and 384 channels, with the filters, and with both. Similarity is
painted as in the window, on at most 512 × 512 places. Run it:

    python benchmarks/similarity_speed.py
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from patchprobe import PatchGrid, embed
from patchprobe.embedding import Embedding
from patchprobe.similarity import prepare_similarity

PATCH, CHANNELS = 14, 384
PAINTED = 512


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median over some repeats."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def embeddings(size: int) -> dict[str, Embedding]:
    """Patches, filters and both, of one plane."""
    noise = np.random.default_rng(0)
    filters = embed(noise.random((size, size), np.float32))
    cells, centre = math.ceil(size / PATCH), (PATCH - 1) / 2
    features = noise.normal(size=(cells, cells, CHANNELS)).astype(np.float16)
    patches = PatchGrid(features, PATCH, (centre, centre), (size, size), "patches")
    grids = {"patches": (patches,), "filters": filters.grids, "patches+filters": (patches, *filters.grids)}
    return {
        name: Embedding(blocks, name, filters.version, filters.normalisation)
        for name, blocks in grids.items()
    }


def measure(size: int, name: str, embedding: Embedding, repeats: int) -> dict[str, float | int | str]:
    """Time of preparing a plane, and of one point after that."""
    step = max(1, math.ceil(size / PAINTED))
    prepared = prepare_similarity(embedding, step=step)
    point = (size / 3, size / 4)
    return {
        "size": size,
        "features": name,
        "held_mb": sum(grid.features.nbytes for grid in prepared.grids) / 1e6,
        "prepare_s": seconds(lambda: prepare_similarity(embedding, step=step), 3),
        "point_s": seconds(lambda: prepared.to_point(point), repeats),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "similarity_speed.json"
    )
    options = parser.parse_args()

    rows = []
    for size in options.sizes:
        for name, embedding in embeddings(size).items():
            row = measure(size, name, embedding, options.repeats)
            rows.append(row)
            print(
                f"{size:5} px  {name:16} prepared in {1000 * row['prepare_s']:6.0f} ms, "
                f"{row['held_mb']:5.1f} MB; a point takes {1000 * row['point_s']:5.1f} ms"
            )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
