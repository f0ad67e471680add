"""Noisy movies: frames by themselves, windows in time, and the whole movie as one plane.

Two tasks. A synthetic calcium movie with truth: strokes on two frames (or on the summary), Dice of the
neurons and flicker, the share of pixels whose class changes from a frame to the next, where in truth none
does. And HeLa nuclei in time (with --data): strokes on the first frame, the other frames judged, with as
much noise added as --noise says. Run it:

    python benchmarks/movies.py                    # calcium only
    python benchmarks/movies.py --data DIR         # or PATCHPROBE_DATA=DIR; DIR/tracking_hela
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from patchprobe import LinearProbe, TimeWindow, embed, embed_stack, load_stack, predict_stack, summarise_movie
from patchprobe.demo.strokes import draw_strokes
from patchprobe.io import Stack
from patchprobe.preparation import SUMMARIES
from patchprobe.synthetic import calcium_movie

Labels = npt.NDArray[np.uint8]

WINDOWS = (1, 3, 5, 9)
FOREGROUND = 2
# Of the HeLa movie.
CROP = (slice(0, 512), slice(0, 512))


def dice(found: Labels, truth: Labels) -> float:
    both = np.sum((found == FOREGROUND) & (truth == FOREGROUND))
    return float(2 * both / (np.sum(found == FOREGROUND) + np.sum(truth == FOREGROUND)))


def flicker(labels: Labels) -> float:
    return float(np.mean(labels[1:] != labels[:-1]))


def windows(movie: Stack, probe: LinearProbe, judged: slice) -> Iterator[tuple[str, Labels]]:
    """Yield the labels of the frames that are judged, by windows of several lengths."""
    for frames in WINDOWS:
        predicted = predict_stack(movie, probe, fusion=TimeWindow(frames))
        name = "frame by frame" if frames == 1 else f"window of {frames}"
        yield name, np.stack([predicted.plane(t) for t in range(movie.n_planes)[judged]])


def calcium(seed: int, frames: int, noise: float) -> list[dict[str, Any]]:
    movie = calcium_movie(frames, 128, seed, noise)
    truth = np.asarray(movie.labels)
    strokes = draw_strokes(truth[0], per_class=6, seed=seed)
    painted = [frames // 10, frames // 2]
    embeddings = [embedding for _, embedding in embed_stack(movie, "filters", painted)]
    probe = LinearProbe().fit(embeddings, [strokes, strokes])
    rows = [
        {"method": name, "dice": dice(labels, truth), "flicker": flicker(labels)}
        for name, labels in windows(movie, probe, slice(None))
    ]
    for names in (*([name] for name in SUMMARIES), list(SUMMARIES)):
        embedding = embed(summarise_movie(movie, names).plane())
        labels = LinearProbe().fit(embedding, strokes).predict(embedding)
        title = "all four" if len(names) > 1 else names[0]
        rows.append({"method": f"summary: {title}", "dice": dice(labels, truth[0]), "flicker": 0.0})
    return rows


def hela(folder: Path, seed: int, noise: float) -> list[dict[str, Any]]:
    movie, masks = (load_stack(folder / name, axes="tyx") for name in ("image.tif", "mask.tif"))
    movie = replace(movie, data=np.asarray(movie.data)[:, *CROP])
    truth = (np.asarray(masks.data)[:, *CROP] > 0).astype(np.uint8) + 1
    normalisation = movie.normalisation()
    spread = noise * (normalisation.high - normalisation.low)
    pixels = np.asarray(movie.data, dtype=np.float32)
    pixels = pixels + spread * np.random.default_rng(seed).standard_normal(pixels.shape, dtype=np.float32)
    noisy = replace(movie, data=pixels)
    [(_, first)] = embed_stack(noisy, "filters", [0])
    probe = LinearProbe().fit(first, draw_strokes(truth[0], per_class=8, seed=seed))
    true_change = flicker(truth[1:])
    return [
        {
            "method": name,
            "dice": dice(labels, truth[1:]),
            "flicker": flicker(labels),
            "true_change": true_change,
        }
        for name, labels in windows(noisy, probe, slice(1, None))
    ]


def show(title: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{title}")
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == method]
        scores = [row["dice"] for row in mine]
        changes = np.mean([row["flicker"] for row in mine])
        print(f"  {method:22} Dice {np.mean(scores):.3f} ± {np.std(scores):.3f}   flicker {changes:.4f}")
    if "true_change" in rows[0]:
        print(f"  {'truth':22} {'':18}   changes {rows[0]['true_change']:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--noise", type=float, default=0.12, help="of the calcium movie; see calcium_movie")
    parser.add_argument(
        "--hela-noise", type=float, nargs="+", default=[0.0, 0.3], help="in parts of its range of intensities"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "movies.json")
    options = parser.parse_args()

    tasks = {
        f"calcium, {options.seeds} movies": [
            row for seed in range(options.seeds) for row in calcium(seed, options.frames, options.noise)
        ]
    }
    if options.data is not None:
        for noise in options.hela_noise:
            tasks[f"HeLa nuclei, noise of {noise:.0%} of the range added"] = [
                row
                for seed in range(options.seeds)
                for row in hela(Path(options.data) / "tracking_hela", seed, noise)
            ]
    for title, rows in tasks.items():
        show(title, rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(tasks, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
