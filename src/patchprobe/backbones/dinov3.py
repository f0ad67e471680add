"""The interface of the reports: images in, one array of patch embeddings for each out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .registry import get_backbone

# What the reports' tables were made with, for want of weights.
_PLACEHOLDERS = {
    "facebook/dinov3-convnext-tiny": "placeholder-cnx-t",
    "facebook/dinov3-vit-large": "placeholder-vit-l",
}


class DINOv3Backbone:
    """A backbone by the reports' ids: any sizes of images, patches row by row.

    Parameters
    ----------
    model_id : str
        ``"facebook/dinov3-convnext-tiny"`` (384 channels), ``"facebook/dinov3-vit-large"`` (1024), or the
        name of any other backbone; see `get_backbone`. The tables of the reports were made without weights,
        which ``"placeholder-cnx-t"`` and ``"placeholder-vit-l"`` reproduce.

    Raises
    ------
    InputError
        If the weights are neither on this disk nor can be had; no other features take their place.
    """

    def __init__(self, model_id: str = "facebook/dinov3-convnext-tiny") -> None:
        try:
            self.backbone = get_backbone(model_id)
        except InputError as error:
            if model_id not in _PLACEHOLDERS:
                raise
            raise InputError(
                f"{error} To reproduce the reports' tables, which were made without the weights, use "
                f"DINOv3Backbone({_PLACEHOLDERS[model_id]!r})."
            ) from error

    def embed(self, images: Iterable[npt.ArrayLike]) -> list[npt.NDArray[np.float32]]:
        """Embed images, each (H, W) or (H, W, 3), into arrays (n_patches, dim), patches row by row."""
        embeddings = (self.backbone.embed(image) for image in images)
        return [
            np.concatenate(
                [grid.array.reshape(-1, grid.channels).astype(np.float32) for grid in embedding.grids], axis=1
            )
            for embedding in embeddings
        ]
