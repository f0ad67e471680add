"""Which DICOM files belong together, and what their headers say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .walk import files_below

_MAGIC_AT = 128
_DEPTH = 5
_MOST_LOOKED_AT = 40
_MOST_LISTED = 12
_TAGS = [
    "AcquisitionNumber", "AcquisitionTime", "BitsStored", "Columns", "ContentTime", "ImageOrientationPatient",
    "ImagePositionPatient", "ImagerPixelSpacing", "InstanceNumber", "Modality", "NumberOfFrames",
    "PhotometricInterpretation", "PixelRepresentation", "PixelSpacing", "RescaleIntercept", "RescaleSlope",
    "Rows", "SamplesPerPixel", "SeriesDescription", "SeriesInstanceUID", "SeriesNumber",
    "SharedFunctionalGroupsSequence", "SpacingBetweenSlices", "TemporalPositionIdentifier",
]  # fmt: skip


@dataclass(frozen=True)
class SeriesImage:
    """The header of one file of a series.

    Parameters
    ----------
    path : Path
    header : Dataset
        The tags that matter, without pixels.
    """

    path: Path
    header: Any

    @cached_property
    def rows(self) -> int:
        """Height in pixels."""
        return int(self.header.Rows)

    @cached_property
    def columns(self) -> int:
        """Width in pixels."""
        return int(self.header.Columns)

    @cached_property
    def frames(self) -> int:
        """How many images the file holds."""
        return int(self.header.get("NumberOfFrames") or 1)

    @cached_property
    def samples(self) -> int:
        """1 for grey levels, 3 for colours."""
        return int(self.header.get("SamplesPerPixel") or 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """What must be alike in a volume."""
        return self.rows, self.columns, self.samples, self.frames

    @cached_property
    def modality(self) -> str:
        """What made it: ``"MR"``, ``"CT"`` and such."""
        return str(self.header.get("Modality") or "")

    @cached_property
    def number(self) -> int:
        """Number within the series."""
        return int(self.header.get("InstanceNumber") or 0)

    @cached_property
    def slope(self) -> float:
        """What stored values are multiplied by."""
        return float(self.header.get("RescaleSlope", 1) or 1)

    @cached_property
    def intercept(self) -> float:
        """What is added then."""
        return float(self.header.get("RescaleIntercept", 0) or 0)

    @cached_property
    def inverted(self) -> bool:
        """Whether 0 stands for white."""
        return str(self.header.get("PhotometricInterpretation")) == "MONOCHROME1"

    @cached_property
    def brightest(self) -> int:
        """Return the largest value that can be stored."""
        signed = bool(self.header.get("PixelRepresentation"))
        return int((1 << (int(self.header.get("BitsStored") or 16) - signed)) - 1)

    @cached_property
    def stored_dtype(self) -> np.dtype[Any]:
        """Of the pixels in the file."""
        signed = bool(self.header.get("PixelRepresentation"))
        bits = int(self.header.get("BitsStored") or 16)
        return np.dtype(f"{'i' if signed else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}")

    @cached_property
    def orientation(self) -> npt.NDArray[np.float64] | None:
        """Directions of rows and columns in the body, six numbers."""
        return _numbers(self.header.get("ImageOrientationPatient"), 6)

    @cached_property
    def position(self) -> npt.NDArray[np.float64] | None:
        """Where the first pixel lies in the body, in mm."""
        return _numbers(self.header.get("ImagePositionPatient"), 3)

    @property
    def place(self) -> float:
        """How far along the normal of the planes it lies, in mm."""
        assert self.orientation is not None and self.position is not None
        return float(np.dot(np.cross(self.orientation[:3], self.orientation[3:]), self.position))

    @cached_property
    def pixel_spacing(self) -> npt.NDArray[np.float64] | None:
        """Between rows and between columns, in mm."""
        stated = self.header.get("PixelSpacing") or self.header.get("ImagerPixelSpacing")
        return _numbers(stated or _measures(self.header).get("PixelSpacing"), 2)

    @cached_property
    def frame_spacing(self) -> float | None:
        """Between the frames of one file, in mm."""
        measures = _measures(self.header)
        for tag in ("SpacingBetweenSlices", "SliceThickness"):
            stated = measures.get(tag) or self.header.get(tag)
            if stated:
                return float(stated)
        return None

    @property
    def time(self) -> tuple[float, ...]:
        """By which images at one place are put in order."""
        tags = ("TemporalPositionIdentifier", "AcquisitionNumber", "AcquisitionTime", "ContentTime")
        return (*(float(self.header.get(tag) or 0) for tag in tags), float(self.number))


@dataclass(frozen=True)
class Series:
    """Images that belong together.

    Parameters
    ----------
    uid : str
    images : tuple of SeriesImage
        In no particular order.
    notes : tuple of str
    """

    uid: str
    images: tuple[SeriesImage, ...]
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the scanner's user called it."""
        return str(self.images[0].header.get("SeriesDescription") or "").strip()

    @property
    def number(self) -> str:
        """Number within the study."""
        return str(self.images[0].header.get("SeriesNumber") or "")

    def __str__(self) -> str:
        first = self.images[0]
        count = len(self.images) * first.frames
        name = self.description or self.uid
        return f"{self.number} {name!r} ({count} of {first.columns} × {first.rows})".strip()


def choose_series(path: Path, wanted: str | None) -> Series:
    """Find the series of a file or a folder.

    Parameters
    ----------
    path : Path
        A file, or a folder with files in it or below.
    wanted : str, optional
        Number, description or UID of one of several series.

    Raises
    ------
    InputError
        If there is none, or there are several and none is named.
    """
    every = list_series(path)
    if not every:
        raise InputError(f"{path} holds no DICOM image. Give a folder with the files of a series.")
    found = [
        series
        for series in every
        if wanted is None or wanted in (series.uid, series.number, series.description)
    ]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(str(series) for series in every[:_MOST_LISTED])
    if wanted is not None:
        problem = "is not in" if not found else f"is {len(found)} times in"
        raise InputError(f"The series {wanted!r} {problem} {path.name}. It holds {listed}. Give its UID.")
    raise InputError(
        f"{path.name} mixes {len(every)} series: {listed}. Choose one with "
        f"dataset={series_names(every)[0]!r}, or open the folder of one."
    )


def series_names(every: Sequence[Series]) -> list[str]:
    """Name each series as `choose_series` takes it: the description, or the UID where several share it."""
    names = [series.description for series in every]
    return [
        name if name and names.count(name) == 1 else series.uid
        for name, series in zip(names, every, strict=True)
    ]


def list_series(path: Path) -> list[Series]:
    """Read the headers of all DICOM files of a folder, and sort them by series, in order of their numbers."""
    files: Iterable[Path] = files_below(path, _DEPTH) if path.is_dir() else [path]
    groups: dict[str, list[SeriesImage]] = {}
    for image in _images(files):
        groups.setdefault(str(image.header.get("SeriesInstanceUID") or ""), []).append(image)
    series = [Series(uid, tuple(images)) for uid, images in groups.items()]
    return sorted(series, key=lambda s: (int(s.number) if s.number.isdecimal() else 0, s.description, s.uid))


def is_dicom(file: Path) -> bool:
    """Whether the content of a file says so; its name often has no suffix."""
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            return opened.read(_MAGIC_AT + 4)[_MAGIC_AT:] == b"DICM"
    except OSError:
        return False


def holds_dicom(folder: Path) -> bool:
    """Whether one of the first files in a folder, or below it, is a DICOM file."""
    for count, file in enumerate(files_below(folder, _DEPTH)):
        if count >= _MOST_LOOKED_AT:
            return False
        if file.name != "DICOMDIR" and is_dicom(file):
            return True
    return False


def _images(files: Iterable[Path]) -> Iterator[SeriesImage]:
    for file in files:
        if file.name == "DICOMDIR" or not is_dicom(file):
            continue
        header = _header(file, file.stat().st_mtime_ns)
        # Reports and the like have no pixels.
        if "Rows" in header and "Columns" in header:
            _check_decodable(header, file)
            yield SeriesImage(file, header)


# A preview and the opening that follows it look at the same files.
@lru_cache(maxsize=8192)
def _header(file: Path, changed: int) -> Any:
    return import_pydicom().dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)


def _check_decodable(header: Any, file: Path) -> None:
    """Refuse pixels that are packed in a way for which no decoder is installed."""
    from pydicom.pixels import get_decoder

    syntax = header.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_compressed or syntax.is_deflated:
        return
    try:
        decodable = get_decoder(syntax).is_available
    except NotImplementedError:
        decodable = False
    if not decodable:
        raise InputError(
            f"{file.name} is compressed as {syntax.name}, for which no decoder is installed. Install "
            "pylibjpeg with its plugins (pip install 'pylibjpeg[all]'), or decompress the files, for example "
            "with gdcmconv."
        )


def _measures(header: Any) -> Any:
    """Find what a file of many frames says of all of them."""
    shared: Sequence[Any] = header.get("SharedFunctionalGroupsSequence") or ()
    measures = shared[0].get("PixelMeasuresSequence") if shared else None
    return measures[0] if measures else {}


def _numbers(value: Any, count: int) -> npt.NDArray[np.float64] | None:
    if value is None or len(value) != count:
        return None
    return np.array([float(number) for number in value])


def import_pydicom() -> Any:
    """Import pydicom, or say how to get it."""
    try:
        import pydicom
    except ImportError as error:
        raise InputError(
            "DICOM files need the package pydicom. Install it with: pip install 'patchprobe[datasets]'"
        ) from error
    return pydicom
