"""Local contrast of EM sections, equalised."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .planewise import map_planes


def equalise_contrast(stack: Stack, tile: int = 64, clip: float = 0.01) -> Stack:
    """Equalise the local histogram of each section, with a limit (CLAHE).

    Parameters
    ----------
    stack : Stack
        Without channels. The range of intensities is estimated once for the stack.
    tile : int
        Side in pixels of the neighbourhood, at least 2.
    clip : float
        Limit of contrast, from 0 (little) to 1.

    Returns
    -------
    Stack
        Lazy, uint8.

    References
    ----------
    Zuiderveld K., Contrast limited adaptive histogram equalization, Graphics Gems IV (1994) 474-485.
    """
    if stack.axes.endswith("c"):
        raise InputError(
            f"{stack.name} has channels; take one with Stack.channel before equalising its contrast."
        )
    if tile < 2 or not 0 <= clip <= 1:
        raise InputError(
            f"tile is {tile} and clip {clip:g}; give a tile of at least 2 px and a clip from 0 to 1."
        )
    normalisation = stack.normalisation()

    def equalised(plane: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        from skimage import exposure

        values = np.clip(normalisation.apply(plane), 0, 1)
        kernel = tuple(min(tile, length) for length in values.shape)
        return np.asarray(np.rint(exposure.equalize_adapthist(values, kernel, clip) * 255))

    note = f"The local contrast was equalised (CLAHE, {tile} px, limit {clip:g})."
    return map_planes(stack, equalised, np.uint8, note)
