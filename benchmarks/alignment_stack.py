"""The last of ten jittered sections: all pairs of neighbours at once, beside one section after the other.

Two kinds of stack, from each source:

- ``one section``: one real section ten times, each displaced (and degraded) by itself. The truth is exact.
- ``neighbours``: ten real neighbours. They are displaced in the source by an amount that nobody knows, so
  each method is measured twice, on the clean stack as it is and on the displaced one; the difference should
  be what was injected. This tells how repeatable a method is, not whether it is right; for that, its answer
  for the clean stack is set beside a chain of OpenCV's ECC, which shares no code with it ("off ECC";
  neighbours change non-rigidly, so that two right answers differ by some pixels too).

Errors are those of the last section to the first, at the middle of the plane. Run it:

    python benchmarks/alignment_stack.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from patchprobe import Stack, align_stack, load_stack
from patchprobe.alignment import Alignment, Transform

Planes = npt.NDArray[np.uint8]
Matrices = npt.NDArray[np.float64]
# Returns where sections lie, (n, 3, 3), and the status of each.
Method = Callable[[Planes], tuple[Matrices, tuple[str, ...]]]

SECTIONS = 10
BLANK = 5
MARGIN = 32
FAR_PX = 5.0
RESULTS = Path(__file__).parent / "results" / "alignment_stack.json"


def by_patchprobe(planes: Planes, **options: object) -> tuple[Matrices, tuple[str, ...]]:
    """Align by `align_stack`."""
    found = align_stack(Stack(planes, "zyx"), **options)
    return np.stack([section.matrix for section in found.sections]), found.statuses


def ecc_pair(fixed: Planes, moving: Planes, motion: int = cv2.MOTION_EUCLIDEAN) -> Alignment:
    """Align two sections by OpenCV's ECC, started from phase correlation: a pair function of one's own."""
    a, b = (cv2.GaussianBlur(plane.astype(np.float32), (0, 0), 3) for plane in (fixed, moving))
    shift, _ = cv2.phaseCorrelate(a, b, cv2.createHanningWindow(a.shape[::-1], cv2.CV_32F))
    start = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-5)
    try:
        score, found = cv2.findTransformECC(a, b, start, motion, stop, None, 5)
    except cv2.error:
        return Alignment(Transform.identity(), "failed", "ECC does not converge.", 0.0)
    matrix = np.eye(3)
    # OpenCV has x before y.
    matrix[:2] = found[::-1][:, [1, 0, 2]]
    status = "ok" if score > 0.5 else "doubtful"
    return Alignment(Transform(matrix), status, "" if status == "ok" else "They correlate little.", score)


def by_ecc_chain(planes: Planes) -> tuple[Matrices, tuple[str, ...]]:
    """Compose ECC of neighbours."""
    placed, statuses = [np.eye(3)], ["ok"]
    for fixed, moving in pairwise(planes):
        found = ecc_pair(fixed, moving)
        placed.append(found.matrix @ placed[-1])
        statuses.append(found.status)
    return np.stack(placed), tuple(statuses)


def by_pystackreg(planes: Planes) -> tuple[Matrices, tuple[str, ...]]:
    """Register each section to the one before, as pystackreg does by default for stacks."""
    from pystackreg import StackReg

    found = StackReg(StackReg.RIGID_BODY).register_stack(planes, reference="previous")
    return found[:, [1, 0, 2]][:, :, [1, 0, 2]], ("ok",) * len(planes)


METHODS: dict[str, Method] = {
    "all pairs (filters)": partial(by_patchprobe, reference="neighbours"),
    "all pairs (intensity)": partial(by_patchprobe, backbone=None, reference="neighbours"),
    "one after the other (filters)": partial(by_patchprobe, reference="previous"),
    "all pairs, by ECC rigid": partial(by_patchprobe, reference="neighbours", pair=ecc_pair),
    "ECC rigid, one after the other": by_ecc_chain,
}
if find_spec("pystackreg"):
    METHODS["pystackreg rigid"] = by_pystackreg


def cut(plane: Planes, shift: npt.NDArray[np.float64], degrees: float, side: int) -> Planes:
    """Cut the middle out of a plane, displaced: what lay at p about the middle lies at turn(p) + shift."""
    matrix = displacement(shift, degrees, side)
    origin = (np.array(plane.shape) - side) / 2
    into_source = np.linalg.inv(matrix)
    into_source[:2, 2] += origin
    xy = into_source[:2][::-1][:, [1, 0, 2]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, xy, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT)


def displacement(shift: npt.NDArray[np.float64], degrees: float, side: int) -> Matrices:
    """Return the injected motion on (row, col, 1)."""
    angle, centre = np.deg2rad(degrees), np.full(2, (side - 1) / 2)
    matrix = np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:2, 2] = centre - matrix[:2, :2] @ centre + shift
    return matrix


def degraded(plane: Planes, rng: np.random.Generator) -> Planes:
    """Another contrast and gamma, uneven light, noise, and a tenth of the section missing."""
    unit = (plane / 255.0) ** rng.uniform(0.7, 1.6) * rng.uniform(0.4, 0.8) + 0.2
    unit += np.linspace(-0.12, 0.12, plane.shape[0])[:, None]
    out = np.clip(unit * 255 + rng.normal(0, 20, plane.shape), 1, 255).astype(np.uint8)
    side = plane.shape[0] // 10
    for _ in range(10):
        y, x = rng.integers(0, np.subtract(plane.shape, side))
        out[y : y + side, x : x + side] = 0
    return out


def error_px(found: Matrices, truth: Matrices, side: int) -> float:
    """Distance at the middle of the plane, of the last section to the first."""
    middle = np.array([(side - 1) / 2, (side - 1) / 2, 1])
    (a, b) = (last_to_first(matrices) @ middle for matrices in (found, truth))
    return float(np.hypot(*(a - b)[:2]))


def last_to_first(matrices: Matrices) -> Matrices:
    return matrices[-1] @ np.linalg.inv(matrices[0])


def measure(
    name: str, planes: Planes, as_it_is: Matrices, options: argparse.Namespace, degrade: bool, blank: bool
) -> dict[str, object]:
    """Inject jitter several times; `as_it_is` is where the method sees sections before."""
    errors, flagged, lost = [], 0, 0
    side = min(planes.shape[1:]) - 2 * MARGIN
    seconds = 0.0
    for seed in range(options.repeats):
        rng = np.random.default_rng(seed)
        shifts = rng.uniform(-20, 20, (SECTIONS, 2))
        angles = rng.uniform(-options.degrees, options.degrees, SECTIONS)
        moved = np.stack([cut(p, s, a, side) for p, s, a in zip(planes, shifts, angles, strict=True)])
        if degrade:
            moved = np.stack([degraded(plane, rng) for plane in moved])
        if blank:
            moved[BLANK] = 0
        start = time.perf_counter()
        found, statuses = METHODS[name](moved)
        seconds += time.perf_counter() - start
        injected = np.stack([displacement(s, a, side) for s, a in zip(shifts, angles, strict=True)])
        errors.append(error_px(found, injected @ as_it_is, side))
        flagged += statuses[BLANK] == "failed"
        lost += sum(status != "ok" for i, status in enumerate(statuses) if not (blank and i == BLANK))
    return {
        "median_px": float(np.median(errors)),
        "largest_px": float(np.max(errors)),
        "over_5_px": int(np.sum(np.array(errors) > FAR_PX)),
        "repeats": options.repeats,
        "blank_flagged": flagged if blank else None,
        "others_not_ok": lost,
        "seconds_a_stack": seconds / options.repeats,
    }


def in_words(name: str, row: dict[str, object], off: float) -> str:
    """Write one line of the table."""
    flagged = f"  blank flagged: {row['blank_flagged']} of {row['repeats']}" if row["blank"] else ""
    return (
        f"  {name:32} last section: median {row['median_px']:6.2f} px  largest {row['largest_px']:6.1f}"
        f"  over {FAR_PX:g} px: {row['over_5_px']} of {row['repeats']}"
        f"  not ok, not blank: {row['others_not_ok']:2}{flagged}"
        f"  off ECC as it is {off:5.1f} px  {row['seconds_a_stack']:5.1f} s"
    )


def sources(data: Path) -> dict[str, Planes]:
    """Stacks of ten planes of about 512 px."""
    out = {}
    for folder in ("em_isbi2012", "em_vnc"):
        stack = load_stack(data / folder / "image.tif", axes="zyx")
        planes = np.stack([stack.plane(i) for i in range(SECTIONS)])
        top = (planes.shape[1] - 512) // 2
        planes = planes[:, top : top + 512, top : top + 512]
        out[f"{folder}, one section"] = np.repeat(planes[:1], SECTIONS, axis=0)
        out[f"{folder}, neighbours"] = planes
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--repeats", type=int, default=5, help="jitters of each stack")
    parser.add_argument("--degrees", type=float, default=0.0, help="largest injected turn to either side")
    parser.add_argument("--only", default="", help="only stacks with this in their name, such as neighbours")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "alignment_stack.json"
    )
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder with em_isbi2012 and em_vnc by --data or PATCHPROBE_DATA")

    rows = []
    for source, planes in sources(Path(options.data)).items():
        if options.only not in source:
            continue
        side = min(planes.shape[1:]) - 2 * MARGIN
        middle = np.stack([cut(plane, np.zeros(2), 0, side) for plane in planes])
        exact = source.endswith("one section")
        as_it_is = {
            name: np.stack([np.eye(3)] * SECTIONS) if exact else METHODS[name](middle)[0]
            for name in options.methods
        }
        ecc = by_ecc_chain(middle)[0]
        for degrade in (False, True):
            for blank in (False, True):
                print(
                    f"\n{source}, {'degraded' if degrade else 'clean'}{', one blank' if blank else ''}: "
                    f"±20 px, ±{options.degrees:g}°"
                )
                for name in options.methods:
                    row = measure(name, planes, as_it_is[name], options, degrade, blank)
                    off = error_px(as_it_is[name], ecc, side)
                    row |= {"source": source, "degraded": degrade, "blank": blank, "method": name}
                    rows.append({**row, "off_ecc_px": off, "degrees": options.degrees})
                    print(in_words(name, row, off))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
