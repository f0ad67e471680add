"""The reports' stand-in for a vision model: a fixed random projection of 16 × 16 patches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import PatchGrid
from .base import Backbone, BackboneSpec

_PATCH = 16
_SEED = 0


class PlaceholderBackbone(Backbone):
    """Deterministic random projection of flattened RGB patches (report A, §3.1).

    It knows nothing of images and needs no download: it exists to reproduce the reports' tables and to
    test what stands on a backbone. Greyscale is repeated to three channels. A border of less than a
    patch at the bottom and right is left out, as in the reports.
    """

    def __init__(self, name: str, channels: int) -> None:
        self.spec = BackboneSpec(
            name=name,
            summary=f"random projection of {_PATCH} px patches, to reproduce the reports",
            patch_size=_PATCH,
            channels=channels,
            licence="BSD-3-Clause",
        )
        size = _PATCH * _PATCH * 3
        generator = np.random.Generator(np.random.PCG64(_SEED))
        length = np.float32(np.sqrt(size))
        self._projection = generator.standard_normal((size, channels), dtype=np.float32) / length

    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Project each patch; one block of stride 16. See `Backbone.grids`."""
        rgb = np.repeat(plane[:, :, None], 3, axis=2) if plane.ndim == 2 else plane
        if rgb.shape[2] != 3:
            raise InputError(
                f"{self.spec.name} takes greyscale or RGB; the plane has {rgb.shape[2]} channels. "
                "Choose one channel first (Stack.channel)."
            )
        rows, cols = rgb.shape[0] // _PATCH, rgb.shape[1] // _PATCH
        patches = rgb[: rows * _PATCH, : cols * _PATCH].reshape(rows, _PATCH, cols, _PATCH, 3)
        flat = patches.transpose(0, 2, 1, 3, 4).reshape(rows, cols, -1)
        centre = (_PATCH - 1) / 2
        shape = (plane.shape[0], plane.shape[1])
        return (PatchGrid(flat @ self._projection, _PATCH, (centre, centre), shape, self.spec.name),)
