"""Neighbouring sections in different stains: the distance of landmarks before and after alignment.

The two sections of ``histology_rat_kidney_serial`` (haematoxylin and eosin, and an antibody against
cytokeratin), with 69 pairs of landmarks that a person set. Beside `align_pair` in all its models stands
SimpleITK: affine by mutual information, then a cubic B-spline by the same, both on the mean of the colours,
from coarse to fine, with several meshes, the best of which a user could not know.

Two more rows are not of any program: the affine map through the landmarks themselves, and a smooth
thin-plate spline through all landmarks but the one that is asked for. They tell how exact the landmarks are:
each was set by hand on either section, and no map gets below their own scatter.

Harder cases are made from the pair: the second section turned by 150°; both four times as large; and the
second one inverted, as in dark field. Errors are medians of the distances in pixels, and of these as a share
of the diagonal (rTRE).

    python benchmarks/histology_landmarks.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.interpolate import RBFInterpolator

from patchprobe import align_pair, load_stack

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]
# Takes points (n, 2) of the fixed section to the moving one.
Mapped = Callable[[Points], Points]

MODELS = ("rigid", "similarity", "affine", "elastic")
MESHES = (4, 8, 12)
RESULTS = Path(__file__).parent / "results" / "histology_landmarks.json"


def read(data: Path, stain: str) -> tuple[Picture, Points]:
    """Return a section and its landmarks (y, x)."""
    folder = data / "histology_rat_kidney_serial"
    table = np.genfromtxt(folder / f"Rat-Kidney_{stain}.csv", delimiter=",", skip_header=1)
    return load_stack(folder / f"Rat-Kidney_{stain}.jpg").plane(0), table[:, [2, 1]]


def by_simpleitk(fixed: Picture, moving: Picture) -> dict[str, Mapped]:
    """Register by mutual information: affine, then B-splines of several meshes on top."""
    import SimpleITK as sitk

    images = [sitk.GetImageFromArray(plane.mean(axis=2).astype(np.float32)) for plane in (fixed, moving)]

    def method(shrink: list[int]) -> sitk.ImageRegistrationMethod:
        registration = sitk.ImageRegistrationMethod()
        registration.SetMetricAsMattesMutualInformation(50)
        registration.SetMetricSamplingStrategy(registration.RANDOM)
        registration.SetMetricSamplingPercentage(0.2, seed=1)
        registration.SetInterpolator(sitk.sitkLinear)
        registration.SetShrinkFactorsPerLevel(shrink)
        registration.SetSmoothingSigmasPerLevel([factor / 2 for factor in shrink])
        return registration

    affine = method([8, 4, 2])
    affine.SetOptimizerAsGradientDescent(1.0, 200, 1e-6, 10)
    affine.SetOptimizerScalesFromPhysicalShift()
    start = sitk.CenteredTransformInitializer(
        *images, sitk.AffineTransform(2), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    affine.SetInitialTransform(start, inPlace=True)
    whole = affine.Execute(*images)

    def mapped(*transforms: sitk.Transform) -> Mapped:
        def through(points: Points) -> Points:
            out = []
            for y, x in points:
                place = (float(x), float(y))
                for transform in transforms:
                    place = transform.TransformPoint(place)
                out.append(place[::-1])
            return np.array(out)

        return through

    found = {"SimpleITK affine": mapped(whole)}
    for mesh in MESHES:
        bent = method([4, 2])
        bent.SetMovingInitialTransform(whole)
        bent.SetInitialTransform(sitk.BSplineTransformInitializer(images[0], [mesh, mesh]), inPlace=False)
        bent.SetOptimizerAsLBFGS2(1e-6, 100)
        found[f"SimpleITK B-spline, mesh of {mesh}"] = mapped(bent.Execute(*images), whole)
    return found


def row(name: str, case: str, distances: Points, diagonal: float, seconds: float, status: str = "") -> dict:
    """Sum up distances of landmarks, and say so."""
    found = {
        "case": case,
        "method": name,
        "median_px": float(np.median(distances)),
        "mean_px": float(distances.mean()),
        "largest_px": float(distances.max()),
        "median_rtre_percent": float(100 * np.median(distances) / diagonal),
        "status": status,
        "seconds": seconds,
    }
    print(
        f"  {name:32} median {found['median_px']:6.2f} px = {found['median_rtre_percent']:.3f} %"
        f"  mean {found['mean_px']:6.2f}  largest {found['largest_px']:6.1f}  {status:8} {seconds:5.1f} s",
        flush=True,
    )
    return found


def distances_px(mapped: Mapped, here: Points, there: Points) -> Points:
    return np.hypot(*(mapped(here) - there).T)


def by_landmarks(here: Points, there: Points) -> dict[str, Points]:
    """Distances that maps through the landmarks themselves leave."""
    design = np.c_[here, np.ones(len(here))]
    affine = design @ np.linalg.lstsq(design, there, rcond=None)[0]
    left_out = []
    for one in range(len(here)):
        others = np.arange(len(here)) != one
        spline = RBFInterpolator(here[others], there[others], smoothing=1e3, kernel="thin_plate_spline")
        left_out.append(np.hypot(*(spline(here[one : one + 1])[0] - there[one])))
    return {
        "affine through the landmarks": np.hypot(*(affine - there).T),
        "spline through the others": np.array(left_out),
    }


def harder(
    fixed: Picture, moving: Picture, here: Points, there: Points
) -> dict[str, tuple[Picture, Picture, Points, Points, dict]]:
    """Cases made from the pair: turned, larger, inverted; with what is asked for besides."""
    rows, cols = moving.shape[:2]
    side = int(np.ceil(np.hypot(rows, cols)))
    turn = cv2.getRotationMatrix2D(((cols - 1) / 2, (rows - 1) / 2), 150, 1.0)
    turn[:, 2] += ((side - cols) / 2, (side - rows) / 2)
    white = tuple(int(v) for v in np.percentile(moving.reshape(-1, 3), 99, axis=0))
    turned = cv2.warpAffine(moving, turn, (side, side), borderValue=white)
    turned_points = (np.c_[there[:, ::-1], np.ones(len(there))] @ turn.T)[:, ::-1]
    large = [cv2.resize(plane, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for plane in (fixed, moving)]
    return {
        "turned by 150°": (fixed, turned, here, turned_points, {"max_rotation": 180}),
        "4 times as large": (*large, 4 * here + 1.5, 4 * there + 1.5, {}),
        "the second inverted": (fixed, 255 - moving, here, there, {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--cases", default="", help="only cases with this in their name")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder with histology_rat_kidney_serial by --data or PATCHPROBE_DATA")
    (fixed, here), (moving, there) = (read(Path(options.data), stain) for stain in ("HE", "PanCytokeratin"))
    both = min(len(here), len(there))
    here, there = here[:both], there[:both]

    cases = {"as it is": (fixed, moving, here, there, {})} | harder(fixed, moving, here, there)
    rows = []
    for case, (a, b, marked, wanted, extra) in cases.items():
        if options.cases not in case:
            continue
        sizes = " and ".join(f"{plane.shape[0]} × {plane.shape[1]}" for plane in (a, b))
        print(f"\n{case}: {sizes} px, {len(marked)} landmarks")
        diagonal = float(np.hypot(*b.shape[:2]))
        rows.append(row("before", case, np.hypot(*(marked - wanted).T), diagonal, 0.0))
        for model in options.models:
            started = time.process_time()
            found = align_pair(a, b, model, **extra)
            seconds = time.process_time() - started
            distances = distances_px(found.transform.points, marked, wanted)
            rows.append(row(f"patchprobe, {model}", case, distances, diagonal, seconds, found.status))
            print(f"    {found.reason} {found.note}".rstrip())
        if case == "as it is":
            for name, distances in by_landmarks(marked, wanted).items():
                rows.append(row(name, case, distances, diagonal, 0.0))
            if not find_spec("SimpleITK"):
                continue
            started = time.process_time()
            peers = by_simpleitk(a, b)
            seconds = time.process_time() - started
            for name, mapped in peers.items():
                rows.append(row(name, case, distances_px(mapped, marked, wanted), diagonal, seconds))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
