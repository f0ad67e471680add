"""The sections of a stack placed one after the other, each by one that was placed before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

from ..backbones import Backbone
from ..embedding import OnProgress
from ..errors import InputError
from ..io import Stack
from .comparers import Comparer, ModelComparer, model_of
from .edges import BLANK, plane_axes_shape, predecessor
from .models import Model
from .placed_section import Alignment
from .prepared_pair import PairSearch
from .shift_comparer import ShiftComparer
from .transform import Transform
from .translation import Method

Reference = Literal["previous", "first"]

# A section, the last good one before it, and the one just before.
_KEPT = 3


def align_sections(
    stack: Stack,
    backbone: str | Backbone | None = "filters",
    reference: Reference = "previous",
    method: Method = "whole-shift",
    *,
    model: Model | None = None,
    max_shift: float | None = None,
    max_rotation: float = 12.0,
    flips: bool = False,
    on_progress: OnProgress | None = None,
    known: Sequence[Alignment] = (),
) -> Iterator[tuple[int, Alignment]]:
    """Align the sections of a stack one by one; see `align_stack`.

    Parameters
    ----------
    known : sequence of Alignment
        What was yielded, from the first section on, before it was stopped; with the same other arguments it
        goes on from there.

    Yields
    ------
    tuple of (int, Alignment)
        The number of the plane and where it lies in the common frame. Closing the generator stops the work.
    """
    if reference not in get_args(Reference):
        raise InputError(f"The reference is one of {', '.join(get_args(Reference))}; got {reference!r}.")
    wanted = PairSearch(
        model_of(model, method, "translation"), max_shift, max_rotation, flips, averages=False
    )
    comparer: Comparer
    if wanted.model == "translation":
        comparer = ShiftComparer(stack, backbone, method, max_shift, _KEPT)
    else:
        comparer = ModelComparer(stack, backbone, wanted, _KEPT)
    return _walk(comparer, reference, on_progress, known)


def _walk(
    comparer: Comparer,
    reference: Reference,
    on_progress: OnProgress | None,
    known: Sequence[Alignment],
) -> Iterator[tuple[int, Alignment]]:
    done = dict(enumerate(known))
    n_planes = comparer.stack.n_planes
    for number in range(len(done), n_planes):
        done[number] = _place(number, done, comparer, reference)
        yield number, done[number]
        if on_progress is not None:
            on_progress(number + 1, n_planes)


def _place(number: int, done: dict[int, Alignment], comparer: Comparer, reference: Reference) -> Alignment:
    """Compare one section with the sections it may be compared with, until one fits."""
    before = predecessor(number, plane_axes_shape(comparer.stack))
    held = Transform.identity() if before is None else done[before].transform
    if comparer.planes[number].is_blank:
        return Alignment(held, "failed", BLANK, 0.0, 0.0, None)
    best: Alignment | None = None
    for other in _references(number, done, comparer, reference):
        found = comparer.compare(comparer.planes[other], comparer.planes[number])
        placed = replace(
            found,
            transform=held if found.status == "failed" else done[other].transform.compose(found.transform),
            reference=other,
            step=found.shift,
        )
        if best is None or _better(placed, best):
            best = placed
        if best.status == "ok":
            break
    return Alignment(held) if best is None else best


def _references(
    number: int, done: dict[int, Alignment], comparer: Comparer, reference: Reference
) -> Iterator[int]:
    """Planes to compare a plane with, the one to prefer first."""
    if reference == "first":
        good = next((other for other in range(number) if done[other].status != "failed"), None)
        if good is not None:
            yield good
        return
    before = good = predecessor(number, plane_axes_shape(comparer.stack))
    while good is not None and done[good].status == "failed":
        good = predecessor(good, plane_axes_shape(comparer.stack))
    if good is not None:
        yield good
    # A section that resembled none before it may be the start of what follows.
    if before is not None and before != good and not comparer.planes[before].is_blank:
        yield before


_RANK = {"ok": 2, "doubtful": 1, "failed": 0}


def _better(one: Alignment, other: Alignment) -> bool:
    return (_RANK[one.status], one.distinctness) > (_RANK[other.status], other.distinctness)
