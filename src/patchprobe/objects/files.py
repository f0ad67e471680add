"""Objects as files: labels with voxel size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..io import Stack, save_labels
from ..prediction import ComputedPlanes
from .collect import StackObjects

# More objects than this need 32 bits, which fewer programs read.
_MOST_OF_16_BIT = np.iinfo(np.uint16).max


def save_objects(
    path: str | os.PathLike[str],
    found: StackObjects,
    image: Stack,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write objects as a label stack with the axes and voxel size of the image.

    Parameters
    ----------
    path : str or path
        As for `patchprobe.io.save_stack`: ``.tif``, ``.ome.tif``, ``.ome.zarr``, ``.zarr`` or ``.npy``.
    found : StackObjects
        Written as uint16 where there are no more than 65 535 objects, else as int32.
    image : Stack
    on_progress : callable, optional
        Called with (planes done, planes in all).

    Returns
    -------
    Path
    """
    lead = image.shape[: len(image.plane_axes)]
    dtype = np.dtype(np.uint16 if found.count <= _MOST_OF_16_BIT else np.int32)

    def compute(plane: int) -> npt.NDArray[Any]:
        return np.asarray(found.labels[image.plane_index(plane)]).astype(dtype)

    labels = ComputedPlanes((*lead, *image.plane_shape), dtype, len(lead), compute)
    return save_labels(path, labels, image, on_progress)
