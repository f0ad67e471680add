"""Two sections that were made ready, one against the other: searched, refined and judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .by_features import placed_by_features
from .elastic import elastic_field
from .field import FieldTransform
from .ladder import Ladder
from .landmarks import fit_landmarks
from .models import Model, check_model, implausibility
from .prepared_section import PreparedSection
from .refine import Fit
from .sweep import Witness, search, turns
from .transform import FloatArray, Transform
from .translation import Status
from .verdict import Findings, verdict
from .witnesses import witnesses_of

# Between two angles of the search, in degrees: at the rim of 128 cells, half of it is less than two cells.
_STEP = 3.0
# Neighbours have this share of their parts agree on where intensity puts them; if fewer do, features tell
# better. On pairs two apart of two EM stacks they do so by 3.7 px in the median, against 5.5 px.
_SETTLED = 0.7
# A pair of landmarks farther off than this, in coarse cells, is a slip.
_SLIP = 4.0

Landmarks = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class PairSearch:
    """What is looked for.

    Parameters
    ----------
    model : {"translation", "rigid", "similarity", "affine", "elastic"}
    max_shift : float, optional
        Farthest that the middle of the section may be displaced along y or x, in pixels.
    max_rotation : float
        Largest angle to look at, in degrees: 0 to 180. Not used by ``"translation"``.
    flips : bool
        Whether the moving section may lie on its face.
    averages : bool
        Whether a section that stretches against the other is placed by the mean of all its parts, else by
        those that fit best. The mean is nearer to the truth of a pair that shares little of a plane. Its
        errors are more alike from pair to pair: added up over ten sections they come to more.
    """

    model: Model
    max_shift: float | None = None
    max_rotation: float = 12.0
    flips: bool = False
    averages: bool = True

    def __post_init__(self) -> None:
        check_model(self.model)
        if self.max_shift is not None and not self.max_shift >= 0:
            raise InputError(
                f"max_shift is a distance in pixels, 0 or more, or None for any; got {self.max_shift}."
            )
        if not 0 <= self.max_rotation <= 180:
            raise InputError(f"max_rotation is an angle from 0 to 180 degrees; got {self.max_rotation}.")

    @property
    def turns(self) -> bool:
        """Whether the section may be turned."""
        return self.model != "translation"

    @property
    def matrix_model(self) -> Model:
        """What the matrix may do, from which an elastic transform starts."""
        return "affine" if self.model == "elastic" else self.model

    def ends_at(self, matrix: FloatArray, shape: tuple[int, int], cell: int) -> bool:
        """Whether a place, in pixels, lies where the search ended: within half a cell of `max_shift`."""
        if self.max_shift is None:
            return False
        middle = np.array([(shape[0] - 1) / 2, (shape[1] - 1) / 2, 1.0])
        displaced = np.abs((matrix @ middle - middle)[:2]).max()
        return bool(displaced >= max(self.max_shift - cell / 2, cell))

    def starts(self, witnesses: Sequence[Witness]) -> list[Fit]:
        """Return the likeliest places, fixed to moving, in pixels."""
        rotation = self.max_rotation if self.turns else 0.0
        places = search(witnesses, turns(rotation, _STEP, self.flips), self.max_shift)
        # Sections some way apart share too little on fine cells: there the sum of both witnesses decides.
        several = len(witnesses) > 1
        return [Fit(place.matrix, 0.0, 0.0, place.height if several else None) for place in places]


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
    distinctness : float
        How many times higher than at the best other place the evidence stands; 1 is a tie.
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
    distinctness: float = math.inf
    note: str = ""

    @property
    def matrix(self) -> FloatArray:
        """The affine part, (3, 3) on (row, col, 1), fixed to moving, in pixels."""
        return self.transform.affine_part.matrix


def compare_sections(
    fixed: PreparedSection,
    moving: PreparedSection,
    wanted: PairSearch,
    points: Landmarks | None = None,
    pixel_size: tuple[float, float] = (1.0, 1.0),
) -> PairAlignment:
    """Find where a section lies on another one; see `align_pair`.

    Parameters
    ----------
    fixed, moving : PreparedSection
        On the same cells; nothing is kept of the comparison, so that several threads may share a section.
    wanted : PairSearch
    points : pair of ndarray, each (n, 2), optional
        Landmarks, in the place of the search.
    pixel_size : tuple of float
        Along y and x.
    """
    pair = {"fixed": fixed, "moving": moving}
    blank = [name for name, section in pair.items() if section.is_blank]
    if blank:
        return _failed(
            f"The {' and the '.join(blank)} section is blank: constant, or without a finite pixel.", wanted
        )
    ladder = Ladder(fixed, moving)
    if points is None:
        fits = likely_places(ladder, witnesses_of(fixed, moving), wanted)
    else:
        model = wanted.matrix_model
        start = fit_landmarks(*points, model, _SLIP * ladder.cells[0])
        fits = [ladder.loosened(fit, model) for fit in ladder.refined([Fit(start, 0.0, 0.0)], model)]
    if not fits:
        return _failed("No shift within reach leaves enough overlap.", wanted)
    return _judged(ladder, fits, wanted, points, pixel_size)


def likely_places(ladder: Ladder, witnesses: Sequence[Witness], wanted: PairSearch) -> list[Fit]:
    """Search for the moving section and refine what is found, without a verdict.

    Parameters
    ----------
    ladder : Ladder
    witnesses : sequence of Witness
        Intensity, and features if there are any.
    wanted : PairSearch

    Returns
    -------
    list of Fit
        In pixels, the best first; empty if no shift within reach leaves enough overlap.
    """
    starts = wanted.starts(witnesses)
    if not starts:
        return []
    fits = ladder.refined(starts, wanted.matrix_model)
    if len(witnesses) > 1 and ladder.tested(Transform(fits[0].matrix)).agreeing < _SETTLED:
        best = placed_by_features(witnesses[1], fits[0], wanted.turns) or fits[0]
    else:
        best = ladder.loosened(fits[0], wanted.matrix_model) if wanted.averages else fits[0]
    return [best, *fits[1:]]


def _judged(
    ladder: Ladder, fits: list[Fit], wanted: PairSearch, points: Landmarks | None, size: tuple[float, float]
) -> PairAlignment:
    """Put the best of the places found to the test, bend it if that is wanted, and say what was found."""
    best, model = fits[0], wanted.model
    transform: Transform | FieldTransform = Transform(best.matrix)
    test = ladder.tested(transform)
    rival = ladder.rival(fits)
    findings = Findings(
        rival,
        test.agreeing,
        len(test.centres),
        implausibility(best.matrix),
        is_marked=points is not None,
        is_at_rim=points is None and wanted.ends_at(best.matrix, ladder.shape, ladder.cells[0]),
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
        1 / rival if rival > 0 else math.inf,
        note,
    )


def _failed(reason: str, wanted: PairSearch) -> PairAlignment:
    nothing = float("nan")
    return PairAlignment(
        Transform.identity(),
        "failed",
        reason,
        0.0,
        nothing,
        nothing,
        0.0,
        0.0,
        wanted.model,
        np.empty(0),
        0.0,
    )
