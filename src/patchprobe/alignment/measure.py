"""The edges of a stack: each section compared with the few before it, several pairs at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy.typing as npt

from ..backbones import Backbone
from ..errors import InputError
from ..io import Stack
from .comparers import Comparer, FunctionComparer, Prepared, comparer_of, model_of
from .edges import Edge, PairResult, StackEdges, pairs_to_compare, plane_axes_shape
from .models import Model
from .pixel_size import PixelSize
from .prepared_pair import PairSearch
from .translation import Method

PairFunction = Callable[[npt.NDArray[Any], npt.NDArray[Any]], PairResult]

# Two planes and their features are in memory for each pair that is compared.
_MOST_WORKERS = 4


def measure_edges(
    stack: Stack,
    backbone: str | Backbone | None = "filters",
    *,
    neighbours: int = 3,
    model: Model | None = None,
    max_shift: float | None = None,
    max_rotation: float = 12.0,
    flips: bool = False,
    method: Method = "whole-shift",
    pair: PairFunction | None = None,
    known: StackEdges | None = None,
    workers: int | None = None,
) -> Generator[StackEdges, None, StackEdges]:
    """Compare each section with those up to `neighbours` before it.

    Parameters
    ----------
    stack : Stack
        Planes of several volumes in time are neighbours along the last axis; the first plane of a volume
        is one of the first plane of the volume before.
    backbone, model, max_shift, max_rotation, flips, method
        As in `align_stack`; not looked at if `pair` is given.
    neighbours : int
        1 for direct neighbours only; 3 compares sections two and three apart too.
    pair : callable, optional
        Called with two planes, fixed and moving; returns what has a transform, status, reason and score.
        Several threads call it at once. Sections are compared as by `align_pair` if not given.
    known : StackEdges, optional
        What was found before; these pairs are not compared again.
    workers : int, optional
        Pairs that are compared at once; as many as there are processors, at most 4, if not given.

    Yields
    ------
    StackEdges
        All edges so far, the newest last: to save, and to give back as `known`. Closing the generator stops
        the work.

    Returns
    -------
    StackEdges
        All edges.

    Raises
    ------
    InputError
        If an argument makes no sense, or `known` is of another stack or was compared in another way.
    """
    if neighbours < 1:
        raise InputError(f"A section is compared with 1 or more before it; got neighbours={neighbours}.")
    if workers is not None and workers < 1:
        raise InputError(f"At least 1 pair is compared at a time; got workers={workers}.")
    # One more than a section is compared with: itself.
    kept = neighbours + 1
    comparer: Comparer
    if pair is not None:
        comparer = FunctionComparer(stack, pair, kept)
    else:
        wanted = PairSearch(model_of(model, method, "rigid"), max_shift, max_rotation, flips, averages=False)
        comparer = comparer_of(stack, backbone, wanted, method, kept)
    pixel = PixelSize.of_stack(stack)
    start = StackEdges((), stack.n_planes, stack.plane_shape, _depth(stack), comparer.made_by, pixel=pixel)
    if known is not None:
        if not known.fits(start):
            raise InputError(
                f"The edges given are of {known.n_planes} planes of {known.plane_shape} px compared by "
                f"{known.made_by!r}; these are {start.n_planes} of {start.plane_shape} px, to be compared by "
                f"{start.made_by!r}. Start without edges."
            )
        start = replace(known, pixel=pixel)
    return _measure(stack, comparer, start, neighbours, workers or min(_MOST_WORKERS, os.cpu_count() or 1))


def n_pairs(stack: Stack, neighbours: int) -> int:
    """Return how many pairs `measure_edges` compares."""
    return len(pairs_to_compare(plane_axes_shape(stack), neighbours))


def _depth(stack: Stack) -> int:
    shape = plane_axes_shape(stack)
    return shape[-1] if shape else 1


def _measure(
    stack: Stack, comparer: Comparer, edges: StackEdges, neighbours: int, workers: int
) -> Generator[StackEdges, None, StackEdges]:
    if stack.n_planes == 1 and comparer.planes[0].is_blank:
        return replace(edges, blank=(0,))
    done = {frozenset(edge.pair) for edge in edges.edges}
    pairs = [
        pair for pair in pairs_to_compare(plane_axes_shape(stack), neighbours) if frozenset(pair) not in done
    ]
    with _pool(workers) as pool:
        for edge, blank in _in_order(pairs, comparer, pool, workers):
            edges = edges.with_edge(edge, blank)
            yield edges
    return edges


def _in_order(
    pairs: list[tuple[int, int]], comparer: Comparer, pool: ThreadPoolExecutor, workers: int
) -> Iterator[tuple[Edge, tuple[int, ...]]]:
    """Compare pairs; yield edges in the order of pairs, and which of their sections are blank.

    Planes are read and embedded here, one after the other, while pairs are compared in threads.
    """
    pending: deque[tuple[Future[Edge], tuple[int, ...]]] = deque()
    for fixed, moving in pairs:
        ready = {number: comparer.planes[number] for number in (fixed, moving)}
        blank = tuple(number for number, plane in ready.items() if plane.is_blank)
        find = partial(_compare, comparer, fixed, moving, ready, bool(blank))
        pending.append((pool.submit(find), blank))
        if len(pending) > workers:
            future, blank = pending.popleft()
            yield future.result(), blank
    for future, blank in pending:
        yield future.result(), blank


def _compare(comparer: Comparer, fixed: int, moving: int, ready: dict[int, Prepared], is_blank: bool) -> Edge:
    if is_blank:
        return Edge.of_blank(fixed, moving)
    return Edge.of_pair(fixed, moving, comparer.compare(ready[fixed], ready[moving]))


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more once the work is stopped."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="patchprobe-pairs")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
