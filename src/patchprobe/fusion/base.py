"""What all fusions share: they give the logits of a plane, averaged over several looks at it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..steps import TileDone

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..io import Stack
    from ..probe import Probe
    from ..store import EmbeddingStore

# Takes the number of a plane and gives its logits (H, W, k - 1) in float32.
ReadLogits = Callable[[int], npt.NDArray[np.float32]]


class Fusion(ABC):
    """Average the logits of several looks at each pixel. Subclasses are frozen values."""

    @abstractmethod
    def check(self, stack: Stack) -> str:
        """Say what the user should know of this fusion on a stack; empty as a rule.

        Raises
        ------
        InputError
            If the stack cannot be looked at in this way.
        """

    @abstractmethod
    def steps(
        self,
        stack: Stack,
        probe: Probe,
        planes: Sequence[int],
        backbone: Backbone,
        store: EmbeddingStore | None = None,
    ) -> Generator[TileDone, None, ReadLogits]:
        """Compute what several planes share.

        Parameters
        ----------
        stack : Stack
        probe : Probe
            Fitted or loaded.
        planes : sequence of int
            Those whose logits will be asked for.
        backbone : Backbone
            That of the probe, not prepared for the stack.
        store : EmbeddingStore, optional
            See `patchprobe.embed`.

        Yields
        ------
        TileDone
            Places to stop.

        Returns
        -------
        callable
            Gives the averaged logits of one of `planes`.
        """

    def in_order(self, stack: Stack, planes: Sequence[int]) -> list[int]:
        """Sort planes so that what two of them share is computed once."""
        return sorted(planes)
