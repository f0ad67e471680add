"""Sections two and three apart, displaced by a known shift, with a network's features: for `alignment.py`.

The place that is found, whether it is called failed or not, is right within 40 px of the shift that was
injected after what the sections are displaced by in the source: the judges of `pairs_truth.py` say from
neighbour to neighbour. Beside them, the same pairs with the moving crop turned by 180°, which no answer fits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pairs_data import SIDE, Matrix, Plane, Source, cut, degraded, displaced, few, injected, sources
from pairs_truth import distance, judged

from patchprobe import Stack, get_backbone
from patchprobe.alignment.ladder import Ladder, cell_sizes
from patchprobe.alignment.prepared_pair import PairSearch, compare_sections, likely_places
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
_WANTED = PairSearch("translation", WITHIN_PX)
_BLOCKS = "?blocks=6,9"
_MIDDLE = np.full((1, 2), (SIDE - 1) / 2)


def measure_gaps(data: Path, network: Path, degrade: bool, limit: int | None, cache: Path) -> Iterator[Row]:
    """Count failures over pairs two and three apart, for each way of comparing them."""
    name = f"{BackboneName(f'path:{network.resolve()}')}{_BLOCKS}"
    for gap in GAPS:
        pairs = few(sources(data, gap), limit)
        warps, fixed, moving = _displaced_pairs(pairs, gap, degrade)
        natural = _natural(data, pairs, cache)
        truth = [warp @ matrix for warp, matrix in zip(warps, natural, strict=True)]
        turned = [np.ascontiguousarray(plane[::-1, ::-1]) for plane in moving]
        crops = [*fixed, *moving, *turned]
        without = _kept_features(pairs, crops, f"{name}&position=removed", cache)
        with_it = _kept_features(pairs, crops[: 2 * len(pairs)], name, cache)
        nothing: Grids = [None] * len(crops)
        cell = {"gap": gap, "degraded": degrade, "displaced_in_source_px": _largest(natural)}
        for way, grids in (("both", without), ("both, position left in", with_it), ("intensity", nothing)):
            yield {**cell, "way": way, **_counted(_ready(crops, grids), truth)}
        yield {**cell, "way": "features", **_by_features(_ready(crops, without), truth)}


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


def _kept_features(pairs: Sequence[Source], crops: Sequence[Plane], backbone: str, cache: Path) -> Grids:
    """Embed crops, or read what was embedded before."""
    state = blake2b(backbone.encode(), digest_size=12)
    for crop in crops:
        state.update(crop.data)
    path = cache / f"features_{state.hexdigest()}.npz"
    if not path.exists():
        grids = _features(pairs, crops, backbone)
        one = grids[0]
        features = np.stack([grid.array.astype(np.float16) for grid in grids])
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, features=features, stride=one.stride, origin=one.origin)
    with np.load(path) as kept:
        stride, origin = float(kept["stride"]), tuple(kept["origin"].tolist())
        return [PatchGrid(array, stride, origin, (SIDE, SIDE)) for array in kept["features"]]


def _features(pairs: Sequence[Source], crops: Sequence[Plane], backbone: str) -> list[PatchGrid]:
    """Embed crops; those of one source are one stack, as for `align_stack`."""
    folders = np.resize([pair.place.rsplit("_", 1)[0] for pair in pairs], len(crops))
    grids: dict[int, PatchGrid] = {}
    for folder in np.unique(folders):
        numbers = np.flatnonzero(folders == folder)
        stack = Stack(np.stack([crops[number] for number in numbers]), "zyx")
        features = StackFeatures(stack, get_backbone(backbone), FEATURE_CELLS)
        for plane, number in enumerate(numbers):
            grids[int(number)] = features.grid(plane)
    return [grids[number] for number in range(len(crops))]


def _ready(crops: Sequence[Plane], grids: Grids) -> list[PreparedSection]:
    cells = cell_sizes((SIDE, SIDE))
    return [
        prepare(section_of(plane, None, "section's"), cells, grid)
        for plane, grid in zip(crops, grids, strict=False)
    ]


def _counted(ready: Sequence[PreparedSection], truth: Sequence[Matrix]) -> Row:
    """Compare as `align_pair` does; of turned crops, count the verdicts."""
    count = len(truth)
    errors, statuses, seconds = [], [], []
    for number, matrix in enumerate(truth):
        fixed, moving = ready[number], ready[number + count]
        place = likely_places(Ladder(fixed, moving), witnesses_of(fixed, moving), _WANTED)[0]
        errors.append(_off(place.matrix, matrix))
        start = time.process_time()
        statuses.append(compare_sections(fixed, moving, _WANTED).status)
        seconds.append(time.process_time() - start)
    turned = [
        compare_sections(ready[number], section, _WANTED).status
        for number, section in enumerate(ready[2 * count :])
    ]
    is_far = np.array(errors) > FAR_PX
    return {
        **_errors(errors),
        "wrong": _tally(statuses, is_far),
        "right": _tally(statuses, ~is_far),
        "turned": _tally(turned, np.ones(len(turned), bool)),
        "seconds": float(np.median(seconds)),
    }


def _tally(statuses: Sequence[str], chosen: npt.NDArray[np.bool_]) -> dict[str, int]:
    return {
        status: int(np.sum(chosen & (np.array(statuses, dtype=str) == status)))
        for status in ("ok", "doubtful", "failed")
    }


def _by_features(ready: Sequence[PreparedSection], truth: Sequence[Matrix]) -> Row:
    """Take the likeliest shift by features alone, as the search finds it."""
    errors = []
    for number, matrix in enumerate(truth):
        witnesses = witnesses_of(ready[number], ready[number + len(truth)])[1:]
        errors.append(_off(search(witnesses, turns(0, 1, False), WITHIN_PX)[0].matrix, matrix))
    return _errors(errors)


def _natural(data: Path, pairs: Sequence[Source], cache: Path) -> list[Matrix]:
    """How sections lie in the source, from neighbour to neighbour."""
    neighbours = {(source.place, source.number): source for source in sources(data)}
    found = []
    for pair in pairs:
        matrix = np.eye(3)
        for step in range(pair.gap):
            judges = judged(neighbours[pair.place, pair.number + step], cache)
            matrix = judges.truth("affine", np.eye(3))[0] @ matrix
        found.append(matrix)
    return found


def _largest(natural: Sequence[Matrix]) -> float:
    return max(_off(matrix, np.eye(3)) for matrix in natural)


def _off(matrix: Matrix, truth: Matrix) -> float:
    """How far apart two matrices put the middle of the crop."""
    return distance(matrix, truth, _MIDDLE)


def _errors(errors: Sequence[float]) -> Row:
    return {
        "median_px": float(np.median(errors)),
        "failures": int(np.sum(np.array(errors) > FAR_PX)),
        "pairs": len(errors),
    }
