"""A volume, seen in planes of three orientations."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..embedding import embed_stack
from ..errors import InputError
from ..memory import new_array
from ..normalisation import Normalisation
from ..steps import TileDone
from .base import Fusion, ReadLogits
from .views import VIEWS, View, check_voxels, held, views_of

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..io import Stack
    from ..probe import Probe
    from ..store import EmbeddingStore

# Planes across the stack's own touch all of the sum; it is gone through once for so many bytes of them.
_BLOCK_BYTES = 128 << 20


@dataclass(frozen=True)
class Triplanar(Fusion):
    """The mean of the logits of a voxel in planes of three orientations.

    For volumes with nearly cubic voxels, such as MRI and FIB-SEM. Each orientation sees structures that lie
    flat in the others, and errors that differ from one to the next average out. Voxels that are up to four
    times as long along z are seen in resampled planes; flatter ones are refused.

    The sum lies in memory, or in a temporary file where it takes more than an eighth of that.

    Parameters
    ----------
    views : tuple of str
        Some of ``"xy"``, ``"xz"`` and ``"yz"``.
    """

    views: tuple[str, ...] = VIEWS

    def __post_init__(self) -> None:
        if not self.views or len(set(self.views)) != len(self.views) or set(self.views) - set(VIEWS):
            raise InputError(f"views are {self.views!r}; give some of {', '.join(VIEWS)}, each once.")

    def check(self, stack: Stack) -> str:
        """See `Fusion.check`."""
        return check_voxels(stack)

    def steps(
        self,
        stack: Stack,
        probe: Probe,
        planes: Sequence[int],
        backbone: Backbone,
        store: EmbeddingStore | None = None,
    ) -> Generator[TileDone, None, ReadLogits]:
        """See `Fusion.steps`. All orientations are computed before the first plane can be read."""
        note, normalisation = self.check(stack), stack.normalisation()
        volume = held(stack)
        views = list(views_of(volume, self.views))
        done, total = 0, sum(view.stack.n_planes for view in views)
        yield TileDone(0, total, note)
        lead = len(stack.plane_axes)
        summed = new_array((*stack.shape[: lead + 2], len(probe.classes_) - 1), np.float32)
        for view in views:
            for step in _add_view(summed, view, probe, backbone, normalisation, store):
                done += step
                yield TileDone(done, total)
        share = np.float32(1 / len(views))
        return lambda plane: summed[stack.plane_index(plane)] * share


def _add_view(
    summed: npt.NDArray[np.float32],
    view: View,
    probe: Probe,
    backbone: Backbone,
    normalisation: Normalisation,
    store: EmbeddingStore | None,
) -> Iterator[int]:
    """Add the logits of all planes of a view to the sum; yield 1 after each plane."""
    per_time = view.stack.shape[-3 - view.stack.axes.endswith("c")]
    at_once = max(1, _BLOCK_BYTES // (4 * summed.shape[-1] * int(np.prod(view.plane_shape))))
    block: list[npt.NDArray[np.float32]] = []
    for plane, embedding in embed_stack(view.stack, backbone, store=store, normalisation=normalisation):
        block.append(view.at_voxels(probe.predict_logits(embedding)))
        time, last = divmod(plane, per_time)
        if len(block) == at_once or last == per_time - 1:
            part = summed[time] if summed.ndim == 5 else summed
            across = np.moveaxis(part, view.across, 0)
            across[last + 1 - len(block) : last + 1] += np.stack(block)
            block.clear()
        yield 1
