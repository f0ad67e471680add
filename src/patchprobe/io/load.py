"""The way in: a path becomes a Stack."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from .arrange import Overrides, arrange, tell
from .file_image import ReadOptions
from .formats import Format, find_format, suffix_of
from .lazy import reading
from .resample import resample_isotropic
from .stack import Stack
from .units import VoxelSize

_ORIENTATIONS = ("axial", "coronal", "sagittal")
_WITH_DATASETS = ("tiff", "hdf5", "zarr_store", "folder", "dicom", "slide")
_WITH_LEVELS = ("tiff", "hdf5", "zarr_store", "slide")
_HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5", ".ilp")


def load_stack(
    path: str | os.PathLike[str],
    axes: str | None = None,
    voxel_size: VoxelSize | None = None,
    *,
    dataset: str | int | None = None,
    level: int = 0,
    orientation: str | None = None,
    isotropic: bool = False,
    rgb: bool | None = None,
    name: str | None = None,
) -> Stack:
    """Open an image file, a folder of numbered images or a Zarr store as a stack.

    Nothing but the description is read; pixels follow when planes are asked for.

    Parameters
    ----------
    path : str or path
        TIFF (OME, ImageJ, BigTIFF), PNG, JPEG and other pictures, a folder of numbered images, OME-Zarr 0.4
        and 0.5 and plain Zarr, HDF5, NIfTI, NRRD, ``.npy``, DICOM files and folders of them, whole slides
        (``.svs`` and others that OpenSlide knows). A data set may follow an HDF5 file's name:
        ``"sample.h5/volumes/raw"``.
    axes : str, optional
        Letters of the axes of the array as the file stores it: ``t`` time, ``z`` planes, ``y``, ``x``,
        ``c`` channels, ``s`` colours. Axes of length one may be left out. From the file if not given.
    voxel_size : float, sequence, (sequence, unit) or str, optional
        In the order of the stack's axes: ``(50, 4, 4)``, ``((50, 4, 4), "nm")`` or ``"50,4,4 nm"``.
        One number holds for all axes but time. From the file if not given.
    dataset : str or int, optional
        Which image where there are several: path inside HDF5 or Zarr, number of a TIFF's series, a glob
        pattern for a folder (``"*_raw.png"``), number, description or UID of a DICOM series.
    level : int
        Level of an image pyramid (OME-Zarr, pyramidal TIFF, slides); 0 is full resolution.
    orientation : {"axial", "coronal", "sagittal"}, optional
        How NIfTI volumes are cut into planes; axial if not given. Rows then run from superior (or
        anterior, in axial planes) to inferior, columns from left to right or posterior to anterior.
        Ignored if `axes` is given; other formats refuse it, since they do not say how the head lies.
    isotropic : bool
        Resample, plane by plane when read, so that voxels are cubes of the smallest edge.
    rgb : bool, optional
        Whether three or four channels are colours. From the file, or guessed, if not given.
    name : str, optional
        What to call the stack; the file's name if not given.

    Returns
    -------
    Stack
        Planes first, then ``yx``, then ``c``. Axes of length one are dropped, unless `axes` names them.
        What was guessed is said in `Stack.notes` and logged once.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, of an unknown kind or without an image, or if axes, voxel
        size or data set do not fit it.
    """
    stack = load_quietly(
        path, axes, voxel_size, dataset=dataset, level=level, orientation=orientation, rgb=rgb, name=name
    )
    tell(stack)
    return resample_isotropic(stack) if isotropic else stack


def load_quietly(
    path: str | os.PathLike[str],
    axes: str | None = None,
    voxel_size: VoxelSize | None = None,
    *,
    dataset: str | int | None = None,
    level: int = 0,
    orientation: str | None = None,
    rgb: bool | None = None,
    name: str | None = None,
) -> Stack:
    """Do the same without logging the notes, for those who know better what the file is."""
    file, inner = _resolve(path)
    if orientation is not None and orientation not in _ORIENTATIONS:
        raise InputError(f"orientation {orientation!r} is not known. Use one of {', '.join(_ORIENTATIONS)}.")
    options = ReadOptions(_text(dataset, inner), level, orientation, as_stored=axes is not None)
    kind, note = find_format(file)
    _check_options(kind, file, options)
    with reading(file):
        image = kind.read(file, options)
    image = replace(image, format=image.format or kind.name, notes=(note, *image.notes))
    called = name or file.name.removesuffix(file.name[len(file.name) - len(suffix_of(file)) :]) or file.name
    return arrange(image, file, called, Overrides(axes, voxel_size, rgb))


def _check_options(kind: Format, file: Path, options: ReadOptions) -> None:
    """Refuse options that a format would ignore: the caller expects them to do something."""
    if options.orientation is not None and kind.module != "nifti":
        raise InputError(
            f"{file.name} is a {kind.name} file, which does not say how the head lies, so orientation="
            f"{options.orientation!r} cannot be had. Leave it out, or give axes to choose which axis "
            "the planes are."
        )
    if options.dataset is not None and kind.module not in _WITH_DATASETS:
        raise InputError(
            f"{file.name} is a {kind.name} file and holds one image only; dataset="
            f"{options.dataset!r} is not in it. Leave it out."
        )
    if options.level != 0 and kind.module not in _WITH_LEVELS:
        raise InputError(
            f"{file.name} ({kind.name}) has one level of resolution only; level={options.level} is "
            "not in it. Leave it out."
        )


def _text(dataset: str | int | None, inner: str | None) -> str | None:
    return inner if dataset is None else str(dataset)


def _resolve(path: str | os.PathLike[str]) -> tuple[Path, str | None]:
    """Find the file, and the data set if it was written behind the name of an HDF5 file."""
    text = os.fspath(path)
    if "://" in text:
        raise InputError(f"{text} is an address on the network. Download the file and give its path.")
    if not text.strip():
        raise InputError("No path was given. Give the path of an image, a folder of images or a Zarr store.")
    file = Path(text).expanduser()
    if file.exists():
        return file, None
    for parent in file.parents:
        if parent.is_file() and parent.suffix.lower() in _HDF5_SUFFIXES:
            return parent, file.relative_to(parent).as_posix()
    existing = next((parent for parent in file.parents if parent.exists()), Path())
    hint = f" The folder {existing} exists." if existing != file.parent else _similar(file)
    raise InputError(f"There is no file or folder {file}.{hint} Check the path.")


def _similar(file: Path) -> str:
    """Names in the same folder that a typing error could have meant."""
    from difflib import get_close_matches

    if not file.parent.is_dir():
        return ""
    near = get_close_matches(file.name, os.listdir(file.parent), n=3)
    return f" Near it is {', '.join(near)}." if near else ""
