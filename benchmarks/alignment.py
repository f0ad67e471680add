"""Pairs of real sections with injected warps, beside OpenCV in the same run; and pairs that share nothing.

Three kinds of truth, none of which comes from the method that is measured:

* ``same``: a section against itself, warped and degraded. The truth is exact.
* ``neighbours``: a section against the next one, warped and degraded. How neighbours lie is not known; the
  truth is the injected warp after the mean, at each point of a grid, of three other methods on the pair as
  it is: OpenCV's ECC from phase correlation, dense optical flow with RANSAC, and phase correlation of blocks
  with RANSAC; those over 15 px from their median are left out. How far the others lie from the mean is
  printed with it: errors below that say nothing.
* ``repeat``: the same runs, with the method's own answer on the pair as it is in the place of the three.

    python benchmarks/alignment.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from skimage.measure import ransac
from skimage.registration import phase_cross_correlation
from skimage.transform import AffineTransform, EuclideanTransform

from patchprobe import align_pair, load_stack, synthetic

Plane = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Method = Callable[[Plane, Plane, str], Matrix | None]

SIDE, MARGIN, FAILED_PX, LOST_PX = 384, 64, 5.0, 15.0
MODELS = ("translation", "rigid", "affine")
MOTIONS = {"translation": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN, "affine": cv2.MOTION_AFFINE}
GRID = np.array([(y, x, 1.0) for y in np.linspace(0, SIDE - 1, 5) for x in np.linspace(0, SIDE - 1, 5)]).T


def swapped(matrix: Matrix) -> Matrix:
    """From (y, x) to (x, y) and back."""
    order = [1, 0, 2]
    return matrix[np.ix_(order, order)]


def pulled(plane: Plane, matrix: Matrix, shape: tuple[int, int]) -> Plane:
    """``out[p] = plane[matrix @ p]``, 0 outside."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, swapped(matrix)[:2], shape[::-1], flags=flags)


def shifted(by: float) -> Matrix:
    matrix = np.eye(3)
    matrix[:2, 2] = by
    return matrix


def by_patchprobe(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    found = align_pair(fixed, moving, model)
    return None if found.status == "failed" else found.matrix


def by_ecc(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    window = cv2.createHanningWindow(fixed.shape[::-1], cv2.CV_32F)
    shift = cv2.phaseCorrelate(fixed.astype(np.float32), moving.astype(np.float32), window)[0]
    start = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-5)
    seen = (moving > 0).astype(np.uint8)
    try:
        _, warp = cv2.findTransformECC(fixed, moving, start, MOTIONS[model], criteria, seen, 5)
    except cv2.error:
        return None
    return swapped(np.vstack([warp, [0, 0, 1]]).astype(np.float64))


def by_sift(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    sift = cv2.SIFT_create()
    (here, a), (there, b) = (sift.detectAndCompute(plane, None) for plane in (fixed, moving))
    pairs = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(a, b)
    return fitted(
        np.array([here[m.queryIdx].pt[::-1] for m in pairs]),
        np.array([there[m.trainIdx].pt[::-1] for m in pairs]),
        model,
    )


def by_flow(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(fixed, moving, None)
    points = np.stack(np.meshgrid(*[np.arange(24, SIDE - 24, 8)] * 2, indexing="ij"), -1).reshape(-1, 2)
    return fitted(points, points + flow[points[:, 0], points[:, 1], ::-1], model)


def by_blocks(fixed: Plane, moving: Plane, model: str) -> Matrix | None:
    side, here, there = 96, [], []
    for y in range(0, SIDE - side + 1, 32):
        for x in range(0, SIDE - side + 1, 32):
            place = (slice(y, y + side), slice(x, x + side))
            shift = -phase_cross_correlation(fixed[place], moving[place], upsample_factor=10)[0]
            here.append((y + side / 2, x + side / 2))
            there.append(here[-1] + shift)
    return fitted(np.array(here), np.array(there), model)


def fitted(here: Matrix, there: Matrix, model: str) -> Matrix | None:
    """Robust fit to pairs of points."""
    matrix = np.eye(3)
    if model == "translation":
        # The shift that most pairs share.
        shifts = there - here
        near = np.hypot(*(shifts[:, None] - shifts[None]).transpose(2, 0, 1)) < 4
        matrix[:2, 2] = shifts[near[near.sum(axis=1).argmax()]].mean(axis=0)
        return matrix
    kind, needed = (EuclideanTransform, 2) if model == "rigid" else (AffineTransform, 3)
    found, _ = ransac((here, there), kind, needed, 4.0, max_trials=2000, rng=0)
    return None if found is None else np.asarray(found.params)


METHODS: dict[str, Method] = {"patchprobe": by_patchprobe, "OpenCV ECC": by_ecc, "SIFT + RANSAC": by_sift}
JUDGES: tuple[Method, ...] = (by_ecc, by_flow, by_blocks)


def injected(model: str, rng: np.random.Generator) -> Matrix:
    """Up to ±60 px; ±10° but for translations; ±4 % of scale and shear for affine ones."""
    turn = np.deg2rad(rng.uniform(-10, 10)) if model != "translation" else 0.0
    part = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if model == "affine":
        part = part @ (np.eye(2) + rng.uniform(-0.04, 0.04, (2, 2)))
    matrix, centre = np.eye(3), np.full(2, (SIDE - 1) / 2)
    matrix[:2, :2] = part
    matrix[:2, 2] = centre - part @ centre + rng.uniform(-60, 60, 2)
    return matrix


def degraded(plane: Plane, rng: np.random.Generator) -> Plane:
    """Half the contrast, another gamma, uneven light, noise, and a tenth of the section missing."""
    unit = (plane / 255.0) ** 1.6 * 0.5 + 0.2 + np.linspace(-0.12, 0.12, plane.shape[0])[:, None]
    noisy = unit * 255 + rng.normal(0, 20, plane.shape)
    out = np.where(plane > 0, np.clip(noisy, 1, 255), 0).astype(np.uint8)
    side = plane.shape[0] // 10
    for _ in range(10):
        y, x = rng.integers(0, np.subtract(plane.shape, side))
        out[y : y + side, x : x + side] = 0
    return out


def sources(data: Path) -> Iterator[tuple[Plane, Plane]]:
    """Yield neighbours with a margin around: 14 of em_isbi2012, 9 of em_vnc."""
    size = SIDE + 2 * MARGIN
    for folder in ("em_isbi2012", "em_vnc"):
        planes = np.asarray(load_stack(data / folder / "image.tif", axes="zyx", voxel_size=(50, 4, 4)).data)
        y, x = (np.array(planes.shape[1:]) - size) // 2
        planes = planes[:, y : y + size, x : x + size]
        yield from pairwise(planes)


def cut(plane: Plane) -> Plane:
    return np.ascontiguousarray(plane[MARGIN : MARGIN + SIDE, MARGIN : MARGIN + SIDE])


def distance(one: Matrix, other: Matrix) -> float:
    """Mean over a grid of 5 × 5 points from corner to corner."""
    return float(np.hypot(*((one - other) @ GRID)[:2]).mean())


def consensus(fixed: Plane, moving: Plane, model: str) -> tuple[Matrix, float]:
    """Mean of the judges at each point of the grid as a matrix, and their median distance from it."""
    found = [matrix for judge in JUDGES if (matrix := judge(fixed, moving, model)) is not None]
    places = np.median([(matrix @ GRID)[:2] for matrix in found], axis=0)
    # A judge that failed must not pull the median towards the nearer of the others.
    off = [np.hypot(*((matrix @ GRID)[:2] - places)).mean() for matrix in found]
    found = [matrix for matrix, distance_px in zip(found, off, strict=True) if distance_px <= LOST_PX]
    if not found:
        return np.full((3, 3), np.nan), float("nan")
    places = np.mean([(matrix @ GRID)[:2] for matrix in found], axis=0)
    truth = np.eye(3)
    truth[:2] = np.linalg.lstsq(GRID.T, places.T, rcond=None)[0].T
    return truth, float(np.median([distance(matrix, truth) for matrix in found]))


def measure(data: Path, model: str, degrade: bool) -> Iterator[dict[str, object]]:
    """Errors of all methods over all pairs of one cell."""
    errors: dict[tuple[str, str], list[float]] = {}
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    spread = []
    for number, (plane, neighbour) in enumerate(sources(data)):
        rng = np.random.default_rng([number, MODELS.index(model), degrade])
        warp = injected(model, rng)
        fixed = cut(plane)
        back = shifted(MARGIN) @ np.linalg.inv(warp)
        itself, other = (pulled(source, back, (SIDE, SIDE)) for source in (plane, neighbour))
        if degrade:
            itself, other = degraded(itself, rng), degraded(other, rng)
        natural, between = consensus(fixed, cut(neighbour), model)
        spread.append(between)
        for name, method in METHODS.items():
            start = time.perf_counter()
            found = method(fixed, other, model)
            seconds[name].append(time.perf_counter() - start)
            own = method(fixed, cut(neighbour), model)
            for kind, answer, truth in (
                ("same", method(fixed, itself, model), warp),
                ("neighbours", found, warp @ natural),
                ("repeat", found, None if own is None else warp @ own),
            ):
                unknown = answer is None or truth is None
                errors.setdefault((name, kind), []).append(np.inf if unknown else distance(answer, truth))
    for (name, kind), values in errors.items():
        yield {
            "model": model,
            "degraded": degrade,
            "method": name,
            "truth": kind,
            "median_px": float(np.median(values)),
            "largest_px": float(np.max(values)),
            "failures": int(np.sum(np.array(values) > FAILED_PX)),
            "pairs": len(values),
            "seconds": float(np.median(seconds[name])),
            "truth_spread_px": float(np.median(spread)) if kind == "neighbours" else 0.0,
        }


def known_field(rng: np.random.Generator, largest: float, wavelength: float) -> npt.NDArray[np.float64]:
    """Smooth displacements (2, SIDE, SIDE), at most `largest` pixels long."""
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / wavelength)
    field = np.zeros((2, SIDE, SIDE))
    for component in field:
        for angle, phase in rng.uniform(0, 2 * np.pi, (3, 2)):
            component += np.sin(np.cos(angle) * y + np.sin(angle) * x + phase)
    return field * largest / np.hypot(*field).max()


def measure_elastic(data: Path, wavelength: float, degrade: bool) -> dict[str, object]:
    """Align a section with itself, bent by a known field of 8 px."""
    errors, kept, seconds = [], 0, []
    inner = slice(16, SIDE - 16, 8)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    points = np.stack([y[inner, inner].ravel(), x[inner, inner].ravel()], axis=1)
    for number, (plane, _) in enumerate(sources(data)):
        rng = np.random.default_rng(number)
        field = known_field(rng, 8, wavelength)
        bent = (field + MARGIN + (y, x)).astype(np.float32)
        fixed, moving = cv2.remap(plane, bent[1], bent[0], cv2.INTER_CUBIC), cut(plane)
        start = time.perf_counter()
        found = align_pair(fixed, degraded(moving, rng) if degrade else moving, "elastic")
        seconds.append(time.perf_counter() - start)
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


def wrong_pairs(data: Path) -> Iterator[tuple[str, npt.NDArray[np.generic], npt.NDArray[np.generic]]]:
    """Yield pairs that share nothing, or not in any orientation that is looked at."""
    pairs = list(sources(data))
    for number, (plane, neighbour) in enumerate(pairs):
        fixed, moving = cut(plane), cut(neighbour)
        yield "turned by 90°", fixed, np.rot90(moving)
        yield "turned by 180°", fixed, moving[::-1, ::-1]
        yield "mirrored", fixed, moving[:, ::-1]
        yield "another stack", fixed, cut(pairs[(number + 14) % len(pairs)][0])
    planes = np.asarray(load_stack(data / "em_vnc" / "image.tif", axes="zyx", voxel_size=(50, 4, 4)).data)
    for one, other in pairwise(planes):
        yield "another region", one[:SIDE, :SIDE], other[-SIDE:, -SIDE:]
    cells = np.asarray(
        load_stack(data / "tracking_hela" / "image.tif", axes="tyx", voxel_size=(1, 1, 1)).data
    )
    frames = np.asarray(
        load_stack(data / "calcium_two_photon" / "image.tif", axes="tyx", voxel_size=(1, 1, 1)).data
    )
    for number in range(9):
        yield "nuclei, turned", cells[number][:, :700], np.rot90(cells[number + 1][:, :700])
        yield "nuclei, another region", cells[number][:SIDE, :SIDE], cells[number + 1][-SIDE:, -SIDE:]
        yield "calcium, another half", frames[number][:, :128], frames[number + 1][:, 128:]
        one, other = (synthetic.serial_sections(1, SIDE, seed).images[0] for seed in (number, number + 100))
        yield "synthetic, another block", one, other


def right_pairs(data: Path) -> Iterator[tuple[str, npt.NDArray[np.generic], npt.NDArray[np.generic]]]:
    """Yield neighbours, in space or time."""
    for plane, neighbour in sources(data):
        yield "EM neighbours", cut(plane), cut(neighbour)
    for folder, name in (("tracking_hela", "nuclei in time"), ("calcium_two_photon", "calcium frames")):
        frames = np.asarray(load_stack(data / folder / "image.tif", axes="tyx", voxel_size=(1, 1, 1)).data)
        for one, other in pairwise(frames[:10]):
            yield name, one, other
    for seed in range(9):
        images = synthetic.serial_sections(2, SIDE, seed, fold=None, missing=None).images
        yield "synthetic neighbours", images[0], images[1]


def verdicts(data: Path, model: str) -> dict[str, dict[str, int]]:
    """Count how pairs that belong together, and pairs that do not, are judged."""
    counts: dict[str, dict[str, int]] = {}
    for pairs in (right_pairs(data), wrong_pairs(data)):
        for name, fixed, moving in pairs:
            row = counts.setdefault(f"{name} ({model})", {"ok": 0, "doubtful": 0, "failed": 0})
            row[align_pair(fixed, moving, model).status] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--parts", nargs="+", default=["pairs", "elastic", "verdicts"])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "alignment.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder of the data by --data or PATCHPROBE_DATA")
    data, results = Path(options.data), {}
    if "pairs" in options.parts:
        results["pairs"] = []
        for model in options.models:
            for degrade in (False, True):
                print(f"\n{model}, {'degraded' if degrade else 'clean'}", flush=True)
                for row in measure(data, model, degrade):
                    results["pairs"].append(row)
                    spread = (
                        f"  (truth ±{row['truth_spread_px']:.2f})" if row["truth"] == "neighbours" else ""
                    )
                    print(
                        f"  {row['method']:14} {row['truth']:10} median {row['median_px']:7.2f} px  largest "
                        f"{row['largest_px']:7.1f}  over {FAILED_PX:.0f} px: {row['failures']:2} of "
                        f"{row['pairs']}  {row['seconds']:.2f} s{spread}",
                        flush=True,
                    )
    if "elastic" in options.parts:
        results["elastic"] = []
        for wavelength in (SIDE, SIDE / 2):
            for degrade in (False, True):
                row = measure_elastic(data, wavelength, degrade)
                results["elastic"].append(row)
                print(f"elastic {row}", flush=True)
    if "verdicts" in options.parts:
        results["verdicts"] = {}
        for model in ("rigid", "affine"):
            found = verdicts(data, model)
            results["verdicts"].update(found)
            for name, row in found.items():
                print(f"  {name:36} {row}", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
