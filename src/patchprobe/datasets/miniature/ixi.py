"""A small IXI: two T1 volumes, flat, stored as the scanner stores them; one is segmented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from .content import head

_MM = (1.2, 0.94, 0.94)


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``IXI002-Guys-0828-T1.nii.gz`` with a segmentation, and ``IXI012-HH-1211-T1.nii.gz``."""
    for name, number in (("IXI002-Guys-0828-T1", 0), ("IXI012-HH-1211-T1", 1)):
        image, tissues = head(size, seed + number)
        nib.save(as_scanned(image, _MM), folder / f"{name}.nii.gz")
        if number == 0:
            nib.save(as_scanned(tissues, _MM), folder / f"{name}_seg.nii.gz")


def as_scanned(values: npt.NDArray[Any], size_mm: tuple[float, float, float], codes: str = "PSR") -> Any:
    """Store a volume (axes right, anterior, superior) with its axes in another order and direction."""
    size = np.array(size_mm)
    affine = np.diag([*size, 1.0])
    affine[:3, 3] = -size * np.array(values.shape) / 2
    # The package is typed in parts only.
    make: Any = nib.Nifti1Image
    image = make(values, affine)
    image.header.set_xyzt_units("mm", "sec")
    axes: Any = nib.orientations
    turn = axes.ornt_transform(axes.io_orientation(affine), axes.axcodes2ornt(tuple(codes)))
    return image.as_reoriented(turn)
