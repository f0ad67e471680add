"""Pairs of real sections with injected warps, beside other tools; and pairs that share nothing.

Two kinds of truth, neither of which comes from the method that is measured:

* ``same``: a section against itself, warped and degraded. The truth is exact.
* ``neighbours``: a section against the next one, warped and degraded. How they lie is told by three dense
  flows of other libraries, see `pairs_truth.py`; pairs on which these do not agree are left out. Errors are
  means over what both sections show.

Further parts: ``elastic`` (a section against itself, bent by a known field), ``gaps`` (sections two and three
apart, with a network's features), ``verdicts`` (pairs that share nothing) and ``pictures``.

    python benchmarks/alignment.py --data DIR      # or PATCHPROBE_DATA=DIR
    python benchmarks/alignment.py --data DIR --parts gaps --network FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from pairs_data import (
    GRID,
    MARGIN,
    SIDE,
    SIMPLE_MODELS,
    Matrix,
    Plane,
    Points,
    Source,
    cut,
    degraded,
    displaced,
    few,
    injected,
    sources,
    stack_of,
)
from pairs_gaps import measure_gaps
from pairs_peers import Method, peers
from pairs_pictures import draw
from pairs_truth import AGREED_PX, distance, judged

from patchprobe import align_pair, load_stack, synthetic

FAILED_PX = 5.0
RESULTS = Path(__file__).parent / "results"


Moved = tuple[Plane, Plane]


def displaced_pair(source: Source, warp: Matrix, degrade: bool, rng: np.random.Generator) -> Moved:
    """Crop the fixed section itself and the other one as a warp would have them."""
    itself, other = (displaced(window, warp) for window in (source.fixed, source.moving))
    return (degraded(itself, rng), degraded(other, rng)) if degrade else (itself, other)


def measure(
    data: Path, model: str, degrade: bool, limit: int | None, cache: Path
) -> Iterator[dict[str, object]]:
    """Errors of all methods over all pairs of one cell."""
    methods = {"patchprobe": by_patchprobe, **peers()}
    same, known = Tally(), []
    tallies = {name: Tally() for name in methods}
    for number, source in enumerate(few(sources(data), limit)):
        rng = np.random.default_rng([number, SIMPLE_MODELS.index(model), degrade])
        warp = injected(model, rng)
        itself, other = displaced_pair(source, warp, degrade, rng)
        same.add(by_patchprobe, (cut(source.fixed), itself), model, warp, GRID)
        judges = judged(source, cache)
        truth, spread = judges.truth(model, warp)
        if spread > AGREED_PX:
            continue
        known.append(spread)
        for name, method in methods.items():
            tallies[name].add(method, (cut(source.fixed), other), model, truth, GRID[judges.visible(warp)])
    cell = {"model": model, "degraded": degrade, "truth_known_to_px": float(np.median(known))}
    yield {**cell, "method": "patchprobe", "truth": "same", **same.row()}
    for name, tally in tallies.items():
        yield {**cell, "method": name, "truth": "neighbours", **tally.row()}


def by_patchprobe(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    found = align_pair(fixed, moving, model)
    return None if found.status == "failed" else found.matrix


class Tally:
    """Errors and times of one method."""

    def __init__(self) -> None:
        self._errors: list[float] = []
        self._seconds: list[float] = []

    def add(self, method: Method, planes: Moved, model: str, truth: Matrix, points: Points) -> None:
        """Measure one pair; the error is a mean over the points of the fixed crop."""
        start = time.process_time()
        found = method(*planes, model)
        self._seconds.append(time.process_time() - start)
        self._errors.append(np.inf if found is None else distance(found, truth, points))

    def row(self) -> dict[str, float]:
        """Sum up."""
        return {
            "median_px": float(np.median(self._errors)),
            "largest_px": float(np.max(self._errors)),
            "failures": int(np.sum(np.array(self._errors) > FAILED_PX)),
            "pairs": len(self._errors),
            "seconds": float(np.median(self._seconds)),
        }


def known_field(rng: np.random.Generator, largest: float, wavelength: float) -> npt.NDArray[np.float64]:
    """Smooth displacements (2, SIDE, SIDE), at most `largest` pixels long."""
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / wavelength)
    field = np.zeros((2, SIDE, SIDE))
    for component in field:
        for angle, phase in rng.uniform(0, 2 * np.pi, (3, 2)):
            component += np.sin(np.cos(angle) * y + np.sin(angle) * x + phase)
    return field * largest / np.hypot(*field).max()


def measure_elastic(data: Path, wavelength: float, degrade: bool, limit: int | None) -> dict[str, object]:
    """Align a section with itself, bent by a known field of 8 px."""
    errors, kept, seconds = [], 0, []
    inner = slice(16, SIDE - 16, 8)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    points = np.stack([y[inner, inner].ravel(), x[inner, inner].ravel()], axis=1)
    for number, source in enumerate(few(sources(data), limit)):
        plane = source.fixed
        rng = np.random.default_rng(number)
        field = known_field(rng, 8, wavelength)
        bent = (field + MARGIN + (y, x)).astype(np.float32)
        fixed, moving = cv2.remap(plane, bent[1], bent[0], cv2.INTER_CUBIC), cut(plane)
        start = time.process_time()
        found = align_pair(fixed, degraded(moving, rng) if degrade else moving, "elastic")
        seconds.append(time.process_time() - start)
        truth = points + field[:, inner, inner].reshape(2, -1).T
        errors.append(float(np.median(np.hypot(*(found.transform.points(points) - truth).T))))
        kept += found.model == "elastic"
    return {
        "wavelength_px": wavelength,
        "degraded": degrade,
        "median_px": float(np.median(errors)),
        "largest_median_px": max(errors),
        "kept": kept,
        "pairs": len(errors),
        "seconds": float(np.median(seconds)),
    }


Case = tuple[str, npt.NDArray[np.generic], npt.NDArray[np.generic]]


def frames_of(data: Path, folder: str) -> npt.NDArray[np.generic]:
    """Read the frames of a film."""
    return np.asarray(load_stack(data / folder / "image.tif", axes="tyx", voxel_size=(1, 1, 1)).data)


def wrong_pairs(data: Path, limit: int | None) -> Iterator[Case]:
    """Yield pairs that share nothing, or not in any orientation that is looked at."""
    pairs = few(sources(data), limit)
    for number, source in enumerate(pairs):
        fixed, moving = cut(source.fixed), cut(source.moving)
        yield "turned by 90°", fixed, np.rot90(moving)
        yield "turned by 180°", fixed, moving[::-1, ::-1]
        yield "mirrored", fixed, moving[:, ::-1]
        yield "another stack or region", fixed, cut(pairs[(number + len(pairs) // 2) % len(pairs)].fixed)
    for one, other in pairwise(stack_of(data, "em_vnc")):
        yield "another region", one[:SIDE, :SIDE], other[-SIDE:, -SIDE:]
    cells, frames = frames_of(data, "tracking_hela"), frames_of(data, "calcium_two_photon")
    for number in range(9):
        yield "nuclei, turned", cells[number][:, :700], np.rot90(cells[number + 1][:, :700])
        yield "nuclei, another region", cells[number][:SIDE, :SIDE], cells[number + 1][-SIDE:, -SIDE:]
        yield "calcium, another half", frames[number][:, :128], frames[number + 1][:, 128:]
        one, other = (synthetic.serial_sections(1, SIDE, seed).images[0] for seed in (number, number + 100))
        yield "synthetic, another block", one, other


def right_pairs(data: Path, limit: int | None) -> Iterator[Case]:
    """Yield neighbours, in space or time."""
    for source in few(sources(data), limit):
        yield "EM neighbours", cut(source.fixed), cut(source.moving)
    for folder, name in (("tracking_hela", "nuclei in time"), ("calcium_two_photon", "calcium frames")):
        for one, other in pairwise(frames_of(data, folder)[:10]):
            yield name, one, other
    for seed in range(9):
        images = synthetic.serial_sections(2, SIDE, seed, fold=None, missing=None).images
        yield "synthetic neighbours", images[0], images[1]


def verdicts(data: Path, model: str, limit: int | None) -> dict[str, dict[str, int]]:
    """Count how pairs that belong together, and pairs that do not, are judged."""
    counts: dict[str, dict[str, int]] = {}
    for pairs in (right_pairs(data, limit), wrong_pairs(data, limit)):
        for name, fixed, moving in pairs:
            row = counts.setdefault(f"{name} ({model})", {"ok": 0, "doubtful": 0, "failed": 0})
            row[align_pair(fixed, moving, model).status] += 1
    return counts


def pairs_part(options: argparse.Namespace) -> list[dict[str, object]]:
    rows = []
    for model in options.models:
        for degrade in (False, True):
            print(f"\n{model}, {'degraded' if degrade else 'clean'}", flush=True)
            for row in measure(options.data, model, degrade, options.limit, RESULTS / "fields"):
                rows.append(row)
                known = f"  (truth known to {row['truth_known_to_px']:.2f} px)"
                print(
                    f"  {row['method']:14} {row['truth']:10} median {row['median_px']:7.2f} px  largest "
                    f"{row['largest_px']:7.1f}  over {FAILED_PX:.0f} px: {row['failures']:2} of "
                    f"{row['pairs']}  {row['seconds']:.2f} s"
                    f"{known if row['method'] == 'patchprobe' and row['truth'] == 'neighbours' else ''}",
                    flush=True,
                )
    return rows


def elastic_part(options: argparse.Namespace) -> list[dict[str, object]]:
    rows = []
    for wavelength in (SIDE, SIDE / 2):
        for degrade in (False, True):
            rows.append(measure_elastic(options.data, wavelength, degrade, options.limit))
            print(f"elastic {rows[-1]}", flush=True)
    return rows


def gaps_part(options: argparse.Namespace) -> list[dict[str, object]]:
    if options.network is None:
        print("The part gaps is left out: it needs the folder of a network, --network.")
        return []
    rows = []
    for degrade in (False, True):
        for row in measure_gaps(options.data, options.network, degrade, options.limit, RESULTS / "fields"):
            rows.append(row)
            print(f"  {row}", flush=True)
    return rows


def verdicts_part(options: argparse.Namespace) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for model in ("rigid", "affine"):
        found |= verdicts(options.data, model, options.limit)
    for name, row in found.items():
        print(f"  {name:36} {row}", flush=True)
    return found


def pictures_part(options: argparse.Namespace) -> list[str]:
    paths = draw(options.data, RESULTS / "pictures")
    print(*paths, sep="\n")
    return [path.name for path in paths]


PARTS = {
    "pairs": pairs_part,
    "elastic": elastic_part,
    "gaps": gaps_part,
    "verdicts": verdicts_part,
    "pictures": pictures_part,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--network", type=Path, help="folder of a transformer, for the part gaps")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--models", nargs="+", default=list(SIMPLE_MODELS), choices=SIMPLE_MODELS)
    parser.add_argument("--limit", type=int, help="most pairs a cell; all if not given")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder of the data by --data or PATCHPROBE_DATA")
    options.data = Path(options.data)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for part in options.parts:
        found = PARTS[part](options)
        path = RESULTS / f"alignment_{part}.json"
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"Written to {path}")


if __name__ == "__main__":
    main()
