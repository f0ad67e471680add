"""The last of ten jittered sections: all pairs of neighbours at once, beside one section after the other.

Two kinds of stack, from each source:

- ``one section``: one real section ten times, each displaced (and degraded) by itself. The truth is exact.
- ``neighbours``: ten real neighbours. How they lie in the source is not known; the truth is what three dense
  optical flows say of each two neighbours (`pairs_truth.py`), as turns and shifts, one after the other,
  and then what was injected. It shares nothing with what is measured, and looks at the same cut: sections
  that bend have another mean displacement on another. How far the flows lie apart over all
  nine pairs is printed with it: errors below that say nothing.

Errors are those of the last section to the first: at the middle of the plane, and the mean at four points
halfway to its corners, where turns count. Run it:

    python benchmarks/alignment_stack.py --data DIR      # or PATCHPROBE_DATA=DIR
    … --degrees 5                                         # with turns
    … --features "path:FOLDER?blocks=6,9&position=removed"
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise, product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from pairs_data import MARGIN, Source
from pairs_truth import judged

from patchprobe import Stack, align_stack, load_stack
from patchprobe.alignment import Alignment, Transform

Planes = npt.NDArray[np.uint8]
Matrices = npt.NDArray[np.float64]
# Returns where sections lie, (n, 3, 3), and the status of each.
Method = Callable[[Planes], tuple[Matrices, tuple[str, ...]]]

SECTIONS = 10
BLANK = 5
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
    "all pairs, rigid": partial(by_patchprobe, reference="neighbours", model="rigid"),
    "all pairs, rigid, intensity": partial(
        by_patchprobe, backbone=None, reference="neighbours", model="rigid"
    ),
    "all pairs, shifts": partial(by_patchprobe, reference="neighbours", model="translation"),
    "one after the other, rigid": partial(by_patchprobe, reference="previous", model="rigid"),
    "one after the other, shifts": partial(by_patchprobe, reference="previous"),
    "all pairs, by ECC rigid": partial(by_patchprobe, reference="neighbours", pair=ecc_pair),
    "ECC rigid, one after the other": by_ecc_chain,
    "pystackreg rigid": by_pystackreg,
}


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


def errors_px(found: Matrices, truth: Matrices, side: int) -> tuple[float, float]:
    """Distance of the last section to the first: at the middle, and the mean at four points around it."""
    middle, arm = (side - 1) / 2, (side - 1) / 4
    points = np.array([(middle + y, middle + x, 1) for y in (-arm, arm) for x in (-arm, arm)]).T
    points = np.column_stack([(middle, middle, 1), points])
    a, b = (matrices[-1] @ np.linalg.inv(matrices[0]) @ points for matrices in (found, truth))
    apart = np.hypot(*(a - b)[:2])
    return float(apart[0]), float(apart[1:].mean())


def natural(name: str, planes: Planes, cache: Path) -> tuple[Matrices, float]:
    """Where sections lie in their source, in the frame of what is cut, and how far the judges differ."""
    placed, apart = [np.eye(3)], 0.0
    for number, (fixed, moving) in enumerate(pairwise(planes)):
        found, spread = judged(Source(name, number, 1, fixed, moving), cache).truth("rigid", np.eye(3))
        placed.append(found @ placed[-1])
        apart += spread**2
    return np.stack(placed), float(np.sqrt(apart))


def measure(
    method: Method,
    planes: Planes,
    as_it_is: Matrices,
    options: argparse.Namespace,
    degrade: bool,
    blank: bool,
) -> dict[str, object]:
    """Inject jitter several times; `as_it_is` is where sections lie before."""
    errors, flagged, lost, silent = [], 0, 0, 0
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
        start = time.process_time()
        found, statuses = method(moved)
        seconds += time.process_time() - start
        injected = np.stack([displacement(s, a, side) for s, a in zip(shifts, angles, strict=True)])
        errors.append(errors_px(found, injected @ as_it_is, side))
        flagged += statuses[BLANK] == "failed"
        lost += sum(status != "ok" for i, status in enumerate(statuses) if not (blank and i == BLANK))
        silent += errors[-1][0] > FAR_PX and statuses[-1] == "ok" and statuses[0] == "ok"
    middle, around = np.array(errors).T
    return {
        "median_px": float(np.median(middle)),
        "largest_px": float(middle.max()),
        "median_around_px": float(np.median(around)),
        "over_5_px": int((middle > FAR_PX).sum()),
        "silent": silent,
        "repeats": options.repeats,
        "blank_flagged": flagged if blank else None,
        "others_not_ok": lost,
        "cpu_seconds_a_stack": seconds / options.repeats,
    }


def in_words(name: str, row: dict[str, object]) -> str:
    """Write one line of the table."""
    flagged = f"  blank flagged: {row['blank_flagged']} of {row['repeats']}" if row["blank"] else ""
    return (
        f"  {name:32} last section: median {row['median_px']:6.2f} px  largest {row['largest_px']:6.1f}"
        f"  around {row['median_around_px']:6.2f}"
        f"  over {FAR_PX:g} px: {row['over_5_px']} of {row['repeats']}, called ok: {row['silent']}"
        f"  not ok, not blank: {row['others_not_ok']:2}{flagged}  {row['cpu_seconds_a_stack']:5.1f} s of CPU"
    )


def sources(data: Path) -> dict[str, Planes]:
    """Stacks of ten planes of 512 px."""
    out = {}
    for folder in ("em_isbi2012", "em_vnc"):
        stack = load_stack(data / folder / "image.tif", axes="zyx", voxel_size=(50, 4, 4))
        planes = np.stack([stack.plane(i) for i in range(SECTIONS)])
        top = (planes.shape[1] - 512) // 2
        planes = np.ascontiguousarray(planes[:, top : top + 512, top : top + 512])
        out[f"{folder}, one section"] = np.repeat(planes[:1], SECTIONS, axis=0)
        out[f"{folder}, neighbours"] = planes
    return out


def chosen(options: argparse.Namespace) -> dict[str, Method]:
    """Return the methods to measure, without those that are not installed."""
    methods = {name: METHODS[name] for name in options.methods}
    if find_spec("pystackreg") is None and methods.pop("pystackreg rigid", None):
        print("pystackreg is left out, for it is not installed.")
    if options.features:
        for model, name in (("rigid", "rigid"), ("translation", "shifts")):
            methods[f"all pairs, {name}, features"] = partial(
                by_patchprobe, backbone=options.features, reference="neighbours", model=model
            )
    return methods


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--repeats", type=int, default=5, help="jitters of each stack")
    parser.add_argument("--degrees", type=float, default=0.0, help="largest injected turn to either side")
    parser.add_argument("--only", default="", help="only stacks with this in their name, such as neighbours")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--features", help="a backbone to measure too, all pairs, rigid and shifts")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "alignment_stack.json"
    )
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder with em_isbi2012 and em_vnc by --data or PATCHPROBE_DATA")

    methods = chosen(options)
    rows = []
    for source, planes in sources(Path(options.data)).items():
        if options.only not in source:
            continue
        exact, spread = np.stack([np.eye(3)] * SECTIONS), 0.0
        if source.endswith("neighbours"):
            exact, spread = natural(source, planes, options.out.parent / "judged")
        for degrade, blank in product((False, True), repeat=2):
            print(
                f"\n{source}, {'degraded' if degrade else 'clean'}{', one blank' if blank else ''}: "
                f"±20 px, ±{options.degrees:g}°; truth ±{spread:.1f} px",
                flush=True,
            )
            for name, method in methods.items():
                row = measure(method, planes, exact, options, degrade, blank)
                row |= {"source": source, "degraded": degrade, "blank": blank, "method": name}
                rows.append({**row, "truth_spread_px": spread, "degrees": options.degrees})
                print(in_words(name, row), flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
