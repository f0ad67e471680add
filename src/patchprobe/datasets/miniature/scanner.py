"""Writing DICOM series as a scanner does: one file for each plane, in no order that helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from ...io.dicom_series import import_pydicom

_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
# Below this root UIDs are made from UUIDs; a fixed one keeps miniatures equal.
_ROOT = "2.25.3282"
_AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def write_series(
    folder: Path,
    planes: npt.NDArray[Any],
    number: int,
    description: str,
    *,
    spacing_mm: float = 1.0,
    tags: dict[str, Any] | None = None,
) -> None:
    """Write the planes of an axial volume as a series.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    planes : ndarray of int, shape (planes, H, W)
        From inferior to superior. Their files are numbered from the last to the first.
    number : int
        Of the series.
    description : str
    spacing_mm : float
        Between planes.
    tags : dict, optional
        Further tags of each file, or others than the usual.
    """
    pydicom = import_pydicom()
    folder.mkdir(parents=True, exist_ok=True)
    count = len(planes)
    for index, plane in enumerate(planes):
        meta = pydicom.dataset.FileMetaDataset()
        meta.MediaStorageSOPClassUID = _MR_IMAGE
        meta.MediaStorageSOPInstanceUID = f"{_ROOT}.{number}.{index + 1}"
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        image = pydicom.dataset.FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        image.SOPClassUID, image.SOPInstanceUID = _MR_IMAGE, meta.MediaStorageSOPInstanceUID
        image.Modality, image.PatientID = "MR", "TCGA-02-0006"
        image.StudyInstanceUID, image.SeriesInstanceUID = f"{_ROOT}.1", f"{_ROOT}.{number}"
        image.SeriesNumber, image.SeriesDescription = number, description
        image.InstanceNumber = count - index
        image.ImageOrientationPatient = _AXIAL
        image.ImagePositionPatient = [-plane.shape[1] / 2, -plane.shape[0] / 2, index * spacing_mm]
        image.PixelSpacing, image.SliceThickness = [1.0, 1.0], spacing_mm
        image.Rows, image.Columns = plane.shape
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit, image.PixelRepresentation = 15, 1
        image.PixelData = plane.astype("<i2").tobytes()
        for name, value in (tags or {}).items():
            setattr(image, name, value)
        image.save_as(folder / f"1-{count - index:02d}.dcm", enforce_file_format=True)
