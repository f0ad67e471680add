"""Time and memory of the built-in filter bank, beside scikit-image's in the same run.

Both sides take turns on the same plane. Ours makes float16 features, scikit-image's float32; the figure that
counts is the time for one channel. Run it:

    python benchmarks/filter_speed.py
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from skimage.feature import multiscale_basic_features

from patchprobe import embed
from patchprobe.synthetic import generate


def seconds_per_channel(size: int, repeats: int) -> dict[str, float]:
    """Median seconds for a channel of both, in turns, on a synthetic EM plane."""
    plane = generate("em", 1, size, 0)[0][0].mean(axis=2).astype(np.float32)
    ours, theirs = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        channels = embed(plane).channels[0]
        ours.append((time.perf_counter() - start) / channels)
        start = time.perf_counter()
        peer_channels = multiscale_basic_features(plane).shape[2]
        theirs.append((time.perf_counter() - start) / peer_channels)
    return {
        "size": size,
        "channels": channels,
        "scikit_image_channels": peer_channels,
        "patchprobe_s_per_channel": float(np.median(ours)),
        "scikit_image_s_per_channel": float(np.median(theirs)),
        "ratio": float(np.median(np.divide(ours, theirs))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "filter_speed.json")
    options = parser.parse_args()

    rows = [seconds_per_channel(size, options.repeats) for size in options.sizes]
    for row in rows:
        print(
            f"{row['size']:5}²: patchprobe {row['channels']} channels, "
            f"{1000 * row['patchprobe_s_per_channel']:6.2f} ms each; scikit-image "
            f"{row['scikit_image_channels']} channels, {1000 * row['scikit_image_s_per_channel']:6.2f} ms "
            f"each; ratio {row['ratio']:.2f}"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
