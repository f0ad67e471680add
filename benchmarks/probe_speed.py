"""Fit and predict with features at hand, beside scikit-image's random forest in the same run.

One plane of 512 × 512 px, a tenth of a percent to a few percent of it painted in whole strokes. Our time
includes the choice of the penalty, the held-out score and the prediction of every pixel. Both sides take
turns, so that a busy machine slows both. Run it:

    python benchmarks/probe_speed.py
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import forest
import numpy as np

from patchprobe import LinearProbe, embed
from patchprobe.demo.strokes import draw_strokes
from patchprobe.synthetic import generate

STROKES_PER_CLASS = (3, 10, 30)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(size: int, per_class: int, repeats: int) -> dict[str, float]:
    """Median seconds of both, in turns, on a synthetic EM plane."""
    images, masks = generate("em", 1, size, 0)
    plane = np.asarray(images[0], dtype=np.float32).mean(axis=2)
    strokes = draw_strokes(np.asarray(masks[0]) + 1, per_class)
    embedding, filtered = embed(plane), forest.features(plane)
    probe = LinearProbe()
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(seconds(lambda: probe.fit(embedding, strokes).predict(embedding)))
        theirs.append(seconds(lambda: forest.fit_and_predict(filtered, strokes, [filtered])))
    return {
        "strokes_per_class": per_class,
        "painted_px": int((strokes > 0).sum()),
        "patchprobe_s": float(np.median(ours)),
        "scikit_image_s": float(np.median(theirs)),
        "times_faster": float(np.median(np.divide(theirs, ours))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512, help="side of the plane in pixels")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "probe_speed.json")
    options = parser.parse_args()

    rows = [measure(options.size, per_class, options.repeats) for per_class in STROKES_PER_CLASS]
    for row in rows:
        print(
            f"{row['strokes_per_class']:3} strokes a class, {row['painted_px']:6} px: "
            f"patchprobe {1000 * row['patchprobe_s']:6.1f} ms   "
            f"scikit-image {1000 * row['scikit_image_s']:6.1f} ms   {row['times_faster']:.1f} × faster"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
