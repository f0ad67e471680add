"""The brightness of MRI brought to a common scale."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .planewise import map_planes

_MOST_PLANES = 64


def normalise_intensity(
    stack: Stack, method: Literal["zscore", "percentile"] = "zscore", mask: Any | None = None
) -> Stack:
    """Map the brightness of a volume linearly to a scale that is the same for all volumes.

    Scanners give MRI in units of their own. The map is estimated once, from up to 64 planes spread over
    the volume, and applied when planes are read.

    Parameters
    ----------
    stack : Stack
    method : {"zscore", "percentile"}
        ``"zscore"``: mean 0 and standard deviation 1 in the body. ``"percentile"``: the 1st and 99th
        percentile in the body become 0 and 1; what lies beyond is cut off.
    mask : array, shape of the volume, optional
        Not 0 in the body; voxels above the mean of the volume if not given.

    Returns
    -------
    Stack
        Lazy, float32.

    Raises
    ------
    InputError
        If the body is empty or of one value.
    """
    if method not in ("zscore", "percentile"):
        raise InputError(f"method {method!r} is not known. Use 'zscore' or 'percentile'.")
    body = _body(stack, mask)
    if method == "zscore":
        low, width = float(body.mean()), float(body.std())
    else:
        low, high = (float(value) for value in np.percentile(body, [1, 99]))
        width = high - low
    if width <= 0:
        raise InputError(
            f"{stack.name} has one value throughout its body, {low:g}; there is nothing to scale."
        )

    def scaled(plane: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        values = (plane.astype(np.float32) - np.float32(low)) / np.float32(width)
        return np.clip(values, 0, 1) if method == "percentile" else values

    note = f"The brightness was scaled: {low:.4g} became 0, and {low + width:.4g} became 1."
    return map_planes(stack, scaled, np.float32, note)


def _body(stack: Stack, mask: Any | None) -> npt.NDArray[np.float32]:
    """Voxels of the body, of some planes."""
    if mask is not None and tuple(mask.shape) != stack.shape:
        raise InputError(f"The mask has the shape {tuple(mask.shape)}, but the volume has {stack.shape}.")
    count = min(stack.n_planes, _MOST_PLANES)
    chosen = np.unique(np.linspace(0, stack.n_planes - 1, count).round().astype(int))
    planes = np.stack([stack.plane(int(n)).astype(np.float32) for n in chosen])
    if mask is None:
        inside = planes > planes.mean()
    else:
        inside = np.stack([np.asarray(mask[stack.plane_index(int(n))]) != 0 for n in chosen])
    if not inside.any():
        raise InputError(f"The body of {stack.name} is empty: no voxel is in the mask, or all are alike.")
    return np.asarray(planes[inside])
