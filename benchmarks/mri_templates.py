"""Slices onto slices of other contrasts, and each plane of a volume onto a template.

- ``MNI 152``: slices of the T1 template against the same slice of itself, of the maps of grey and white
  matter, of itself inverted, and of itself 5 mm away, the second one turned, shifted and (affine) scaled by
  known amounts, clean and with noise of a tenth of the range. The truth is exact but for the last, where the
  brain itself has changed.
- ``volume``: 24 planes of T1, each moved by itself, onto the same planes of the map of grey matter
  (`align_stack(volume, reference=template)`).
- ``mouse``: a slice of a mouse brain against the reference atlas warped onto it by another program, whose
  own errors nobody knows; moved by a known amount besides. There the distance is to what that program says.

Errors are medians over the brain, in pixels. SimpleITK (affine by mutual information, from the middle of
both) stands beside where it is installed.

    python benchmarks/mri_templates.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from patchprobe import Stack, align_pair, align_stack, load_stack
from patchprobe.alignment import Transform

Plane = npt.NDArray[np.float32]

PLANES = (60, 75, 90, 105, 120)
FAR_PX = 3.0
RESULTS = Path(__file__).parent / "results" / "mri_templates.json"


def motion(shape: tuple[int, ...], rng: np.random.Generator, model: str) -> npt.NDArray[np.float64]:
    """Return a turn of up to 10°, a shift of up to 12 px and, for affine, a scale of up to 5 % each way."""
    angle, centre = np.deg2rad(rng.uniform(-10, 10)), (np.array(shape) - 1) / 2
    matrix = np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    if model == "affine":
        matrix[:2, :2] = matrix[:2, :2] @ np.diag(rng.uniform(0.95, 1.05, 2))
    matrix[:2, 2] = centre - matrix[:2, :2] @ centre + rng.uniform(-12, 12, 2)
    return matrix


def moved(plane: Plane, matrix: npt.NDArray[np.float64]) -> Plane:
    """Move a plane: what lay at p lies at matrix @ p."""
    back = np.linalg.inv(matrix)[:2][::-1][:, [1, 0, 2]]
    return cv2.warpAffine(plane, back, plane.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def by_simpleitk(fixed: Plane, moving: Plane) -> Transform:
    """Affine by mutual information."""
    import SimpleITK as sitk

    images = [sitk.GetImageFromArray(np.asarray(plane, np.float32)) for plane in (fixed, moving)]
    registration = sitk.ImageRegistrationMethod()
    registration.SetMetricAsMattesMutualInformation(50)
    registration.SetInterpolator(sitk.sitkLinear)
    registration.SetShrinkFactorsPerLevel([4, 2, 1])
    registration.SetSmoothingSigmasPerLevel([2, 1, 0])
    registration.SetOptimizerAsGradientDescent(1.0, 200, 1e-6, 10)
    registration.SetOptimizerScalesFromPhysicalShift()
    start = sitk.CenteredTransformInitializer(
        *images, sitk.AffineTransform(2), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    registration.SetInitialTransform(start, inPlace=True)
    found = registration.Execute(*images)
    corners = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)])
    there = np.array([found.TransformPoint((x, y))[::-1] for y, x in corners])
    matrix = np.eye(3)
    matrix[:2, 2] = there[0]
    matrix[:2, 0], matrix[:2, 1] = there[2] - there[0], there[1] - there[0]
    return Transform(matrix)


def off(found: Transform, truth: npt.NDArray[np.float64], brain: npt.NDArray[np.bool_]) -> float:
    """Median distance to the truth over the brain."""
    points = np.argwhere(brain)[::37].astype(float)
    return float(np.median(np.hypot(*(found.points(points) - Transform(truth).points(points)).T)))


def slices(volumes: dict[str, Stack], rng: np.random.Generator) -> list[dict[str, object]]:
    """Align slices with those of other contrasts."""
    rows: list[dict[str, object]] = []
    for other in ("itself", "white matter", "grey matter", "inverted", "5 mm away"):
        for model in ("rigid", "affine"):
            for noise in (0.0, 25.0):
                errors, peers, statuses = [], [], Counter()
                for number in PLANES:
                    fixed = np.asarray(volumes["T1"].plane(number), np.float32)
                    brain = fixed > 20
                    away = np.asarray(volumes["T1"].plane(number + 5), np.float32)
                    shown = {
                        "itself": fixed,
                        "inverted": np.where(brain, 255 - fixed, 0).astype(np.float32),
                        "5 mm away": away,
                    }
                    moving = shown.get(other)
                    if moving is None:
                        moving = np.asarray(volumes[other].plane(number), np.float32)
                    truth = motion(fixed.shape, rng, model)
                    pair = [
                        (plane + rng.normal(0, noise, plane.shape)).astype(np.float32) if noise else plane
                        for plane in (fixed, moved(moving, truth))
                    ]
                    found = align_pair(*pair, model)
                    statuses[found.status] += 1
                    if found.status != "failed":
                        errors.append(off(found.transform, truth, brain))
                    if find_spec("SimpleITK") and model == "affine":
                        peers.append(off(by_simpleitk(*pair), truth, brain))
                row = {
                    "case": f"T1 and {other}",
                    "model": model,
                    "noise": noise,
                    "median_px": float(np.median(errors)) if errors else None,
                    "statuses": dict(statuses),
                    "not_failed_but_far": sum(e > FAR_PX for e in errors),
                    "simpleitk_px": float(np.median(peers)) if peers else None,
                    "simpleitk_far": sum(e > FAR_PX for e in peers),
                }
                rows.append(row)
                beside = (
                    f"   SimpleITK {row['simpleitk_px']:5.2f}, {row['simpleitk_far']} far" if peers else ""
                )
                print(
                    f"T1 and {other:13} {model:6} noise {noise:2.0f}:  median "
                    f"{row['median_px'] if errors else float('nan'):5.2f} px  {dict(statuses)}"
                    f"  over {FAR_PX:g} px: {row['not_failed_but_far']}{beside}",
                    flush=True,
                )
    return rows


def volume(volumes: dict[str, Stack], rng: np.random.Generator) -> dict[str, object]:
    """Align the planes of a volume, each moved by itself, with those of another contrast."""
    numbers = range(60, 132, 3)
    planes, truths, brains = [], [], []
    for number in numbers:
        plane = np.asarray(volumes["T1"].plane(number), np.float32)
        truths.append(motion(plane.shape, rng, "rigid"))
        planes.append(moved(plane, truths[-1]))
        brains.append(plane > 20)
    template = Stack(np.stack([volumes["grey matter"].plane(n) for n in numbers]), "zyx", name="grey matter")
    found = align_stack(Stack(np.stack(planes), "zyx"), None, template)
    errors = [
        off(section.transform, truth, brain)
        for section, truth, brain in zip(found.sections, truths, brains, strict=True)
        if section.status != "failed"
    ]
    median = float(np.median(errors))
    print(f"volume onto grey matter: median {median:.2f} px, largest {max(errors):.2f}; {found.summary()}")
    return {"case": "volume", "median_px": median, "largest_px": max(errors)}


def mouse(data: Path, rng: np.random.Generator) -> list[dict[str, object]]:
    """Align a slice of a mouse brain with the atlas that another program warped onto it."""
    planes = [
        np.asarray(load_stack(data / "atlas_mouse_slice" / f"{name}.tiff", axes="yx").plane(0), np.float32)
        for name in ("downsampled", "registered_reference")
    ]
    truth = motion(planes[0].shape, rng, "rigid")
    rows = []
    for model in ("rigid", "similarity", "affine"):
        found = align_pair(planes[0], moved(planes[1], truth), model)
        distance = off(found.transform.affine_part, truth, planes[1] > 20)
        rows.append({"case": "mouse", "model": model, "median_px": distance, "status": found.status})
        print(f"mouse and atlas, {model}: {distance:.1f} px from what the other program says, {found.status}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder with mri_mni152 and atlas_mouse_slice by --data or PATCHPROBE_DATA")
    data = Path(options.data)
    files = {"T1": "t1", "grey matter": "gm", "white matter": "wm"}
    volumes = {
        name: load_stack(data / "mri_mni152" / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz")
        for name, kind in files.items()
    }
    rng = np.random.default_rng(0)
    rows = [*slices(volumes, rng), volume(volumes, rng), *mouse(data, rng)]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
