"""What the Embed widget is about to do, how far it is, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass

from napari.layers import Image

from .._work import Embedded, Source, estimated_bytes
from ..backbones import Backbone, BackboneSpec
from ..io.describe import bytes_in_words
from ._run_row import RunRow, duration
from ._status import Mood


@dataclass(frozen=True, eq=False)
class Task:
    """Planes of an image whose features are wanted.

    Parameters
    ----------
    layer : Image
    source : Source
        Of `layer`, as it is now.
    plane : int
        The plane that is shown.
    whole : bool
        Whether all planes are wanted.
    held : set of int
        Planes whose features are in memory.
    """

    layer: Image
    source: Source
    plane: int
    whole: bool
    held: set[int]

    @property
    def n_planes(self) -> int:
        """Planes of the image."""
        return self.source.stack.n_planes

    @property
    def wanted(self) -> list[int]:
        """Planes that are wanted, those nearest to the one that is shown first."""
        planes = range(self.n_planes) if self.whole else [self.plane]
        return sorted(planes, key=lambda plane: abs(plane - self.plane))

    @property
    def left(self) -> list[int]:
        """Those of `wanted` that are not in memory."""
        return [plane for plane in self.wanted if plane not in self.held]

    def done_already(self) -> str:
        """Say that nothing is left to embed, or nothing."""
        if self.left:
            return ""
        return "All planes are embedded already" if self.whole else "This plane is embedded already"

    def impossible(self, spec: BackboneSpec) -> str:
        """Say why these planes cannot be embedded by this backbone, or nothing."""
        height, width = self.source.stack.plane_shape
        if min(height, width) >= spec.patch_size:
            return ""
        return (
            f"The planes are {width} × {height} px, smaller than a patch of {spec.patch_size} px. "
            "Choose the features 'filters', which take any size."
        )

    def state(self) -> tuple[Mood, str]:
        """Say how much is in memory, in one line."""
        here = self.plane in self.held
        if self.n_planes == 1:
            return (Mood.READY, "ready") if here else (Mood.IDLE, "not embedded yet")
        count = f"{len(self.held)} of {self.n_planes} planes"
        if here:
            return Mood.READY, f"ready, {count}"
        return Mood.IDLE, f"plane {self.plane} not embedded yet, {count} ready"

    def cost(self, backbone: Backbone, measured: Embedded | None, rate: float, max_bytes: int) -> str:
        """Say what memory and what time it takes.

        Parameters
        ----------
        backbone : Backbone
        measured : Embedded, optional
            A plane of this source by this backbone.
        rate : float
            Operations per second that networks are computed with.
        max_bytes : int
            Memory that features may take.
        """
        nbytes = measured.nbytes if measured else estimated_bytes(self.source.stack, backbone)
        planes = len(self.wanted)
        parts = [f"{'' if measured else 'About '}{bytes_in_words(planes * nbytes)} of memory"]
        shape = self.source.stack.plane_shape
        operations = backbone.operations(shape)
        if measured and self.left:
            parts.append(f"about {duration(len(self.left) * measured.seconds)}")
        elif operations and self.left:
            needed = len(self.left) * operations + backbone.operations_to_prepare(shape)
            parts.append(f"roughly {duration(needed / rate)}")
        fitting = max(1, max_bytes // max(nbytes, 1))
        if fitting < planes:
            parts.append(
                f"{bytes_in_words(max_bytes)} may be used, which keeps {fitting} planes; "
                "the others are computed when needed"
            )
        return " · ".join(parts)


@dataclass(eq=False)
class Run:
    """What is running, and how far it is.

    Parameters
    ----------
    task : Task
    row : RunRow
        Where it was started and is shown.
    total : int
        Planes to do.
    """

    task: Task
    row: RunRow
    total: int
    done: int = 0
    stopped: bool = False
    failed: bool = False
    left_out: int = 0

    def outcome(self) -> str:
        """Say how it ended, where that needs saying."""
        if self.stopped and self.done < self.total:
            return f"Stopped. Kept: {_planes(self.done)}"
        if self.failed and self.done:
            return f"Kept: {_planes(self.done)}"
        if self.left_out:
            return f"Memory is full. Left until needed: {_planes(self.left_out)}"
        return ""


def _planes(count: int) -> str:
    return "1 plane" if count == 1 else f"{count} planes"
