"""Where one section lies in the common frame of its stack, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

from .map_json import map_from_json, map_to_json
from .plane_map import FloatArray, PlaneMap
from .transform import Transform
from .translation import Status


@dataclass(frozen=True)
class Alignment:
    """Where one section lies in the common frame.

    Parameters
    ----------
    transform : PlaneMap
        From the common frame (fixed) to the section (moving): what lies at `p` in the aligned stack lies
        at ``transform.points([p])`` in the section as it was. A `Transform`, or a `FieldTransform` where
        sections bend.
    status : {"ok", "doubtful", "failed"}
        A failed section has the transform of the section before it that did not fail, or one between those
        of its neighbours where the stack was aligned by all of them.
    reason : str
        Why it is not ok, in a sentence; empty if it is.
    score : float
        Similarity to the section it was compared with, −1 to 1.
    distinctness : float
        How many times higher than at the best other shift the evidence stands; 1 is a tie.
    reference : int or None
        Number of the plane that it was compared with; None for the one that starts the frame.
    step : tuple of float
        (dy, dx) from that plane to this one, in pixels; (0, 0) where it failed.
    residual : float or None
        By how many pixels its pairs do not fit where it lies (root mean square); None where no pair tells.
    part : int
        Sections of different parts lie in frames that no pair joins.
    """

    transform: PlaneMap
    status: Status = "ok"
    reason: str = ""
    score: float = 1.0
    distinctness: float = math.inf
    reference: int | None = None
    step: tuple[float, float] = (0.0, 0.0)
    residual: float | None = None
    part: int = 0

    @property
    def matrix(self) -> FloatArray:
        """The affine part of the transform as a 3 × 3 matrix on (row, col, 1), in pixels."""
        return self.transform.affine_part.matrix

    @property
    def shift(self) -> tuple[float, float]:
        """(dy, dx) from the common frame to this section, in pixels."""
        return self.transform.affine_part.shift

    def as_json(self) -> dict[str, Any]:
        """Describe it by numbers, strings, lists and dictionaries."""
        bent = not isinstance(self.transform, Transform)
        return {
            "status": self.status,
            "reason": self.reason,
            "shift": list(self.shift),
            "matrix": self.matrix.tolist(),
            # What the matrix does not say of the transform.
            **({"transform": map_to_json(self.transform)} if bent else {}),
            "score": self.score,
            # JSON has no infinity.
            "distinctness": self.distinctness if math.isfinite(self.distinctness) else None,
            "reference": self.reference,
            "step": list(self.step),
            "residual": self.residual,
            "part": self.part,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Make it from what `as_json` gave; files of before there were residuals and parts have none."""
        distinctness, residual = content["distinctness"], content.get("residual")
        return cls(
            map_from_json(content.get("transform") or {"type": "affine", "matrix": content["matrix"]}),
            content["status"],
            content["reason"],
            float(content["score"]),
            math.inf if distinctness is None else float(distinctness),
            content["reference"],
            (float(content["step"][0]), float(content["step"][1])),
            None if residual is None else float(residual),
            int(content.get("part", 0)),
        )
