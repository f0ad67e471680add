"""What aligning a stack gives: one transform and verdict per section, to apply, save and load."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.replace_file import written_beside
from .box import Box, Output, common_box
from .map_json import AXES_NOTE
from .pixel_size import PixelSize
from .placed_section import Alignment
from .plane_map import Factor, FloatArray, PlaneMap, as_points, scaling
from .transform import Transform
from .translation import Status
from .warp import Interpolation, Pull, warp_stack

_FORMAT = "patchprobe-alignment"
# Version 2 adds transforms that are more than a matrix. What needs none is written as version 1, which
# older programs read.
_VERSIONS = (1, 2)
_MOST_NAMED = 5


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
        ``"previous"``, ``"first"``, ``"neighbours"``, ``"template"``, or the name
        of the stack that its planes were aligned with.
    notes : tuple of str
        What is to be known of the stack as a whole, in sentences: parts that no pair joins, an anchor that
        could not be one.
    model : str
        What was looked for between two sections; empty where a function of one's own compared them.
    pixel : PixelSize
        Of the planes; transforms are in pixels whatever it is.
    """

    sections: tuple[Alignment, ...]
    plane_shape: tuple[int, int]
    backbone: str = ""
    method: str = "whole-shift"
    reference: str = "previous"
    notes: tuple[str, ...] = ()
    model: str = "translation"
    pixel: PixelSize = field(default_factory=PixelSize)

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
    def residuals_physical(self) -> FloatArray:
        """(n,): the residuals in the unit of `pixel`."""
        return self.residuals * self.pixel.mean

    @property
    def parts(self) -> tuple[int, ...]:
        """The part of each section; sections of different parts lie in frames that no pair joins."""
        return tuple(section.part for section in self.sections)

    @property
    def transforms(self) -> tuple[PlaneMap, ...]:
        """From the common frame to each section."""
        return tuple(section.transform for section in self.sections)

    def box(self, output: Output | Box = "same") -> Box:
        """Return the part of the common frame that `apply` gives: its origin (y, x) and shape, in pixels."""
        return common_box(self.transforms, self.plane_shape, output)

    def scaled(
        self, factor: Factor, plane_shape: tuple[int, int] | None = None, *, thinned: bool = False
    ) -> StackAlignment:
        """Return the same alignment for planes of another resolution.

        Parameters
        ----------
        factor : float or (float, float)
            Pixels of the other resolution to one of this, along both axes or along (y, x): 4 for an
            alignment that was estimated on planes reduced four times and is wanted for the full ones.
        plane_shape : tuple of int, optional
            (H, W) of the other planes; these times the factor, rounded, if not given.
        thinned : bool
            Whether the planes were reduced by taking each n-th pixel rather than averaging, as of
            `PlaneMap.scaled`.
        """
        scale, _ = scaling(factor, thinned)
        height, width = plane_shape or tuple(
            round(n * s) for n, s in zip(self.plane_shape, scale, strict=True)
        )
        sections = tuple(
            replace(
                section,
                transform=section.transform.scaled(factor, thinned=thinned),
                step=(section.step[0] * float(scale[0]), section.step[1] * float(scale[1])),
                residual=None if section.residual is None else section.residual * float(np.mean(scale)),
            )
            for section in self.sections
        )
        return replace(self, sections=sections, plane_shape=(height, width), pixel=self.pixel.scaled(factor))

    def apply(
        self,
        stack: Stack,
        *,
        interpolation: Interpolation = "linear",
        fill: float = 0,
        output: Output | Box = "same",
    ) -> Stack:
        """Bring a stack into the common frame, plane by plane as it is read.

        Parameters
        ----------
        stack : Stack
            The stack that was aligned, or another with as many planes of the same shape: raw data, other
            channels, a probability map, labels. Its `labels` are moved along, without mixing them.
        interpolation : {"linear", "cubic", "nearest"}
            Between pixels. Use ``"nearest"`` where the values of `stack` are labels themselves.
        fill : float
            Value where a section does not reach; labels get 0.
        output : {"same", "union", "intersection"} or Box
            The frame of the first section, the box around all sections, a large box that every section
            covers, or any box of the common frame.

        Returns
        -------
        Stack
            Lazy (dask, a chunk for each plane, tiles of planes beyond 64 MiB); dtype, axes, voxel size and
            units as before.

        Raises
        ------
        InputError
            If the planes do not fit the alignment, or `fill` does not fit the dtype.
        """
        self.check_fits(stack)
        moved = warp_stack(stack, self.transforms, Pull(self.box(output), interpolation, fill))
        return replace(moved, name=f"{stack.name} aligned")

    def check_fits(self, stack: Stack) -> None:
        """Refuse a stack of another number or size of planes, and say what to do."""
        if stack.n_planes != len(self) or stack.plane_shape != self.plane_shape:
            raise InputError(
                f"The alignment is of {len(self)} planes of {self.plane_shape} px; {stack.name} has "
                f"{stack.n_planes} of {stack.plane_shape} px. {self._what_to_give(stack)}"
            )

    def _what_to_give(self, stack: Stack) -> str:
        factor = round(stack.plane_shape[0] / self.plane_shape[0])
        # A plane that was reduced 4 times may have had up to 3 px more than 4 times as many.
        fits = all(
            0 <= n - factor * own < factor for n, own in zip(stack.plane_shape, self.plane_shape, strict=True)
        )
        if factor > 1 and fits and stack.n_planes == len(self):
            return (
                f"If it shows the same at {factor} times the resolution, use alignment.scaled({factor}, "
                f"{stack.plane_shape}), on the command line 'patchprobe carry --scale {factor}'."
            )
        return "Give the stack that was aligned, or one of the same shape."

    def apply_to_points(
        self, points: npt.ArrayLike, section: int | None = None, output: Output | Box = "same"
    ) -> FloatArray:
        """Bring positions marked in sections as they were into the aligned stack.

        Images are pulled by the transform of a section, from the common frame to the section; positions
        therefore go by its inverse.

        Parameters
        ----------
        points : array_like, shape (n, 2) or (n, 3)
            (y, x) in pixels of one section, or (plane, y, x) with whole numbers of planes.
        section : int, optional
            Number of the plane, where the points do not say it.
        output : {"same", "union", "intersection"} or Box
            As given to `apply`.

        Returns
        -------
        ndarray of float64, in the shape of `points`
        """
        origin = np.array(self.box(output).origin)
        return self._by_plane(points, section, lambda one, there: one.inverse().points(there) - origin)

    def points_back(
        self, points: npt.ArrayLike, section: int | None = None, output: Output | Box = "same"
    ) -> FloatArray:
        """Bring positions marked in the aligned stack into the sections as they were.

        The parameters are those of `apply_to_points`, which this undoes.
        """
        origin = np.array(self.box(output).origin)
        return self._by_plane(points, section, lambda one, there: one.points(there + origin))

    def _by_plane(
        self, points: npt.ArrayLike, section: int | None, move: Callable[[PlaneMap, FloatArray], FloatArray]
    ) -> FloatArray:
        if section is not None:
            return move(self._at(section).transform, as_points(points))
        array = np.asarray(points, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != 3 or (array[:, 0] != np.rint(array[:, 0])).any():
            raise InputError(
                "Points must be an array (n, 3) of (plane, y, x) in pixels with whole numbers of planes, or "
                f"(n, 2) of (y, x) with the section that they lie in; got shape {array.shape}."
            )
        moved = array.copy()
        for plane in np.unique(array[:, 0]):
            here = array[:, 0] == plane
            moved[here, 1:] = move(self._at(int(plane)).transform, array[here, 1:])
        return moved

    def _at(self, section: int) -> Alignment:
        if not 0 <= section < len(self):
            raise InputError(f"The alignment has sections 0 to {len(self) - 1}; {section} was asked for.")
        return self.sections[section]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write as JSON.

        Written beside, then renamed, so that a killed run leaves the old file or the new one.
        """
        target = Path(path)
        with written_beside(target) as beside:
            beside.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
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
        except OSError as error:
            raise InputError(f"{path} cannot be read as an alignment: {error.strerror}.") from error
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(
                f"{path} cannot be read as an alignment: it is not JSON. Give a file that was written by "
                "'Save alignment', 'patchprobe align' or alignment.save."
            ) from error
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise InputError(f'{path} is not an alignment saved by patchprobe (no "format": "{_FORMAT}").')
        if content.get("version") not in _VERSIONS:
            raise InputError(
                f"{path} has version {content.get('version')} of the format; this program reads versions "
                f"{_VERSIONS[0]} to {_VERSIONS[-1]}. Update patchprobe, or align again."
            )
        try:
            return cls(
                tuple(Alignment.from_json(section) for section in content["sections"]),
                (int(content["plane_shape"][0]), int(content["plane_shape"][1])),
                str(content["backbone"]),
                str(content["method"]),
                str(content["reference"]),
                # Files of before there were parts have none.
                tuple(str(note) for note in content.get("notes", ())),
                # Before there were models, sections were only shifted.
                str(content.get("model", "translation")),
                PixelSize.from_json(content),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{path} is damaged: {error!r}. Save the alignment again.") from error

    def as_json(self) -> dict[str, Any]:
        """Describe it by numbers, strings, lists and dictionaries."""
        return {
            "format": _FORMAT,
            "version": 1 if all(isinstance(one, Transform) for one in self.transforms) else 2,
            "axes": AXES_NOTE,
            "units": "pixel",
            **self.pixel.as_json(),
            "plane_shape": list(self.plane_shape),
            "backbone": self.backbone,
            "method": self.method,
            "reference": self.reference,
            "model": self.model,
            "notes": list(self.notes),
            "sections": [
                {"section": number, **section.as_json()} for number, section in enumerate(self.sections)
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
