"""Frames of a movie, steadied by the frames around them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..steps import TileDone
from .base import Fusion, ReadLogits

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..io import Stack
    from ..probe import Probe
    from ..store import EmbeddingStore


@dataclass(frozen=True)
class TimeWindow(Fusion):
    """The mean of the logits of a frame and of those around it.

    Noise differs from frame to frame and averages out; what moves is blurred. At the ends of the movie the
    window is cut.

    Parameters
    ----------
    frames : int
        Length of the window; odd, so that the frame is its middle.
    """

    frames: int = 5

    def __post_init__(self) -> None:
        if self.frames < 1 or self.frames % 2 == 0:
            raise InputError(
                f"A time window of {self.frames} frames has no frame in its middle. Use 3, 5, 7 or so."
            )

    def check(self, stack: Stack) -> str:
        """See `Fusion.check`."""
        if "t" not in stack.axes:
            raise InputError(
                f"{stack.name} has the axes {stack.axes!r}; a time window needs an axis t. If its planes are "
                "the frames of a movie, say so with axes, such as axes='tyx'."
            )
        return ""

    def steps(
        self,
        stack: Stack,
        probe: Probe,
        planes: Sequence[int],
        backbone: Backbone,
        store: EmbeddingStore | None = None,
    ) -> Generator[TileDone, None, ReadLogits]:
        """See `Fusion.steps`. Nothing is computed before a plane is read."""
        yield from ()
        self.check(stack)
        prepared, normalisation = backbone.for_stack(stack, store), stack.normalisation()
        per_frame = stack.n_planes // stack.shape[0]

        @lru_cache(maxsize=self.frames)
        def of_plane(plane: int) -> npt.NDArray[np.float32]:
            return probe.predict_logits(prepared.embed(stack.plane(plane), normalisation, store))

        def read(plane: int) -> npt.NDArray[np.float32]:
            reach = self.frames // 2
            around = (plane + step * per_frame for step in range(-reach, reach + 1))
            logits = [of_plane(near) for near in around if 0 <= near < stack.n_planes]
            mean: npt.NDArray[np.float32] = np.mean(logits, axis=0, dtype=np.float32)
            return mean

        return read

    def in_order(self, stack: Stack, planes: Sequence[int]) -> list[int]:
        """Sort planes by their place in a volume, then by time."""
        per_frame = stack.n_planes // stack.shape[0]
        return sorted(planes, key=lambda plane: (plane % per_frame, plane))
