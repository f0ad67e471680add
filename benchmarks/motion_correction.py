"""Motion correction of movies by `align_stack(…, reference="template")`, beside other programs.

Movies:

- ``drawn``: cells, some of which light up now and then, that drift by up to ±6 px and jitter by 0.5 px, with
  photon and read noise. Their motion is known exactly: the scene is moved by its Fourier series and cut out
  of a larger one. Noise is in units of the standard deviation of the clean movie.
- ``two-photon``: the 20 frames of ``calcium_two_photon``, each moved by up to ±8 px besides.
- ``nuclei``: the 10 frames of ``tracking_hela``, half of their resolution, with a drift of 4 px a frame.

The own motion of the real ones is not known. So each program is run twice, on them as they are and moved; the
difference should be what was injected: this tells how repeatable it is.

Peers where they are installed: scikit-image's `phase_cross_correlation` of each frame with the mean of all,
with and without normalisation, twice, so that the second mean is of moved frames; pystackreg to the mean;
jnormcorre (NoRMCorre, rigid). Errors are distances after the median offset of a movie, which is free, is
taken out. CPU time is that of all threads.

    python benchmarks/motion_correction.py --data DIR      # or PATCHPROBE_DATA=DIR
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import shift as moved_by
from skimage.registration import phase_cross_correlation

from patchprobe import Stack, align_stack, load_stack

Movie = npt.NDArray[np.float32]
Shifts = npt.NDArray[np.float64]
# Returns shifts (n, 2), (dy, dx) from a common frame to each frame, and which of them it does not call sure.
Method = Callable[[Movie], tuple[Shifts, list[int]]]

MARGIN = 24
FAR_PX = 2.0
RESULTS = Path(__file__).parent / "results" / "motion_correction.json"


def by_patchprobe(movie: Movie, **options: object) -> tuple[Shifts, list[int]]:
    """Correct by `align_stack`."""
    found = align_stack(Stack(movie, "tyx"), reference="template", **options)
    return found.shifts, [number for number, status in enumerate(found.statuses) if status != "ok"]


def by_phase_correlation(movie: Movie, normalization: str | None) -> tuple[Shifts, list[int]]:
    """Register each frame to the mean, then to the mean of the frames as they were moved."""
    # Without their mean, which does not move and would outweigh all else.
    movie = movie - movie.mean(axis=(1, 2), keepdims=True)
    template = movie.mean(axis=0)
    for _ in range(2):
        # What it returns moves the frame onto the template.
        shifts = -np.array(
            [
                phase_cross_correlation(template, frame, upsample_factor=20, normalization=normalization)[0]
                for frame in movie
            ]
        )
        template = np.mean(
            [moved_by(f, -s, order=1, mode="nearest") for f, s in zip(movie, shifts, strict=True)], axis=0
        )
    return shifts, []


def by_pystackreg(movie: Movie) -> tuple[Shifts, list[int]]:
    """Register to the mean, as its documentation advises for movies."""
    from pystackreg import StackReg

    found = StackReg(StackReg.TRANSLATION).register_stack(movie, reference="mean")
    return found[:, [1, 0], 2], []


def by_jnormcorre(movie: Movie) -> tuple[Shifts, list[int]]:
    """Rigid NoRMCorre, with three rounds of its template and room for the motion that was injected."""
    from jnormcorre.motion_correction import MotionCorrect

    silent = io.StringIO()
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
        corrector = MotionCorrect(movie, max_shifts=(40, 40), frames_per_split=50, niter_rig=3)
        corrector.motion_correct()
    # They move the frame onto the template.
    return -np.array(corrector.shifts_rig, dtype=np.float64)[:, :2], []


METHODS: dict[str, Method] = {
    "patchprobe": by_patchprobe,
    "patchprobe, rigid": partial(by_patchprobe, model="rigid"),
    "scikit-image, phase": partial(by_phase_correlation, normalization="phase"),
    "scikit-image, cross": partial(by_phase_correlation, normalization=None),
}
if find_spec("pystackreg"):
    METHODS["pystackreg"] = by_pystackreg
if find_spec("jnormcorre"):
    METHODS["jnormcorre"] = by_jnormcorre


def fourier_moved(image: npt.NDArray[np.floating], shift: Shifts) -> npt.NDArray[np.float64]:
    """Move an image by its Fourier series: what lay at p lies at p + shift."""
    rows, cols = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])[None, :]
    turned = np.fft.rfft2(image) * np.exp(-2j * np.pi * (rows * shift[0] + cols * shift[1]))
    return np.fft.irfft2(turned, image.shape)


def drawn(frames: int, side: int, noise: float, rng: np.random.Generator) -> tuple[Movie, Shifts]:
    """Draw a movie of cells with known motion."""
    full = side + 2 * MARGIN
    y, x = np.mgrid[:full, :full]
    cells = []
    for _ in range(full * full // 900):
        centre, radius = rng.uniform(0, full, 2), rng.uniform(4, 7)
        distance = ((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / radius**2
        cells.append((rng.lognormal(0, 0.6) * np.exp(-(distance**2))).astype(np.float32))
    still = np.sum(cells, axis=0) + cv2.GaussianBlur(rng.normal(0, 1, (full, full)), (0, 0), 2)
    drift = np.cumsum(rng.normal(0, 1, (frames, 2)), axis=0)
    drift = (drift - drift.mean(axis=0)) / np.abs(drift - drift.mean(axis=0)).max() * 6
    shifts = drift + rng.normal(0, 0.5, (frames, 2))
    movie = []
    for shift in shifts:
        active = rng.random(len(cells)) < 0.02
        scene = still + 2 * np.sum(
            [c for c, a in zip(cells, active, strict=True) if a] or [0 * still], axis=0
        )
        movie.append(fourier_moved(scene, shift)[MARGIN:-MARGIN, MARGIN:-MARGIN])
    clean = np.stack(movie)
    light = np.clip(clean - clean.min(), 0, None)
    # Half of the noise's variance grows with the light, half does not.
    spread = noise * clean.std() * np.sqrt(0.5 + 0.5 * light / light.mean())
    return (clean + spread * rng.normal(size=clean.shape)).astype(np.float32), shifts


def injected(movie: Movie, shifts: Shifts) -> Movie:
    """Move the frames of a real movie; what comes in at the rim is its mirror image."""
    room = int(np.ceil(np.abs(shifts).max())) + 8
    padded = [np.pad(frame, room, mode="reflect") for frame in movie]
    inner = slice(room, -room)
    return np.stack(
        [fourier_moved(f, s)[inner, inner] for f, s in zip(padded, shifts, strict=True)], dtype=np.float32
    )


def errors_px(found: Shifts, truth: Shifts) -> Shifts:
    """Distances to the truth, the median offset taken out."""
    difference = found - truth
    return np.hypot(*(difference - np.median(difference, axis=0)).T)


def measure(name: str, movie: Movie, truth: Shifts, own: Shifts | None) -> dict[str, object]:
    """Correct a movie by one method; `own` is what it says of the movie before motion was injected."""
    started = time.process_time()
    found, unsure = METHODS[name](movie)
    seconds = time.process_time() - started
    errors = errors_px(found if own is None else found - own, truth)
    row: dict[str, object] = {
        "method": name,
        "median_px": float(np.median(errors)),
        "p95_px": float(np.percentile(errors, 95)),
        "largest_px": float(errors.max()),
        "lost": int((errors > FAR_PX).sum()),
        "lost_but_sure": int((errors > FAR_PX).sum() - sum(errors[n] > FAR_PX for n in unsure)),
        "frames": len(movie),
        "unsure": len(unsure),
        "frames_a_second": len(movie) / seconds,
    }
    print(
        f"  {name:20} median {row['median_px']:6.3f} px  95 % {row['p95_px']:7.3f}"
        f"  largest {row['largest_px']:7.2f}  over {FAR_PX:g} px: {row['lost']:3} of {len(movie)}"
        f"  not ok: {row['unsure']:2}"
        f"  {row['frames_a_second']:6.1f} frames/s of CPU",
        flush=True,
    )
    return row


def foreign(rng: np.random.Generator, side: int, frames: int) -> dict[str, object]:
    """Count which frames are not called ok, of a movie of which a tenth shows something else."""
    counts = {"foreign": 0, "foreign_failed": 0, "foreign_ok": 0, "own": 0, "own_not_ok": 0}
    for noise in (0.25, 1.0, 2.0, 4.0):
        movie, _ = drawn(frames, side, noise, rng)
        other, _ = drawn(frames, side, noise, rng)
        wrong = rng.choice(frames, frames // 10, replace=False)
        for kind, number in enumerate(wrong):
            # Another field, this one mirrored, noise, nothing.
            noise_alone, nothing = rng.normal(size=(side, side)), np.zeros((side, side))
            movie[number] = (other[number], movie[number][::-1], noise_alone, nothing)[kind % 4]
        statuses = align_stack(Stack(movie, "tyx"), reference="template").statuses
        counts["foreign"] += len(wrong)
        counts["foreign_failed"] += sum(statuses[n] == "failed" for n in wrong)
        counts["foreign_ok"] += sum(statuses[n] == "ok" for n in wrong)
        counts["own"] += frames - len(wrong)
        counts["own_not_ok"] += sum(s != "ok" for n, s in enumerate(statuses) if n not in wrong)
    print(
        f"\nFrames of something else: {counts['foreign_failed']} of {counts['foreign']} failed, "
        f"{counts['foreign_ok']} ok; "
        f"of the movie's own: {counts['own_not_ok']} of {counts['own']} not ok"
    )
    return counts


def real_movies(data: Path) -> dict[str, tuple[Movie, Shifts]]:
    """Movies of microscopes, and what is injected into them."""
    rng = np.random.default_rng(5)
    calcium = load_stack(data / "calcium_two_photon" / "image.tif", axes="tyx")
    nuclei = load_stack(data / "tracking_hela" / "image.tif", axes="tyx")
    photons = np.stack([calcium.plane(n) for n in range(calcium.n_planes)]).astype(np.float32)
    half = np.stack(
        [
            cv2.resize(nuclei.plane(n).astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            for n in range(nuclei.n_planes)
        ]
    )
    drift = np.arange(len(half))[:, None] * np.array([2.5, -3.1]) + rng.normal(0, 0.5, (len(half), 2))
    return {
        "two-photon": (photons, rng.uniform(-8, 8, (len(photons), 2))),
        "nuclei": (half, drift),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--frames", type=int, default=100, help="of drawn movies")
    parser.add_argument("--side", type=int, default=192, help="of drawn frames, in pixels")
    parser.add_argument("--noise", type=float, nargs="*", default=[0.25, 1.0, 2.0, 4.0])
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    rows: list[dict[str, object]] = []
    for noise in options.noise:
        movie, truth = drawn(options.frames, options.side, noise, np.random.default_rng(0))
        print(f"\ndrawn, noise {noise:g}")
        rows += [
            measure(name, movie, truth, None) | {"movie": f"drawn {noise:g}"} for name in options.methods
        ]
    if options.data is not None:
        for source, (movie, truth) in real_movies(Path(options.data)).items():
            print(f"\n{source}")
            for name in options.methods:
                own, _ = METHODS[name](movie)
                rows.append(measure(name, injected(movie, truth), truth, own) | {"movie": source})
    rows.append(foreign(np.random.default_rng(1), options.side, 40) | {"movie": "drawn, a tenth foreign"})
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
