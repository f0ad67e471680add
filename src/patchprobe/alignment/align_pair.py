"""One section against another, in any orientation, with a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backbones import Backbone, get_backbone
from ..embedding import check_plane
from ..errors import InputError
from .elastic import elastic_field
from .field import FieldTransform
from .folds import without_folds
from .information import Mask
from .intensity import Section
from .ladder import Ladder
from .landmarks import check_landmarks, fit_landmarks
from .models import Model, check_model, implausibility
from .refine import Fit
from .sweep import search, turns
from .transform import FloatArray, Transform
from .translation import Status
from .verdict import Findings, verdict
from .witnesses import feature_witness, intensity_witness

# Between two angles of the search, in degrees: at the rim of 128 cells, half of it is less than two cells.
_STEP = 3.0
_SMALLEST = 16
# A pair of landmarks farther off than this, in coarse cells, is a slip.
_SLIP = 4.0

Landmarks = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class PairAlignment:
    """How one section lies on another.

    Parameters
    ----------
    transform : Transform or FieldTransform
        From the fixed to the moving section, in pixels: what lies at `p` in the fixed one lies at
        ``transform.points([p])`` in the moving one. The identity where it failed.
    status : {"ok", "doubtful", "failed"}
    reason : str
        Why it is not ok, in a sentence; empty if it is.
    score : float
        Normalised correlation of the two, band-passed, over what both show after alignment; −1 to 1.
    residual : float
        What is left: the median distance from where the transform puts the parts of the section to where
        they fit best by themselves, or that of the landmarks; in pixels. NaN where nothing was compared.
    residual_physical : float
        The same in the unit of `pixel_size`.
    overlap : float
        Area that both show, as a share of the smaller of the two; 0 to 1.
    agreeing : float
        Share of the parts of the section that, each by itself, fit best near where the transform puts them.
    model : str
        Model of the transform. ``"affine"`` where an elastic one was asked for and did not help; `note`
        says so.
    landmark_residuals : ndarray of float64, shape (n,)
        Distance that the transform which was found leaves of each pair of landmarks, in pixels; empty
        without landmarks.
    note : str
        What else is worth knowing, in a sentence; often empty.
    """

    transform: Transform | FieldTransform
    status: Status
    reason: str
    score: float
    residual: float
    residual_physical: float
    overlap: float
    agreeing: float
    model: str
    landmark_residuals: FloatArray
    note: str = ""

    @property
    def matrix(self) -> FloatArray:
        """The affine part, (3, 3) on (row, col, 1), fixed to moving, in pixels."""
        return self.transform.affine_part.matrix


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

    Parameters
    ----------
    fixed, moving : array_like, shape (H, W) or (H, W, C)
        Two planes of any real dtype and size, at one pixel size. The mean of the channels is compared.
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
    check_model(model)
    _check_range(max_shift, max_rotation)
    size = _pixel_size(pixel_size)
    planes = (check_plane(fixed, _SMALLEST), check_plane(moving, _SMALLEST))
    points = None if landmarks is None else check_landmarks(landmarks, model)
    sections = (_section(planes[0], fixed_mask, "fixed"), _section(planes[1], moving_mask, "moving"))
    blank = [name for name, section in zip(("fixed", "moving"), sections, strict=True) if section.is_blank]
    if blank:
        return _failed(
            f"The {' and the '.join(blank)} section is blank: constant, or without a finite pixel.", model
        )
    ladder = Ladder(*sections)
    simple: Model = "affine" if model == "elastic" else model
    if points is None:
        witnesses = [intensity_witness(*sections)]
        if backbone is not None:
            masks = (sections[0].mask, sections[1].mask)
            witnesses += feature_witness(planes, masks, get_backbone(backbone))
        rotation = 0.0 if model == "translation" else max_rotation
        places = search(witnesses, turns(rotation, _STEP, flips), max_shift)
        # Sections some way apart share too little on fine cells: there the sum of both witnesses decides.
        several = len(witnesses) > 1
        starts = [Fit(place.matrix, 0.0, 0.0, place.height if several else None) for place in places]
    else:
        starts = [Fit(fit_landmarks(*points, simple, _SLIP * ladder.cells[0]), 0.0, 0.0)]
    if not starts:
        return _failed("No shift within reach leaves enough overlap.", model)
    return _judged(ladder, ladder.refined(starts, simple), model, points, size)


def _judged(
    ladder: Ladder, fits: list[Fit], model: Model, points: Landmarks | None, size: tuple[float, float]
) -> PairAlignment:
    """Put the best of the places found to the test, bend it if that is wanted, and say what was found."""
    best = fits[0]
    transform: Transform | FieldTransform = Transform(best.matrix)
    test = ladder.tested(transform)
    findings = Findings(
        ladder.rival(fits), test.agreeing, len(test.centres), implausibility(best.matrix), points is not None
    )
    status, reason = verdict(findings)
    note = ""
    if model == "elastic":
        model, note = "affine", "No field was sought, for the affine start is not sure."
        if status == "ok":
            bent = elastic_field([ladder.level(cell) for cell in ladder.cells], Transform(best.matrix))
            if isinstance(bent, FieldTransform):
                transform, model, note = bent, "elastic", ""
                test = ladder.tested(bent)
            else:
                note = bent
    score = ladder.correlation(transform)
    distances = np.empty(0)
    if points is not None:
        distances = np.hypot(*(transform.points(points[0]) - points[1]).T)
    if status == "failed":
        transform = Transform.identity()
    return PairAlignment(
        transform,
        status,
        reason,
        score,
        test.residual(),
        test.residual(size),
        best.overlap,
        test.agreeing,
        model,
        distances,
        note,
    )


def _failed(reason: str, model: Model) -> PairAlignment:
    nothing = float("nan")
    return PairAlignment(
        Transform.identity(), "failed", reason, 0.0, nothing, nothing, 0.0, 0.0, model, np.empty(0)
    )


def _section(plane: npt.NDArray[Any], mask: npt.ArrayLike | None, name: str) -> Section:
    """Take a plane with all that does not count masked."""
    section = without_folds(Section.of_plane(plane, rgb=plane.ndim == 3))
    if mask is None:
        return section
    wanted = np.asarray(mask)
    if wanted.shape != plane.shape[:2]:
        raise InputError(
            f"The {name} mask is {wanted.shape} px, its section {plane.shape[:2]} px. "
            "Give a mask of the same shape."
        )
    counts: Mask = section.mask & (wanted != 0)
    if not counts.any() and section.mask.any():
        raise InputError(
            f"The {name} mask leaves nothing to align by. True marks the pixels that count; is it inverted?"
        )
    return Section(np.where(counts[:, :, None], section.channels, np.float32(0)), counts)


def _check_range(max_shift: float | None, max_rotation: float) -> None:
    if max_shift is not None and not max_shift >= 0:
        raise InputError(f"max_shift is a distance in pixels, 0 or more, or None for any; got {max_shift}.")
    if not 0 <= max_rotation <= 180:
        raise InputError(f"max_rotation is an angle from 0 to 180 degrees; got {max_rotation}.")


def _pixel_size(given: float | Sequence[float]) -> tuple[float, float]:
    size = np.asarray(given, dtype=np.float64)
    if size.shape not in ((), (2,)) or not (np.isfinite(size).all() and (size > 0).all()):
        raise InputError(f"The pixel size is a positive number, or two along (y, x); got {given}.")
    down, across = np.broadcast_to(size, (2,))
    return float(down), float(across)
