"""napari's way to files that it does not open itself (or opens without axes and voxel size)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ._layer_data import LayerData, layer_data
from .datasets import open_path, recognise
from .io.dicom_series import holds_dicom
from .io.folder import image_files
from .io.formats import format_by_suffix, is_zarr

ReaderFunction = Callable[[str], list[LayerData]]

# TIFF, pictures and .npy are napari's own; we would only make it ask which reader to take. It asks for
# slides, DICOM and NRRD too, which it claims but shows without size, order or pyramid, if at all.
_MODULES = ("dicom", "hdf5", "nifti", "nrrd", "slide", "zarr_store")


def get_reader(path: str | Sequence[str]) -> ReaderFunction | None:
    """Return the function that reads `path`, or None if it is not ours.

    Parameters
    ----------
    path : str or sequence of str
        What napari was asked to open. Several paths at once are left to napari.

    Returns
    -------
    callable or None
        Takes the path and returns layer data tuples.
    """
    if not isinstance(path, str):
        return None
    file = Path(path)
    if file.is_dir():
        return read_layers if _is_stack(file) else None
    kind = format_by_suffix(file)
    return read_layers if kind is not None and kind.module in _MODULES and file.is_file() else None


def read_layers(path: str) -> list[LayerData]:
    """Open a file, folder or store as layers with scale and units; known data sets with their truth.

    Raises
    ------
    InputError
        If it cannot be read; napari shows the message.
    """
    return layer_data(open_path(path))


def _is_stack(folder: Path) -> bool:
    return (
        is_zarr(folder)
        or len(image_files(folder)) > 1
        or recognise(folder) is not None
        or holds_dicom(folder)
    )
