"""What aligning a stack gives: one transform and verdict per section, to apply, save and load."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.replace_file import written_beside
from .transform import FloatArray, Transform
from .translation import Status
from .warp import Box, Interpolation, Output, common_box, warp_stack

_FORMAT = "patchprobe-alignment"
_VERSION = 1
_MOST_NAMED = 5
_AXES_NOTE = (
    "matrix acts on columns (row, col, 1) in pixels and takes a position of the aligned frame (fixed) to the "
    "position of the same content in the section as it was (moving); shift is (row, col) likewise"
)


@dataclass(frozen=True)
class Alignment:
    """Where one section lies in the common frame.

    Parameters
    ----------
    transform : Transform
        From the common frame (fixed) to the section (moving): what lies at `p` in the aligned stack lies
        at ``transform.points([p])`` in the section as it was.
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

    transform: Transform
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
        """The transform as a 3 × 3 matrix on (row, col, 1), in pixels."""
        return self.transform.matrix

    @property
    def shift(self) -> tuple[float, float]:
        """(dy, dx) from the common frame to this section, in pixels."""
        return self.transform.shift


@dataclass(frozen=True)
class StackAlignment:
    """The alignments of all sections of a stack.

    Parameters
    ----------
    sections : tuple of Alignment
        One for each plane, counted as `Stack.plane` counts them. None is ever left out.
    plane_shape : tuple of int
        (H, W) of the planes, in pixels.
    backbone : str
        The features that were compared; empty for intensity alone.
    method : str
    reference : str
        ``"previous"``, ``"first"`` or ``"neighbours"``.
    notes : tuple of str
        What is to be known of the stack as a whole, in sentences: parts that no pair joins, an anchor that
        could not be one.
    """

    sections: tuple[Alignment, ...]
    plane_shape: tuple[int, int]
    backbone: str = ""
    method: str = "whole-shift"
    reference: str = "previous"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sections)

    def __getitem__(self, section: int) -> Alignment:
        return self.sections[section]

    @property
    def shifts(self) -> FloatArray:
        """(n, 2): (dy, dx) in pixels from the common frame to each section."""
        return np.array([section.shift for section in self.sections], dtype=np.float64).reshape(-1, 2)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """``"ok"``, ``"doubtful"`` or ``"failed"`` for each section."""
        return tuple(section.status for section in self.sections)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why sections are not ok; empty for those that are."""
        return tuple(section.reason for section in self.sections)

    @property
    def residuals(self) -> FloatArray:
        """(n,): by how many pixels the pairs of each section do not fit; NaN where no pair tells."""
        return np.array([np.nan if s.residual is None else s.residual for s in self.sections])

    @property
    def parts(self) -> tuple[int, ...]:
        """The part of each section; sections of different parts lie in frames that no pair joins."""
        return tuple(section.part for section in self.sections)

    def box(self, output: Output = "same") -> Box:
        """Return the part of the common frame that `apply` gives: its origin (y, x) and shape, in pixels."""
        return common_box([section.transform for section in self.sections], self.plane_shape, output)

    def apply(
        self,
        stack: Stack,
        *,
        interpolation: Interpolation = "linear",
        fill: float = 0,
        output: Output = "same",
    ) -> Stack:
        """Bring a stack into the common frame, plane by plane as it is read.

        Parameters
        ----------
        stack : Stack
            The stack that was aligned, or another with as many planes of the same shape: raw data, a
            probability map, labels. Its `labels` are moved along, without mixing them.
        interpolation : {"linear", "cubic", "nearest"}
            Between pixels. Use ``"nearest"`` where the values of `stack` are labels themselves.
        fill : float
            Value where a section does not reach; labels get 0.
        output : {"same", "union"}
            The frame of the first section, or the box around all sections.

        Returns
        -------
        Stack
            Lazy (dask, a chunk for each plane); dtype, axes, voxel size and units as before.

        Raises
        ------
        InputError
            If the planes do not fit the alignment, or `fill` does not fit the dtype.
        """
        if stack.n_planes != len(self) or stack.plane_shape != self.plane_shape:
            raise InputError(
                f"The alignment is of {len(self)} planes of {self.plane_shape} px; {stack.name} has "
                f"{stack.n_planes} of {stack.plane_shape} px. "
                "Give the stack that was aligned, or one of the same shape."
            )
        transforms = [section.transform for section in self.sections]
        return warp_stack(stack, transforms, self.box(output), interpolation, fill)

    def apply_to_points(self, points: npt.ArrayLike, section: int, output: Output = "same") -> FloatArray:
        """Bring positions marked in one section as it was into the aligned stack.

        Parameters
        ----------
        points : array_like, shape (n, 2)
            (y, x) in pixels.
        section : int
            Number of the plane.
        output : {"same", "union"}
            As given to `apply`.

        Returns
        -------
        ndarray of float64, shape (n, 2)
        """
        if not 0 <= section < len(self):
            raise InputError(f"The alignment has sections 0 to {len(self) - 1}; {section} was asked for.")
        return self.sections[section].transform.inverse().points(points) - self.box(output).origin

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write as JSON.

        Written beside, then renamed, so that a killed run leaves the old file or the new one.
        """
        target = Path(path)
        with written_beside(target) as beside:
            beside.write_text(json.dumps(self._as_json(), indent=1) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StackAlignment:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is not there or is not an alignment that this version reads.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{path} cannot be read as an alignment: {error}.") from error
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise InputError(f'{path} is not an alignment saved by patchprobe (no "format": "{_FORMAT}").')
        if content.get("version") != _VERSION:
            raise InputError(
                f"{path} has version {content.get('version')} of the format; this program reads version "
                f"{_VERSION}. Update patchprobe, or align again."
            )
        try:
            return cls(
                tuple(_alignment_from_json(section) for section in content["sections"]),
                (int(content["plane_shape"][0]), int(content["plane_shape"][1])),
                str(content["backbone"]),
                str(content["method"]),
                str(content["reference"]),
                # Files of before there were parts have none.
                tuple(str(note) for note in content.get("notes", ())),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{path} is damaged: {error!r}. Save the alignment again.") from error

    def _as_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "axes": _AXES_NOTE,
            "units": "pixel",
            "plane_shape": list(self.plane_shape),
            "backbone": self.backbone,
            "method": self.method,
            "reference": self.reference,
            "notes": list(self.notes),
            "sections": [
                {
                    "section": number,
                    "status": section.status,
                    "reason": section.reason,
                    "shift": list(section.shift),
                    "matrix": section.matrix.tolist(),
                    "score": section.score,
                    # JSON has no infinity.
                    "distinctness": section.distinctness if math.isfinite(section.distinctness) else None,
                    "reference": section.reference,
                    "step": list(section.step),
                    "residual": section.residual,
                    "part": section.part,
                }
                for number, section in enumerate(self.sections)
            ],
        }

    def summary(self) -> str:
        """Say how it went in a sentence, and which sections to look at."""
        parts = []
        for status in ("ok", "doubtful", "failed"):
            those = [number for number, found in enumerate(self.statuses) if found == status]
            if those:
                parts.append(f"{len(those)} {status}{'' if status == 'ok' else _which(those)}")
        return f"{len(self)} section{'' if len(self) == 1 else 's'}: " + ", ".join(parts)


def _which(sections: list[int]) -> str:
    """Name a few sections; a long list would hide what it says."""
    if len(sections) > _MOST_NAMED:
        return ""
    return f" (section{'s' if len(sections) > 1 else ''} {', '.join(map(str, sections))})"


def _alignment_from_json(content: dict[str, Any]) -> Alignment:
    distinctness, residual = content["distinctness"], content.get("residual")
    return Alignment(
        Transform(np.array(content["matrix"], dtype=np.float64)),
        content["status"],
        content["reason"],
        float(content["score"]),
        math.inf if distinctness is None else float(distinctness),
        content["reference"],
        (float(content["step"][0]), float(content["step"][1])),
        None if residual is None else float(residual),
        int(content.get("part", 0)),
    )
