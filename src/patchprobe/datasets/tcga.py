"""TCGA GBM and LGG: slides and scans of brain tumours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.dicom_series import holds_dicom
from ..io.label_classes import LabelClasses, label_classes
from ..io.levels import viewable_level
from ..io.load import load_quietly
from ..io.walk import files_below
from .mri import load_volume, stem_of, with_segmentation
from .refusal import choose_item
from .spec import DatasetSpec
from .truth import with_truth

_CASE = re.compile(r"TCGA-\w{2}-\w{4}")
_SLIDE_SUFFIXES = (".svs", ".ndpi", ".scn", ".mrxs", ".svslide", ".bif")
_MASK_SUFFIXES = (".png", ".tif", ".tiff")
# As the analysis of the same scans for BraTS names images and tumours.
_BRATS_IMAGE = re.compile(r"(TCGA-\w{2}-\w{4}_[\d.]+)_(t1Gd|flair|t1|t2)\.nii(\.gz)?")
_BRATS_TRUTH = ("_GlistrBoost_ManuallyCorrected", "_GlistrBoost")
_TUMOUR = {1: "necrotic and non-enhancing core", 2: "oedema", 4: "enhancing tumour"}
_DEPTH = 6

SPEC = DatasetSpec(
    name="tcga",
    title="TCGA GBM and LGG",
    summary="Whole slides (H&E) of glioblastomas and lower-grade gliomas, and MRI and CT of the same people.",
    modality="histology and radiology",
    licence="slides: open access of the GDC; scans: terms of The Cancer Imaging Archive, for some "
    "collections of heads with a signed agreement",
    citation="Scarpace L. et al., TCGA-GBM, The Cancer Imaging Archive (2016), "
    "doi:10.7937/K9/TCIA.2016.RNYFUYE9; Pedano N. et al., TCGA-LGG (2016), "
    "doi:10.7937/K9/TCIA.2016.L4LTD3TK; segmentations: Bakas S. et al., BRATS-TCGA-GBM (2017), "
    "doi:10.7937/K9/TCIA.2017.KLXWJJ1Q",
    size="0.1 to 3 GB a slide, some hundred MB a study",
    homepage="https://portal.gdc.cancer.gov and https://www.cancerimagingarchive.net/collection/tcga-gbm/",
    access="Slides: choose files of TCGA-GBM or TCGA-LGG at https://portal.gdc.cancer.gov (Slide Image), "
    "save the manifest and run 'gdc-client download -m MANIFEST'. Scans: choose series at "
    "https://www.cancerimagingarchive.net and get them with its NBIA Data Retriever; heads need an account "
    "and an agreement. Segmentations (NIfTI) are in the analysis results BRATS-TCGA-GBM and -LGG there.",
    layout="  <uuid>/TCGA-02-0001-01Z-00-DX1.<uuid>.svs                 slides, as gdc-client writes them\n"
    "  TCGA-02-0006/<study>/<series>/1-01.dcm, …                  scans, as the NBIA Data Retriever does\n"
    "  TCGA-02-0006_1996.08.23_t1Gd.nii.gz, …_t1, _t2, _flair    scans prepared for BraTS, with\n"
    "  TCGA-02-0006_1996.08.23_GlistrBoost_ManuallyCorrected.nii.gz   the tumour as truth\n"
    "  Slides have no truth; a picture beside one (<name of the slide>_mask.png) is taken as labels.",
)


def items(folder: Path) -> tuple[str, ...]:
    """List slides, series (folders) and prepared scans, by their path in the folder."""
    return tuple(_found(folder))


def load(folder: Path, item: str | None = None, level: int | None = None) -> Stack:
    """Open a slide or a scan.

    Parameters
    ----------
    folder : Path
    item : str, optional
        One of `items`; the first if not given.
    level : int, optional
        Of a slide: 0 is full resolution. The finest of at most 64 million pixels if not given.

    Returns
    -------
    Stack
        ``"yxc"`` in colour with pixels in µm for slides, ``"zyx"`` in mm for scans. `labels` is None
        where no mask or segmentation lies beside the image.
    """
    found = _found(folder)
    chosen = choose_item(SPEC, folder, tuple(found), item)
    path = found[chosen]
    if path.is_dir():
        return load_quietly(path, name=chosen)
    if _is_slide(path):
        return _load_slide(path, level)
    truth = next((file for end in _BRATS_TRUTH if (file := _tumour(path, end)) is not None), None)
    return with_segmentation(load_volume(path, "axial", stem_of(path)), path, truth, "axial", tumour_parts())


def tumour_parts() -> LabelClasses:
    """Return what the numbers of BraTS mean."""
    return label_classes(_TUMOUR, None)


def _load_slide(path: Path, level: int | None) -> Stack:
    stack = load_quietly(path, level=viewable_level(path) if level is None else level)
    mask = next((m for s in _MASK_SUFFIXES if (m := path.with_name(f"{path.stem}_mask{s}")).is_file()), None)
    if mask is None:
        note = "There is no mask beside the slide, so the stack has no truth."
        return replace(stack, notes=(*stack.notes, note))
    drawn = load_quietly(mask)
    if drawn.axes != "yx":
        raise InputError(
            f"{mask.name} has the axes {drawn.axes!r}; the mask of a slide is one plane of class numbers, "
            "without colours. Save it as grey levels."
        )
    return with_truth(stack, _at_level(drawn.plane(), stack.plane_shape), mask.name)


def _at_level(mask: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Bring a mask of any resolution to that of the slide, by the nearest pixel."""
    if mask.shape == shape:
        return mask
    rows, cols = (((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(shape, mask.shape, strict=True))
    return mask[np.ix_(rows, cols)]


def _found(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    found: dict[str, Path] = {}
    for file in files_below(folder, _DEPTH):
        relative = file.relative_to(folder)
        if (_CASE.search(file.name) and _is_slide(file)) or _BRATS_IMAGE.fullmatch(file.name):
            found[relative.as_posix()] = file
        elif file.suffix.lower() == ".dcm" and _CASE.search(str(relative.parent)):
            found.setdefault(relative.parent.as_posix(), file.parent)
    return {name: path for name, path in found.items() if path.is_file() or holds_dicom(path)}


def _is_slide(path: Path) -> bool:
    return path.suffix.lower() in _SLIDE_SUFFIXES


def _tumour(image: Path, end: str) -> Path | None:
    match = _BRATS_IMAGE.fullmatch(image.name)
    assert match is not None
    file = image.with_name(f"{match[1]}{end}.nii.gz")
    return file if file.is_file() else None
