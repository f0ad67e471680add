"""A small TCGA: a slide with a mask, two series of a study, and scans with a tumour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from ...synthetic import generate
from .content import head
from .ixi import as_scanned
from .scanner import write_series

_SLIDE = "TCGA-02-0001-01Z-00-DX1.00000000-0000-0000-0000-000000000001"
_CASE, _DATE = "TCGA-02-0006", "1996.08.23"
_TILE = 64
# As OpenSlide tells a slide of this maker.
_ABOUT = (
    "Aperio Image Library v11.2.1\n{width}x{height} [0,0 {width}x{height}] ({tile}x{tile}) JPEG/RGB Q=70"
    "|AppMag = 20|MPP = 0.5040"
)


def write(folder: Path, size: int, seed: int) -> None:
    """Write an ``.svs`` with ``_mask.png``, DICOM series under ``TCGA-02-0006`` and NIfTI for BraTS."""
    slide, mask = _slide(4 * size, seed)
    place = folder / "00000000-0000-0000-0000-000000000000"
    place.mkdir(exist_ok=True)
    write_slide(place / f"{_SLIDE}.svs", slide)
    Image.fromarray(mask).save(place / f"{_SLIDE}_mask.png")
    image, tissues = head(size, seed)
    study = folder / _CASE / "08-23-1996-MRI BRAIN"
    axial = np.ascontiguousarray(image.transpose(2, 1, 0)[:, ::-1])
    write_series(study / "4.000000-T1 POST-00001", axial, 4, "T1 POST")
    write_series(study / "6.000000-FLAIR-00002", axial[::2], 6, "FLAIR", spacing_mm=2.0)
    image[_tumour(image.shape) > 0] += 60
    for end in ("t1Gd", "flair"):
        nib.save(as_scanned(image, (1, 1, 1), "LPS"), folder / f"{_CASE}_{_DATE}_{end}.nii.gz")
    truth = np.where(tissues > 0, _tumour(image.shape), 0).astype(np.uint8)
    corrected = f"{_CASE}_{_DATE}_GlistrBoost_ManuallyCorrected.nii.gz"
    nib.save(as_scanned(truth, (1, 1, 1), "LPS"), folder / corrected)


def write_slide(path: Path, pixels: npt.NDArray[np.uint8], levels: int = 2) -> None:
    """Write a slide as Aperio's scanners do: tiles of JPEG, a thumbnail, then coarser levels.

    Parameters
    ----------
    path : Path
    pixels : ndarray of uint8, shape (H, W, 3)
        Sides are multiples of 64 times the coarsest step.
    levels : int
        1 writes a slide without a pyramid; each further level is half as fine.
    """
    height, width = pixels.shape[:2]
    about = _ABOUT.format(width=width, height=height, tile=_TILE)
    tiled: dict[str, Any] = {
        "photometric": "rgb",
        "compression": "jpeg",
        "compressionargs": {"level": 90},
        "metadata": None,
    }
    with tifffile.TiffWriter(path) as file:
        file.write(pixels, tile=(_TILE, _TILE), description=about, **tiled)
        file.write(np.ascontiguousarray(pixels[::8, ::8]), description=about, **tiled, rowsperstrip=16)
        for level in range(1, levels):
            step = 2**level
            coarse = pixels.reshape(height // step, step, width // step, step, 3).mean(axis=(1, 3))
            file.write(np.rint(coarse).astype(np.uint8), tile=(_TILE, _TILE), description=about, **tiled)


def _slide(size: int, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Tissue with nuclei in a round piece on white glass, and its classes: 1 tissue, 2 nuclei; 0 glass."""
    size = max(size // (2 * _TILE), 1) * 2 * _TILE
    images, masks = generate("histology", 1, size, seed)
    y, x = np.mgrid[:size, :size] / size - 0.5
    inside = np.hypot(y, x) < 0.45
    pixels = np.where(inside[..., None], images[0], 0.95)
    return np.rint(pixels * 255).astype(np.uint8), np.where(inside, masks[0] + 1, 0).astype(np.uint8)


def _tumour(shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Draw a core in a rim in a halo, to the right: 1, 4 and 2."""
    grid = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    distance = np.sqrt((grid[0] - 0.35) ** 2 + grid[1] ** 2 + (grid[2] - 0.2) ** 2)
    return np.select([distance < 0.1, distance < 0.16, distance < 0.26], [1, 4, 2], 0).astype(np.uint8)
