"""DICOM: a series of images from a scanner as one volume, in the order in which they lie in the body."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .dicom_series import SeriesImage, choose_series, import_pydicom
from .file_image import FileImage, ReadOptions, Size
from .units import canonical

# Distances between planes may differ by so much, from rounding in the files.
_UNEVEN = 0.02
_TURNED = 1e-3


class SeriesPlanes:
    """The planes of a series as one array, scaled as their headers say, read when sliced.

    Parameters
    ----------
    planes : ndarray of object
        The image and frame of each plane, in the shape of the axes before ``yx``.
    """

    def __init__(self, planes: npt.NDArray[Any]) -> None:
        first: SeriesImage = planes.flat[0][0]
        self._planes = planes
        self._images: list[SeriesImage] = [image for image, _ in planes.flat]
        colours = (first.samples,) if first.samples > 1 else ()
        self.shape = (*planes.shape, first.rows, first.columns, *colours)
        self.ndim = len(self.shape)
        self.dtype = _scaled_dtype(self._images)

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        lead = self._planes.ndim
        chosen = self._planes[key[:lead]]
        planes = np.stack([self._plane(image, frame)[key[lead:]] for image, frame in chosen.flat])
        return planes.reshape(*chosen.shape, *planes.shape[1:])

    def _plane(self, image: SeriesImage, frame: int) -> npt.NDArray[Any]:
        from pydicom.pixels import pixel_array

        stored: npt.NDArray[Any] = pixel_array(str(image.path), index=frame)
        if image.inverted:
            stored = image.brightest - stored
        if image.slope == 1 and image.intercept == 0:
            return stored.astype(self.dtype, copy=False)
        scaled: npt.NDArray[Any] = stored * image.slope + image.intercept
        return scaled.astype(self.dtype)


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe a series: one file, or the files of a folder and of those below it.

    Planes are ordered by ``ImagePositionPatient`` along the normal of the planes; several images at each
    place are time points.
    """
    import_pydicom()
    series = choose_series(path, options.dataset)
    _check_alike(series.images, path)
    notes = list(series.notes)
    if series.images[0].frames > 1:
        planes, spacing = _frames_of(series.images, path)
    else:
        planes, spacing, note = _ordered(series.images, path)
        notes.append(note)
    if series.images[0].inverted:
        notes.append("In the files 0 stands for white; the values were turned so that more is brighter.")
    axes = "tz"[2 - planes.ndim :] + "yx" + ("c" if series.images[0].samples > 1 else "")
    return FileImage(
        SeriesPlanes(planes),
        axes,
        f"DICOM {series.images[0].modality}".strip(),
        _sizes(series.images[0], spacing),
        rgb=True if series.images[0].samples == 3 else None,
        notes=tuple(note for note in notes if note),
    )


def _check_alike(images: Sequence[SeriesImage], path: Path) -> None:
    """Refuse a series whose images are no planes of one volume."""
    first = images[0]
    for image in images[1:]:
        if image.shape != first.shape:
            raise InputError(
                f"The series in {path.name} mixes images of {first.columns} × {first.rows} px "
                f"({first.path.name}) and of {image.columns} × {image.rows} px ({image.path.name}). "
                "Move those that are no planes of the volume elsewhere."
            )
        if not _parallel(first, image):
            raise InputError(
                f"The series in {path.name} mixes planes of several directions ({first.path.name} and "
                f"{image.path.name}), as scouts have them. Move those that are not wanted elsewhere."
            )


def _parallel(a: SeriesImage, b: SeriesImage) -> bool:
    if a.orientation is None or b.orientation is None:
        return True
    return bool(np.allclose(a.orientation, b.orientation, atol=_TURNED))


def _ordered(images: Sequence[SeriesImage], path: Path) -> tuple[npt.NDArray[Any], float | None, str]:
    """Put planes in order: (z) or (t, z), with the distance between them, and what to say of it."""
    if any(image.position is None or image.orientation is None for image in images):
        by_number = sorted(images, key=lambda image: image.number)
        note = "The files do not say where the planes lie; they are in the order of their numbers."
        return _as_planes([by_number])[0], None, note if len(images) > 1 else ""
    places = np.array([image.place for image in images])
    levels = _distinct(places)
    stacks: list[list[SeriesImage]] = [[] for _ in levels]
    for image, level in zip(images, np.abs(places[:, None] - levels).argmin(axis=1), strict=True):
        stacks[level].append(image)
    counts = {len(stack) for stack in stacks}
    if len(counts) > 1:
        raise InputError(
            f"The series in {path.name} has {min(counts)} to {max(counts)} images at a place (first at "
            f"{levels[0]:g} mm); several at each would be time points. Files are missing, or two series were "
            "mixed; copy it again, or keep one series to a folder."
        )
    in_time = [sorted(stack, key=lambda image: image.time) for stack in stacks]
    planes = _as_planes(list(zip(*in_time, strict=True)))
    planes = planes[0] if len(planes) == 1 else planes
    steps = np.diff(levels)
    if len(steps) == 0:
        return planes, None, ""
    spacing = float(np.median(steps))
    note = ""
    if np.abs(steps - spacing).max() > _UNEVEN * spacing:
        note = (
            f"The distance between planes varies from {steps.min():.4g} to {steps.max():.4g} mm (files may "
            f"be missing); {spacing:.4g} mm, the most common, was taken for all."
        )
    return planes, spacing, note


def _distinct(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sort places, and take those that differ by rounding only as one."""
    ordered = np.sort(places)
    steps = np.diff(ordered)
    closest = 0.1 * float(np.median(steps[steps > 1e-3])) if (steps > 1e-3).any() else 1e-3
    first_of_each = np.concatenate([np.array([True]), steps > closest])
    return np.asarray(ordered[first_of_each])


def _as_planes(stacks: Sequence[Sequence[SeriesImage]]) -> npt.NDArray[Any]:
    """(t, z) array of images with their only frame."""
    planes = np.empty((len(stacks), len(stacks[0])), dtype=object)
    for t, stack in enumerate(stacks):
        for z, image in enumerate(stack):
            planes[t, z] = (image, 0)
    return planes


def _frames_of(images: Sequence[SeriesImage], path: Path) -> tuple[npt.NDArray[Any], float | None]:
    """Planes of a file that holds all of them, in its order."""
    if len(images) > 1:
        raise InputError(
            f"The series in {path.name} holds {len(images)} files of {images[0].frames} frames each. Open "
            "one "
            "of them, such as " + images[0].path.name + "."
        )
    planes = np.empty(images[0].frames, dtype=object)
    for frame in range(images[0].frames):
        planes[frame] = (images[0], frame)
    return planes, images[0].frame_spacing


def _scaled_dtype(images: Sequence[SeriesImage]) -> np.dtype[Any]:
    """Whole numbers where the scale keeps them whole, else float32."""
    first = images[0]
    if all(image.slope == 1 and image.intercept == 0 for image in images):
        return first.stored_dtype
    if all(image.slope == 1 and image.intercept == int(image.intercept) for image in images):
        reach = max(abs(image.intercept) + image.brightest for image in images)
        return np.dtype(np.int16 if reach <= np.iinfo(np.int16).max else np.int32)
    return np.dtype(np.float32)


def _sizes(image: SeriesImage, spacing: float | None) -> dict[str, Size]:
    edges: dict[str, float] = {}
    if image.pixel_spacing is not None:
        edges |= {"y": image.pixel_spacing[0], "x": image.pixel_spacing[1]}
    if spacing is not None:
        edges["z"] = spacing
    sizes = {letter: canonical(float(f"{edge:.6g}"), "mm") for letter, edge in edges.items()}
    return {letter: size for letter, size in sizes.items() if size is not None}
