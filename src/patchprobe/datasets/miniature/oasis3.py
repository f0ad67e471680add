"""A small OASIS-3: a session in BIDS, one by session, and one of FreeSurfer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from .content import head
from .ixi import as_scanned

_MM = (1.0, 1.0, 1.0)
# Of the tissues of the head: CSF, left cortex, left white matter, as FreeSurfer numbers them.
_STRUCTURES = np.array([0, 24, 3, 2], dtype=np.int32)
_RIGHT = 39


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``sub-OAS30001/…`` (BIDS), ``OAS30002_MR_d0371/…`` and FreeSurfer's ``OAS30001_MR_d0129/mri``."""
    image, tissues = head(size, seed)
    bids = _made(folder / "sub-OAS30001/ses-d0129/anat")
    nib.save(as_scanned(image, _MM, "LAS"), bids / "sub-OAS30001_ses-d0129_T1w.nii.gz")
    (bids / "sub-OAS30001_ses-d0129_T1w.json").write_text(json.dumps({"Modality": "MR"}), "utf-8")
    other, other_tissues = head(size, seed + 1)
    session = _made(folder / "OAS30002_MR_d0371/anat2")
    name = "sub-OAS30002_ses-d0371_run-01"
    nib.save(as_scanned(other, _MM, "RAS"), session / f"{name}_T1w.nii.gz")
    nib.save(as_scanned(other_tissues, _MM, "RAS"), session / f"{name}_dseg.nii.gz")
    freesurfer = _made(folder / "freesurfer/OAS30001_MR_d0129/mri")
    structures = _STRUCTURES[tissues]
    right = np.arange(len(structures)) >= len(structures) / 2
    structures[right] += np.where(np.isin(structures[right], (2, 3)), _RIGHT, 0).astype(np.int32)
    for file, values in (("T1.mgz", image.astype(np.uint8)), ("aparc+aseg.mgz", structures)):
        stored = as_scanned(values, _MM, "LIA")
        nib.save(_mgh(stored), freesurfer / file)


def _mgh(image: Any) -> Any:
    make: Any = nib.MGHImage
    return make(image.dataobj, image.affine)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
