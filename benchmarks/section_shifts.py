"""Injected shifts on real neighbouring sections, beside scikit-image and OpenCV in the same run.

Neighbouring sections of real stacks are displaced by an amount that nobody knows. So each method measures a
pair twice, as it is and with the second section moved by a known shift; the difference of the two answers
should be that shift. Run it:

    python benchmarks/section_shifts.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from pairs_data import Plane, degraded
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from patchprobe import Stack, align_stack, load_stack

Shift = npt.NDArray[np.float64]
Estimate = Callable[[Plane, Plane], Shift]

FAILED_PX = 10.0


def by_patchprobe(backbone: str | None) -> Estimate:
    """Return the estimate of `align_stack`."""

    def estimate(fixed: Plane, moving: Plane) -> Shift:
        return np.array(align_stack(Stack(np.stack([fixed, moving]), "zyx"), backbone)[1].shift)

    return estimate


def by_skimage(fixed: Plane, moving: Plane) -> Shift:
    return -np.array(phase_cross_correlation(fixed, moving, upsample_factor=10)[0])


def by_skimage_masked(fixed: Plane, moving: Plane) -> Shift:
    masks = {"reference_mask": fixed > 0, "moving_mask": moving > 0, "overlap_ratio": 0.3}
    return -np.array(phase_cross_correlation(fixed, moving, **masks)[0])


def by_opencv(fixed: Plane, moving: Plane) -> Shift:
    window = cv2.createHanningWindow(fixed.shape[::-1], cv2.CV_32F)
    dx, dy = cv2.phaseCorrelate(fixed.astype(np.float32), moving.astype(np.float32), window)[0]
    return np.array([dy, dx])


ESTIMATES: dict[str, Estimate] = {
    "patchprobe (filters)": by_patchprobe("filters"),
    "patchprobe (intensity)": by_patchprobe(None),
    "skimage phase_cross_correlation": by_skimage,
    "skimage, masked": by_skimage_masked,
    "OpenCV phaseCorrelate": by_opencv,
}


def moved(plane: Plane, shift: Shift) -> Plane:
    """Shift a plane by a whole or fractional (dy, dx) in pixels, with 0 where nothing moves in."""
    return ndimage.shift(plane, shift, order=1, cval=0)


def pairs(stack: Stack, gap: int, reach: int, degrade: bool) -> Iterator[tuple[Plane, Plane, Plane, Shift]]:
    """Yield fixed, moving as it is, moving with the shift injected, and the shift."""
    rng = np.random.default_rng(gap)
    for i in range(stack.n_planes - gap):
        fixed, moving = stack.plane(i), stack.plane(i + gap)
        shift = rng.uniform(-reach, reach, 2)
        injected = moved(moving, shift)
        yield fixed, moving, degraded(injected, rng) if degrade else injected, shift


def measure(estimate: Estimate, cases: list[tuple[Plane, Plane, Plane, Shift]]) -> dict[str, float]:
    """Errors of one method over all pairs of a stack."""
    errors, baseline = [], []
    start = time.perf_counter()
    for fixed, moving, injected, shift in cases:
        plain = estimate(fixed, moving)
        errors.append(np.hypot(*(estimate(fixed, injected) - plain - shift)))
        baseline.append(plain)
    seconds = (time.perf_counter() - start) / (2 * len(cases))
    return {
        "median_error_px": float(np.median(errors)),
        "largest_error_px": float(np.max(errors)),
        "failures": int(np.sum(np.array(errors) > FAILED_PX)),
        "pairs": len(cases),
        "median_displacement_as_is_px": float(np.median([np.hypot(*b) for b in baseline])),
        "seconds_per_pair": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--reach", type=int, default=60, help="largest injected shift in pixels")
    parser.add_argument("--gaps", type=int, nargs="+", default=[1, 2], help="how many sections apart")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "section_shifts.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder with em_isbi2012 and em_vnc by --data or PATCHPROBE_DATA")

    rows = []
    for folder in ("em_isbi2012", "em_vnc"):
        stack = load_stack(Path(options.data) / folder / "image.tif", axes="zyx")
        for gap in options.gaps:
            for degrade in (False, True):
                cases = list(pairs(stack, gap, options.reach, degrade))
                print(f"\n{folder}, {gap} apart, {'degraded' if degrade else 'clean'}, ±{options.reach} px")
                for name, estimate in ESTIMATES.items():
                    row = measure(estimate, cases)
                    rows.append({"stack": folder, "gap": gap, "degraded": degrade, "method": name, **row})
                    print(
                        f"  {name:34} median {row['median_error_px']:8.2f} px  largest "
                        f"{row['largest_error_px']:8.1f}  over {FAILED_PX:.0f} px: {row['failures']:2} of "
                        f"{row['pairs']:2}  {row['seconds_per_pair'] * 1000:5.0f} ms a pair"
                    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
