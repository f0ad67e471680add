"""What a file holds, before it becomes a stack: its images, and the axes as they are stored."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import h5py

from .axes import name_axes
from .containers import Candidate
from .file_image import ReadOptions
from .formats import find_format
from .hdf5 import candidates
from .lazy import reading


@dataclass(frozen=True)
class StoredImage:
    """The array of a file in its own order.

    Parameters
    ----------
    axes : str
        A letter of ``tzyxc`` for each axis that is longer than one, as `load_stack` takes them.
    shape : tuple of int
        Length of each of these axes.
    format_module : str
        Which reader it takes: ``"tiff"``, ``"nifti"``, ``"hdf5"``…
    """

    axes: str
    shape: tuple[int, ...]
    format_module: str


def list_datasets(path: str | os.PathLike[str]) -> tuple[Candidate, ...]:
    """List the data sets of an HDF5 file that could be the image, the likeliest first, or DICOM series.

    Returns
    -------
    tuple of Candidate
        Empty for files of other kinds, which hold one image.

    Raises
    ------
    InputError
        If the file is of no known kind, or damaged.
    """
    file = Path(path).expanduser()
    module = find_format(file)[0].module
    if module == "dicom":
        return _series(file)
    if module != "hdf5":
        return ()
    with reading(file), h5py.File(file, "r") as opened:
        found = [candidate for candidate in candidates(opened, ReadOptions()) if candidate.is_image_like]
    return tuple(sorted(found, key=lambda candidate: candidate.rank))


def _series(path: Path) -> tuple[Candidate, ...]:
    from .dicom_series import list_series, series_names

    every = list_series(path)
    return tuple(
        Candidate(
            name,
            (len(series.images) * series.images[0].frames, *series.images[0].shape[:2]),
            series.images[0].stored_dtype,
        )
        for name, series in zip(series_names(every), every, strict=True)
    )


def stored_image(
    path: str | os.PathLike[str], dataset: str | None = None, orientation: str | None = None
) -> StoredImage:
    """Read in which order a file stores its axes.

    Parameters
    ----------
    path : str or path
        An existing file, folder or Zarr store.
    dataset, orientation
        As for `load_stack`.

    Raises
    ------
    InputError
        As `load_stack` does.
    """
    file = Path(path).expanduser()
    kind, _ = find_format(file)
    with reading(file):
        image = kind.read(file, ReadOptions(dataset, orientation=orientation))
    shape = tuple(int(n) for n in image.data.shape)
    letters = name_axes(shape, image.axes, None, file.name).letters
    kept = [i for i, letter in enumerate(letters) if letter != "-"]
    return StoredImage("".join(letters[i] for i in kept), tuple(shape[i] for i in kept), kind.module)
