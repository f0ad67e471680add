"""All sections of a stack into one frame: one after the other, or all at once by the pairs of neighbours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Literal

from ..backbones import Backbone, get_backbone
from ..embedding import OnProgress
from ..errors import InputError
from ..io import Stack
from ..steps import finish
from .comparers import model_of
from .edges import StackEdges
from .edits import AlignmentEdits
from .measure import PairFunction, measure_edges, n_pairs
from .models import Model
from .motion import align_to_template
from .pixel_size import PixelSize
from .placement import check_placement
from .reference_planes import align_to_planes
from .result import StackAlignment
from .sequence import align_sections
from .translation import Method

StackReference = Literal["previous", "first", "neighbours", "template"]


def align_stack(
    stack: Stack,
    backbone: str | Backbone | None = "filters",
    reference: StackReference | Stack = "previous",
    method: Method = "whole-shift",
    *,
    model: Model | None = None,
    max_shift: float | None = None,
    max_rotation: float = 12.0,
    flips: bool = False,
    on_progress: OnProgress | None = None,
    neighbours: int = 3,
    anchor: int | None = None,
    smoothness: float = 0.0,
    drift: float = 0.0,
    pair: PairFunction | None = None,
    edges: StackEdges | None = None,
    edits: AlignmentEdits | None = None,
) -> StackAlignment:
    """Align the sections of a stack.

    Parameters
    ----------
    stack : Stack
        Planes are counted as `Stack.plane` counts them.
    backbone : str, Backbone or None
        Features that are compared besides band-passed intensity; None for intensity alone.
    reference : {"previous", "first", "neighbours", "template"} or Stack
        Compare each section with the one before it and add up the shifts, for serial sections that change
        along the stack; or each with the first one, for a time series of one field of view; or each with
        several before it, and place all of them so that all pairs fit best. That takes about `neighbours`
        times as long and is for serial sections some of which are bad: pairs that others contradict are not
        used, and errors do not add up. ``"template"`` is for movies: each frame is compared with the mean of
        the others, by intensity alone (`align_to_template`). Or a stack of your own, such as an atlas or
        another volume: its plane, or that of the same number, is what each one is aligned with, in its frame
        (`align_to_planes`).
    method : {"whole-shift", "median", "max-correlation"}
        As in `estimate_translation`. ``"whole-shift"`` uses intensity and features and refines to a
        fraction of a pixel; the others, those of the reports, find translations by features alone, to whole
        patches.
    model : {"translation", "rigid", "similarity", "affine", "elastic"}, optional
        What may lie between two sections. Not given, it is ``"rigid"`` for ``reference="neighbours"``, since
        serial sections turn when they are picked up, and for a stack of your own, and ``"translation"`` for
        the others. ``"elastic"`` is only for a stack of your own.
    max_shift : float, optional
        Largest shift along y or x between two sections that are compared, in pixels.
    max_rotation : float
        Largest angle between two sections, in degrees: 0 to 180. Not used by ``"translation"``.
    flips : bool
        Whether sections may lie on their face.
    on_progress : callable, optional
        Called with (sections done, sections in all) after each section, or with pairs in place of sections
        where sections are compared with several. What it raises stops the work.
    neighbours : int
        How many sections before it a section is compared with.
    anchor : int, optional
        The section that stays where it is; the middle one if not given, with a template the median shift.
    smoothness, drift : float
        As in `place_sections`; 0 is none.
    pair : callable, optional
        As in `measure_edges`, for comparisons of your own.
    edges : StackEdges, optional
        What `measure_edges` found before it was stopped; these pairs are not compared again. These last six
        are for ``reference="neighbours"``, `anchor` for a template too.
    edits : AlignmentEdits, optional
        Sections to leave out, pairs set by hand and how sections are placed; in the place of `anchor`,
        `smoothness` and `drift`. Not for a stack of your own as reference.

    Returns
    -------
    StackAlignment
        The frame is that of the first section that is not blank, or of the anchor. Sections that are blank,
        or resemble no other, are ``"failed"``: they keep the transform of the section before, or lie between
        their neighbours, and the next is compared with the last good one.

    Raises
    ------
    InputError
        If the method, reference or backbone is unknown or does not suit the stack.

    See Also
    --------
    align_sections, align_to_template : One after the other, as generators that can be stopped in between.
    measure_edges, place_sections : The two steps of ``reference="neighbours"``, to stop, save, change and
        go on with.
    """
    if isinstance(reference, Stack):
        if method != "whole-shift":
            raise InputError(
                f"Planes are compared with a template by whole shifts; got the method {method!r}."
            )
        if edits is not None:
            raise InputError(
                "Edits are of sections that are compared with each other; planes that are aligned with those "
                "of another stack have none. Leave the edits out, or name another reference."
            )
        wanted_model = model or "rigid"
        planes = align_to_planes(
            stack,
            reference,
            backbone,
            wanted_model,
            max_shift=max_shift,
            max_rotation=max_rotation,
            flips=flips,
            on_progress=on_progress,
        )
        found_in = tuple(alignment for _, alignment in planes)
        name, pixel = _name(backbone), PixelSize.of_stack(reference)
        return StackAlignment(
            found_in, stack.plane_shape, name, method, reference.name, model=wanted_model, pixel=pixel
        )
    if reference == "template":
        still = _on_template(stack, method, model or "translation", max_shift, anchor, on_progress)
        return still if edits is None else edits.adjust(still)
    if reference == "neighbours":
        wanted = edits or AlignmentEdits(anchor=anchor, smoothness=smoothness, drift=drift)
        check_placement(stack.n_planes, wanted.anchor, wanted.smoothness, wanted.drift, wanted.excluded)
        steps = measure_edges(
            stack,
            backbone,
            neighbours=neighbours,
            model=model,
            max_shift=max_shift,
            max_rotation=max_rotation,
            flips=flips,
            method=method,
            pair=pair,
            known=edges,
        )
        found = _measured(steps, n_pairs(stack, neighbours), on_progress)
        placed = wanted.place(found)
        if pair is not None:
            return replace(placed, method=found.made_by, model="")
        compared = model_of(model, method, "rigid")
        return replace(placed, backbone=_name(backbone), method=method, model=compared)
    sections = align_sections(
        stack,
        backbone,
        reference,
        method,
        model=model,
        max_shift=max_shift,
        max_rotation=max_rotation,
        flips=flips,
        on_progress=on_progress,
    )
    pixel = PixelSize.of_stack(stack)
    alignments = tuple(alignment for _, alignment in sections)
    compared = model_of(model, method, "translation")
    placed = StackAlignment(
        alignments, stack.plane_shape, _name(backbone), method, reference, model=compared, pixel=pixel
    )
    return placed if edits is None else edits.adjust(placed)


def _on_template(
    stack: Stack,
    method: Method,
    model: Model,
    max_shift: float | None,
    anchor: int | None,
    on_progress: OnProgress | None,
) -> StackAlignment:
    if method != "whole-shift":
        raise InputError(f"Frames are compared with a template by whole shifts; got the method {method!r}.")
    steps = align_to_template(stack, model, max_shift=max_shift, anchor=anchor, on_progress=on_progress)
    alignments = tuple(step[1] for step in steps if step is not None)
    pixel = PixelSize.of_stack(stack)
    return StackAlignment(alignments, stack.plane_shape, "", method, "template", model=model, pixel=pixel)


def _name(backbone: str | Backbone | None) -> str:
    return "" if backbone is None else get_backbone(backbone).spec.name


def _measured(
    steps: Generator[StackEdges, None, StackEdges], total: int, on_progress: OnProgress | None
) -> StackEdges:
    """Compare all pairs; what `on_progress` raises ends the threads too."""

    def tell(so_far: StackEdges) -> None:
        if on_progress is not None:
            on_progress(len(so_far), total)

    with closing(steps):
        return finish(steps, tell)
