"""Sections two and three apart, displaced by a known shift, with a network's features: for `alignment.py`.

How such sections lie in the source is not known to a pixel, but to some: an answer more than 40 px from the
shift that was injected is counted as failed. Beside them, the same pairs with the moving crop turned by 180°,
which no answer fits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pairs_data import SIDE, Matrix, Plane, Source, cut, degraded, displaced, few, injected, moved, sources

from patchprobe import Stack, get_backbone
from patchprobe.alignment.ladder import cell_sizes
from patchprobe.alignment.prepared_pair import PairSearch, compare_sections
from patchprobe.alignment.prepared_section import PreparedSection, prepare, section_of
from patchprobe.alignment.stack_features import StackFeatures
from patchprobe.alignment.sweep import search, turns
from patchprobe.alignment.witnesses import FEATURE_CELLS, witnesses_of
from patchprobe.backbones.name import BackboneName
from patchprobe.grid import PatchGrid

Row = dict[str, object]
Grids = Sequence[PatchGrid | None]

GAPS = (2, 3)
REACH_PX, WITHIN_PX, FAR_PX = 60.0, 200.0, 40.0
_BLOCKS = "?blocks=6,9"
_MIDDLE = np.full((1, 2), (SIDE - 1) / 2)


def measure_gaps(data: Path, network: Path, degrade: bool, limit: int | None) -> Iterator[Row]:
    """Count failures over pairs two and three apart, for each way of comparing them."""
    name = f"{BackboneName(f'path:{network.resolve()}')}{_BLOCKS}"
    for gap in GAPS:
        pairs = few(sources(data, gap), limit)
        warps, fixed, moving = _displaced_pairs(pairs, gap, degrade)
        turned = [np.ascontiguousarray(plane[::-1, ::-1]) for plane in moving]
        crops = [*fixed, *moving, *turned]
        without = _features(pairs, crops, f"{name}&position=removed")
        with_it = _features(pairs, crops[: 2 * len(pairs)], name)
        nothing: Grids = [None] * len(crops)
        cell = {"gap": gap, "degraded": degrade}
        for way, grids in (("both", without), ("both, position left in", with_it), ("intensity", nothing)):
            yield {**cell, "way": way, **_counted(_ready(crops, grids), warps)}
        yield {**cell, "way": "features", **_by_features(_ready(crops, without), warps)}


def _displaced_pairs(
    pairs: Sequence[Source], gap: int, degrade: bool
) -> tuple[list[Matrix], list[Plane], list[Plane]]:
    warps, moving = [], []
    for number, pair in enumerate(pairs):
        rng = np.random.default_rng([number, gap, degrade])
        warps.append(injected("translation", rng, REACH_PX))
        plane = displaced(pair.moving, warps[-1])
        moving.append(degraded(plane, rng) if degrade else plane)
    return warps, [cut(pair.fixed) for pair in pairs], moving


def _features(pairs: Sequence[Source], crops: Sequence[Plane], backbone: str) -> Grids:
    """Embed crops; those of one source are one stack, as for `align_stack`."""
    folders = np.resize([pair.name.split("_")[1] for pair in pairs], len(crops))
    grids: list[PatchGrid | None] = [None] * len(crops)
    for folder in np.unique(folders):
        numbers = np.flatnonzero(folders == folder)
        stack = Stack(np.stack([crops[number] for number in numbers]), "zyx")
        features = StackFeatures(stack, get_backbone(backbone), FEATURE_CELLS)
        for plane, number in enumerate(numbers):
            grids[number] = features.grid(plane)
    return grids


def _ready(crops: Sequence[Plane], grids: Grids) -> list[PreparedSection]:
    cells = cell_sizes((SIDE, SIDE))
    return [
        prepare(section_of(plane, None, "section's"), cells, grid)
        for plane, grid in zip(crops, grids, strict=False)
    ]


def _counted(ready: Sequence[PreparedSection], warps: Sequence[Matrix]) -> Row:
    """Compare as `align_pair` does; of turned crops, count what is not called failed."""
    wanted, count = PairSearch("translation", WITHIN_PX), len(warps)
    errors, silent, doubtful, seconds = [], 0, 0, []
    for number, warp in enumerate(warps):
        start = time.process_time()
        found = compare_sections(ready[number], ready[number + count], wanted)
        seconds.append(time.process_time() - start)
        # What failed gives the identity, which tells nothing.
        far = np.inf if found.status == "failed" else _off(found.matrix, warp)
        errors.append(far)
        silent += far > FAR_PX and found.status == "ok"
        doubtful += far <= FAR_PX and found.status == "doubtful"
    wrong = [
        compare_sections(ready[number], section, wanted).status
        for number, section in enumerate(ready[2 * count :])
    ]
    return {
        **_errors(errors),
        "wrong_but_ok": int(silent),
        "right_but_doubtful": int(doubtful),
        "turned": {status: wrong.count(status) for status in ("ok", "doubtful", "failed")},
        "seconds": float(np.median(seconds)),
    }


def _by_features(ready: Sequence[PreparedSection], warps: Sequence[Matrix]) -> Row:
    """Take the likeliest shift by features alone, as the search finds it."""
    errors = []
    for number, warp in enumerate(warps):
        witnesses = witnesses_of(ready[number], ready[number + len(warps)])[1:]
        places = search(witnesses, turns(0, 1, False), WITHIN_PX)
        errors.append(_off(places[0].matrix, warp) if places else np.inf)
    return _errors(errors)


def _off(matrix: Matrix, warp: Matrix) -> float:
    return float(np.hypot(*(moved(matrix, _MIDDLE) - moved(warp, _MIDDLE))[0]))


def _errors(errors: Sequence[float]) -> Row:
    return {
        "median_px": float(np.median(errors)),
        "failures": int(np.sum(np.array(errors) > FAR_PX)),
        "pairs": len(errors),
    }
