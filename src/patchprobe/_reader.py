"""napari's way to files that it does not open itself (or opens without axes and voxel size)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ._layer_data import LayerData, layer_data
from .io import load_stack
from .io.folder import image_files
from .io.formats import format_by_suffix, is_zarr

ReaderFunction = Callable[[str], list[LayerData]]

# TIFF, pictures and .npy are napari's own; we would only make it ask which reader to take.
_MODULES = ("hdf5", "nifti", "zarr_store")


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
        return read_layers if is_zarr(file) or len(image_files(file)) > 1 else None
    kind = format_by_suffix(file)
    return read_layers if kind is not None and kind.module in _MODULES and file.is_file() else None


def read_layers(path: str) -> list[LayerData]:
    """Open a file, folder or store as layers with scale and units.

    Raises
    ------
    InputError
        If it cannot be read; napari shows the message.
    """
    return layer_data(load_stack(path))
