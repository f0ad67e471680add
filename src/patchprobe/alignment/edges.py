"""Edges: what comparing two sections gave, as values that are kept, saved and given back."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from ..io import Stack
from ..io.replace_file import written_beside
from .pixel_size import PixelSize
from .plane_map import PlaneMap
from .transform import Transform
from .translation import Status

BLANK = "The section is blank: constant, or without a finite pixel."

_FORMAT = "patchprobe-edges"
_VERSION = 1
_AXES_NOTE = (
    "matrix acts on columns (row, col, 1) in pixels and takes a position of section `fixed` to the position "
    "of the same content in section `moving`"
)


class PairResult(Protocol):
    """What a function that aligns two sections returns; `Alignment` is one."""

    @property
    def transform(self) -> PlaneMap:
        """From the fixed to the moving section; of one that bends, the affine part counts."""

    @property
    def status(self) -> Status:
        """``"ok"``, ``"doubtful"`` or ``"failed"``."""

    @property
    def reason(self) -> str:
        """Why it is not ok."""

    @property
    def score(self) -> float:
        """Similarity of the two, −1 to 1."""


@dataclass(frozen=True)
class Edge:
    """Two sections of a stack that were compared.

    Parameters
    ----------
    fixed, moving : int
        Numbers of the planes.
    transform : Transform
        From `fixed` to `moving`, in pixels; of no meaning where it failed.
    status : {"ok", "doubtful", "failed"}
    reason : str
        Why it is not ok, in a sentence; empty if it is.
    score : float
        Similarity of the two, −1 to 1.
    by_hand : bool
        Whether someone set it: then it holds whatever other edges say.
    """

    fixed: int
    moving: int
    transform: Transform
    status: Status = "ok"
    reason: str = ""
    score: float = 1.0
    by_hand: bool = False

    @classmethod
    def of_pair(cls, fixed: int, moving: int, found: PairResult) -> Edge:
        """Keep what a function found for two sections."""
        return cls(fixed, moving, found.transform.affine_part, found.status, found.reason, float(found.score))

    @classmethod
    def of_blank(cls, fixed: int, moving: int) -> Edge:
        """Say that two sections were not compared, since one of them is blank."""
        return cls(fixed, moving, Transform.identity(), "failed", BLANK, 0.0)

    @property
    def pair(self) -> tuple[int, int]:
        """The numbers of the two planes."""
        return self.fixed, self.moving

    def as_json(self) -> dict[str, Any]:
        """Describe it by numbers, strings, lists and dictionaries."""
        return {
            "fixed": self.fixed,
            "moving": self.moving,
            "status": self.status,
            "reason": self.reason,
            "matrix": self.transform.matrix.tolist(),
            "score": self.score,
            "by_hand": self.by_hand,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Edge:
        """Make it from what `as_json` gave."""
        return cls(
            int(content["fixed"]),
            int(content["moving"]),
            Transform(np.array(content["matrix"], dtype=np.float64)),
            content["status"],
            content["reason"],
            float(content["score"]),
            bool(content["by_hand"]),
        )


@dataclass(frozen=True)
class StackEdges:
    """The edges of one stack, all of them or those that there are so far.

    Parameters
    ----------
    edges : tuple of Edge
        At most one for two planes.
    n_planes : int
        Planes of the stack.
    plane_shape : tuple of int
        (H, W) of the planes, in pixels.
    depth : int
        Planes of one volume; as many as `n_planes` unless there are several volumes in time.
    made_by : str
        How sections were compared, so that edges of another way are not mixed with these.
    blank : tuple of int
        Planes with nothing on them; their edges failed.
    pixel : PixelSize
        Of the planes.
    """

    edges: tuple[Edge, ...]
    n_planes: int
    plane_shape: tuple[int, int]
    depth: int
    made_by: str = ""
    blank: tuple[int, ...] = ()
    pixel: PixelSize = field(default_factory=PixelSize)

    def __post_init__(self) -> None:
        pairs = [frozenset(edge.pair) for edge in self.edges]
        outside = [
            edge.pair for edge in self.edges if not 0 <= min(edge.pair) < max(edge.pair) < self.n_planes
        ]
        if outside:
            raise InputError(
                f"An edge joins two different planes of 0 to {self.n_planes - 1}; got one of {outside[0]}."
            )
        if len(set(pairs)) < len(pairs):
            raise InputError("There are two edges of the same two planes. Keep one of them.")

    def __len__(self) -> int:
        return len(self.edges)

    def with_edge(self, edge: Edge, blank: Collection[int] = ()) -> StackEdges:
        """Add an edge, or put it in the place of the one of the same planes; `blank` ones have nothing on."""
        others = tuple(kept for kept in self.edges if frozenset(kept.pair) != frozenset(edge.pair))
        return replace(self, edges=(*others, edge), blank=tuple(sorted({*self.blank, *blank})))

    def between(self, one: int, other: int) -> Edge | None:
        """Return the edge of two planes, whichever is fixed; None where they were not compared."""
        return next((edge for edge in self.edges if set(edge.pair) == {one, other}), None)

    def skips(self, edge: Edge) -> bool:
        """Whether there are sections between the two of an edge."""
        gap = abs(edge.moving - edge.fixed)
        starts = all(number % self.depth == 0 for number in edge.pair)
        return gap > 1 and not (starts and gap == self.depth)

    def fits(self, other: StackEdges) -> bool:
        """Whether the two are of stacks of one shape, compared in the same way."""
        return replace(self, edges=(), blank=(), pixel=other.pixel) == replace(other, edges=(), blank=())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write as JSON, beside and then renamed."""
        target = Path(path)
        with written_beside(target) as beside:
            beside.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StackEdges:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is not there or does not hold edges that this version reads.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{path} cannot be read as edges of a stack: {error}.") from error
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise InputError(f'{path} holds no edges saved by patchprobe (no "format": "{_FORMAT}").')
        if content.get("version") != _VERSION:
            raise InputError(
                f"{path} has version {content.get('version')} of the format; this program reads version "
                f"{_VERSION}. Update patchprobe, or compare the sections again."
            )
        try:
            return cls.from_json(content)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{path} is damaged: {error!r}. Compare the sections again.") from error

    def as_json(self) -> dict[str, Any]:
        """Describe them by numbers, strings, lists and dictionaries."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "axes": _AXES_NOTE,
            "units": "pixel",
            **self.pixel.as_json(),
            "n_planes": self.n_planes,
            "plane_shape": list(self.plane_shape),
            "depth": self.depth,
            "made_by": self.made_by,
            "blank": list(self.blank),
            "edges": [edge.as_json() for edge in self.edges],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> StackEdges:
        """Make them from what `as_json` gave."""
        return cls(
            tuple(Edge.from_json(edge) for edge in content["edges"]),
            int(content["n_planes"]),
            (int(content["plane_shape"][0]), int(content["plane_shape"][1])),
            int(content["depth"]),
            str(content["made_by"]),
            tuple(int(number) for number in content["blank"]),
            PixelSize.from_json(content),
        )


def plane_axes_shape(stack: Stack) -> tuple[int, ...]:
    """Return the length of each axis of a stack before ``yx``."""
    return tuple(stack.shape[: len(stack.plane_axes)])


def predecessor(number: int, shape: Sequence[int]) -> int | None:
    """Return the plane before along the last axis; at its start, the one of the time point before.

    Parameters
    ----------
    number : int
        Counted as `Stack.plane` counts them.
    shape : sequence of int
        Length of each axis before ``yx``.
    """
    index = np.unravel_index(number, tuple(shape)) if shape else ()
    if not any(index):
        return None
    return number - 1 if index[-1] > 0 else number - shape[-1]


def pairs_to_compare(shape: Sequence[int], neighbours: int) -> list[tuple[int, int]]:
    """List the pairs (fixed, moving) of planes at most `neighbours` apart, ordered by the moving one."""
    pairs = []
    for moving in range(int(np.prod(shape, dtype=int))):
        fixed = predecessor(moving, shape)
        for _ in range(neighbours):
            if fixed is None:
                break
            pairs.append((fixed, moving))
            fixed = predecessor(fixed, shape)
    return pairs
