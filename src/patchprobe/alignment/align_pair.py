"""One section against another, in any orientation, with a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..embedding import check_plane
from ..errors import InputError
from ..grid import PatchGrid
from ..io import Stack
from .edge_strength import edge_section
from .ladder import cell_sizes
from .landmarks import check_landmarks
from .models import Model
from .prepared_pair import PairAlignment, PairSearch, compare_sections
from .prepared_section import SMALLEST, prepare, section_of
from .stack_features import StackFeatures
from .witnesses import FEATURE_CELLS

_BY_EDGES = "Compared by the strength of edges, for brightness does not agree."


def align_pair(
    fixed: npt.ArrayLike,
    moving: npt.ArrayLike,
    model: Model = "rigid",
    *,
    backbone: str | Backbone | None = None,
    fixed_mask: npt.ArrayLike | None = None,
    moving_mask: npt.ArrayLike | None = None,
    landmarks: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    max_shift: float | None = None,
    max_rotation: float = 12.0,
    flips: bool = False,
    pixel_size: float | Sequence[float] = 1.0,
) -> PairAlignment:
    """Find where a section lies on another one.

    Every shift under every angle is scored at once on band-passed intensity, and on features if a backbone
    is given. The likeliest places are refined from coarse to fine, and the one that correlates best is
    kept. Whether it is right is told by the parts of the section: each looks for its own place.

    Where that is not sure, the strength of edges is compared in place of intensity: two contrasts of the same
    tissue, one of which may be bright where the other is dark, have it in common. It is kept if it is sure,
    and `note` says so.

    Parameters
    ----------
    fixed, moving : array_like, shape (H, W) or (H, W, C)
        Two planes of any real dtype and size, at one pixel size. Of pictures in colours (three channels, or
        four with alpha) the amount of tissue is compared, whatever its stain; of others the mean of the
        channels.
    model : {"translation", "rigid", "similarity", "affine", "elastic"}
        What the transform may do. ``"elastic"`` starts from an affine one, and stays there unless parts of
        the section that it did not see come to lie better.
    backbone : str, Backbone or None
        Features as a second witness, for sections some way apart. Best with the position part removed:
        ``"dinov2-small?blocks=6,9&position=removed"``. It cannot be large planes' only witness: intensity
        always is one.
    fixed_mask, moving_mask : array_like of bool, shape (H, W), optional
        Pixels that count. Blank and not finite areas, and folds, never do.
    landmarks : pair of array_like, each (n, 2), optional
        Points (y, x) in pixels in the fixed and the moving section, row by row the same. They take the place
        of the search; the images then refine what they say, if that makes them agree better.
    max_shift : float, optional
        Farthest that the middle of the section may be displaced along y or x, in pixels.
    max_rotation : float
        Largest angle to look at, in degrees: 0 to 180. Not used by ``"translation"``.
    flips : bool
        Whether the moving section may lie on its face.
    pixel_size : float or two floats
        Of a pixel, along y and x, in any unit: that of `residual_physical`.

    Returns
    -------
    PairAlignment

    Raises
    ------
    InputError
        If a plane, mask or landmarks have a wrong shape, a mask leaves nothing, there are fewer landmarks
        than the model needs, or an argument is out of range.
    """
    wanted = PairSearch(model, max_shift, max_rotation, flips)
    size = _pixel_size(pixel_size)
    planes = (check_plane(fixed, SMALLEST), check_plane(moving, SMALLEST))
    points = None if landmarks is None else check_landmarks(landmarks, model)
    sections = (section_of(planes[0], fixed_mask, "fixed"), section_of(planes[1], moving_mask, "moving"))
    cells = cell_sizes(*((plane.shape[0], plane.shape[1]) for plane in planes))
    grids: Sequence[PatchGrid | None] = (None, None)
    if backbone is not None and points is None and not any(section.is_blank for section in sections):
        grids = _features(planes, get_backbone(backbone))
    ready = [prepare(section, cells, grid) for section, grid in zip(sections, grids, strict=True)]
    found = compare_sections(ready[0], ready[1], wanted, points, size)
    if found.status == "ok" or points is not None or any(section.is_blank for section in ready):
        return found
    edges = [
        prepare(edge_section(section), cells, grid) for section, grid in zip(sections, grids, strict=True)
    ]
    by_edges = compare_sections(edges[0], edges[1], wanted, points, size)
    return (
        replace(by_edges, note=f"{_BY_EDGES} {by_edges.note}".strip()) if by_edges.status == "ok" else found
    )


def _features(planes: tuple[npt.NDArray[Any], npt.NDArray[Any]], backbone: Backbone) -> list[PatchGrid]:
    """Embed both planes alike, continued to one size by their last pixels."""
    shape = [max(sizes) for sizes in zip(*(plane.shape[:2] for plane in planes), strict=True)]
    rooms = [[(0, n - m) for n, m in zip(shape, plane.shape[:2], strict=True)] for plane in planes]
    both = [
        np.pad(plane, room + [(0, 0)] * (plane.ndim - 2), mode="edge")
        for plane, room in zip(planes, rooms, strict=True)
    ]
    stack = Stack(np.stack(both), "zyx" if planes[0].ndim == 2 else "zyxc")
    features = StackFeatures(stack, backbone, FEATURE_CELLS)
    return [features.grid(0), features.grid(1)]


def _pixel_size(given: float | Sequence[float]) -> tuple[float, float]:
    size = np.asarray(given, dtype=np.float64)
    if size.shape not in ((), (2,)) or not (np.isfinite(size).all() and (size > 0).all()):
        raise InputError(f"The pixel size is a positive number, or two along (y, x); got {given}.")
    down, across = np.broadcast_to(size, (2,))
    return float(down), float(across)
