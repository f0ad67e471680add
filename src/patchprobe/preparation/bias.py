"""The uneven brightness of MRI, corrected by N4."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack


def correct_bias(
    stack: Stack,
    mask: npt.NDArray[Any] | None = None,
    *,
    shrink: int = 4,
    levels: int = 4,
    iterations: int = 50,
) -> Stack:
    """Divide a volume by the smooth bias field that N4 finds in it.

    The field is estimated on every `shrink`-th voxel and evaluated on all. This needs the whole volume in
    memory.

    Parameters
    ----------
    stack : Stack
        With the axes ``"zyx"``, brightness above 0 in the body.
    mask : ndarray, shape of the volume, optional
        Not 0 in the body; voxels above Otsu's threshold if not given.
    shrink : int
        How much coarser the estimate is.
    levels, iterations : int
        Resolutions of the field, and iterations on each.

    Returns
    -------
    Stack
        float32, in memory.

    Raises
    ------
    InputError
        If it is no volume, the mask does not fit, or SimpleITK is not installed.

    References
    ----------
    Tustison N. J. et al., N4ITK: improved N3 bias correction, IEEE Transactions on Medical Imaging 29
    (2010) 1310-1320.
    """
    if stack.axes != "zyx":
        raise InputError(f"{stack.name} has the axes {stack.axes!r}; N4 takes a volume, 'zyx'.")
    itk = _import_simpleitk()
    values = np.asarray(stack.data, dtype=np.float32)
    image = itk.GetImageFromArray(values)
    image.SetSpacing([float(size) for size in stack.voxel_size[::-1]])
    inside = _mask_image(itk, image, mask, values.shape)
    steps = [min(shrink, length) for length in values.shape[::-1]]
    corrector = itk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([iterations] * levels)
    corrector.Execute(itk.Shrink(image, steps), itk.Shrink(inside, steps))
    field = itk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image))
    note = "The uneven brightness was corrected with N4."
    return replace(stack, data=values / np.exp(field), notes=(*stack.notes, note))


def _mask_image(itk: Any, image: Any, mask: npt.NDArray[Any] | None, shape: tuple[int, ...]) -> Any:
    if mask is None:
        return itk.OtsuThreshold(image, 0, 1)
    if mask.shape != shape:
        raise InputError(
            f"The mask has the shape {mask.shape}, but the volume has {shape}. They must be alike."
        )
    inside = itk.GetImageFromArray((np.asarray(mask) != 0).astype(np.uint8))
    inside.CopyInformation(image)
    return inside


def _import_simpleitk() -> Any:
    try:
        import SimpleITK
    except ImportError as error:
        raise InputError(
            "Bias correction needs the package SimpleITK. Install it with: pip install "
            "'patchprobe[preparation]'"
        ) from error
    return SimpleITK
