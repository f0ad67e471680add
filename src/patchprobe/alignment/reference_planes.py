"""Each plane of a stack onto a given one: a template slice, an atlas, the same plane of another volume."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..backbones import Backbone
from ..embedding import OnProgress
from ..errors import InputError
from ..io import Stack
from .align_pair import align_pair
from .edges import plane_axes_shape
from .models import Model
from .placed_section import Alignment
from .plane_map import PlaneMap
from .prepared_pair import PairSearch
from .transform import Transform

# Pixels whose sizes differ by less are compared as they are.
_SAME_SIZE = 0.02


def align_to_planes(
    stack: Stack,
    template: Stack,
    backbone: str | Backbone | None = None,
    model: Model = "rigid",
    *,
    max_shift: float | None = None,
    max_rotation: float = 12.0,
    flips: bool = False,
    on_progress: OnProgress | None = None,
) -> Generator[tuple[int, Alignment], None, None]:
    """Align each plane of a stack with a plane of a template, as `align_pair` does.

    Parameters
    ----------
    stack : Stack
    template : Stack
        One plane, for all planes of the stack; or as many as the stack, or as a volume of it in time, has:
        then planes of the same number belong together. The planes may differ in size, and in pixel size where
        both stacks know theirs in the same unit.
    backbone, model, max_shift, max_rotation, flips
        As in `align_pair`, all five models; the shift is in pixels of the template.
    on_progress : callable, optional
        Called with (planes done, planes in all) after each plane. What it raises stops the work.

    Yields
    ------
    tuple of (int, Alignment)
        The number of a plane and its map from the template to the plane. A plane that fails keeps the map of
        the one before. Closing the generator stops the work.

    Raises
    ------
    InputError
        If the numbers of planes do not go together, or an argument makes no sense.
    """
    partners = _partners(stack, template)
    wanted = PairSearch(model, max_shift, max_rotation, flips)
    return _walk(stack, template, partners, backbone, wanted, on_progress)


def _walk(
    stack: Stack,
    template: Stack,
    partners: list[int],
    backbone: str | Backbone | None,
    wanted: PairSearch,
    on_progress: OnProgress | None,
) -> Generator[tuple[int, Alignment], None, None]:
    sizes = _pixels_of_template(stack, template)
    # Template to plane, as long as nothing better is known.
    held: PlaneMap = Transform(np.diag([*sizes, 1.0]))
    for number, partner in enumerate(partners):
        plane, to_plane = _resized(stack.plane(number), sizes)
        found = align_pair(
            template.plane(partner),
            plane,
            wanted.model,
            backbone=backbone,
            max_shift=wanted.max_shift,
            max_rotation=wanted.max_rotation,
            flips=wanted.flips,
        )
        if found.status != "failed":
            held = found.transform.compose(to_plane)
        residual = found.residual if math.isfinite(found.residual) else None
        yield (
            number,
            Alignment(held, found.status, found.reason, found.score, found.distinctness, residual=residual),
        )
        if on_progress is not None:
            on_progress(number + 1, stack.n_planes)


def _partners(stack: Stack, template: Stack) -> list[int]:
    """Say which plane of the template belongs to each plane of the stack."""
    lengths = plane_axes_shape(stack)
    depth = lengths[-1] if lengths else 1
    if template.n_planes == stack.n_planes:
        return list(range(stack.n_planes))
    if template.n_planes not in (1, depth):
        several = f", {depth}" if depth != stack.n_planes else ""
        raise InputError(
            f"A template has 1 plane{several} or {stack.n_planes}, as many as {stack.name}; {template.name} "
            f"has {template.n_planes}. Give the plane that belongs to all of them, or as many."
        )
    return [number % template.n_planes for number in range(stack.n_planes)]


def _pixels_of_template(stack: Stack, template: Stack) -> tuple[float, float]:
    """Pixels of the stack to one of the template, along y and x; 1 where sizes are not known or nearly so."""
    own, other = (slice(len(one.plane_axes), len(one.plane_axes) + 2) for one in (stack, template))
    if stack.units[own] != template.units[other]:
        return 1.0, 1.0
    down, across = (t / s for s, t in zip(stack.voxel_size[own], template.voxel_size[other], strict=True))
    return (1.0, 1.0) if max(abs(down - 1), abs(across - 1)) < _SAME_SIZE else (down, across)


def _resized(plane: npt.NDArray[Any], sizes: tuple[float, float]) -> tuple[npt.NDArray[Any], Transform]:
    """Bring a plane to the template's pixels; also return the map from there to the plane as it was."""
    if sizes == (1.0, 1.0):
        return plane, Transform.identity()
    shape = [max(1, round(n / size)) for n, size in zip(plane.shape[:2], sizes, strict=True)]
    way = cv2.INTER_AREA if min(sizes) > 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.asarray(plane, np.float32), (shape[1], shape[0]), interpolation=way)
    # The edges of both agree: the middle of the first pixel lies at (size − 1) / 2 of the others.
    down, across = (n / s for n, s in zip(plane.shape[:2], shape, strict=True))
    return small, Transform(np.array([[down, 0, (down - 1) / 2], [0, across, (across - 1) / 2], [0, 0, 1]]))
