"""What a format's reader returns, before it is arranged into a Stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .label_classes import LabelClasses

Size = tuple[float, str]


@dataclass(frozen=True)
class ReadOptions:
    """What of a file to read.

    Parameters
    ----------
    dataset : str, optional
        Which image of a container of several: a data set of an HDF5 or Zarr file, the number of a series
        of a TIFF file, a glob pattern for a folder.
    level : int
        Level of an image pyramid; 0 is full resolution.
    orientation : str, optional
        ``"axial"``, ``"coronal"`` or ``"sagittal"``, for formats that say how the head lies.
    as_stored : bool
        Whether the caller names the axes of the array as the file stores it, so that a reader must not
        flip or reorder them.
    """

    dataset: str | None = None
    level: int = 0
    orientation: str | None = None
    as_stored: bool = False


@dataclass(frozen=True)
class FileImage:
    """An image as a file stores it.

    Parameters
    ----------
    data : array
        Anything with ``shape``, ``dtype`` and slicing, in the file's own order of axes. A NumPy array or
        memory map is used as it is; everything else is read plane by plane when it is needed.
    axes : str
        A letter of ``tzyxc`` for each axis of `data`; ``?`` where the file does not say.
    format : str
        What kind of file it is, for people: ``"OME-TIFF"``; empty where the name of the `Format` says it.
    sizes : mapping of str to (float, str)
        Size and unit of a voxel along the axes for which the file says it.
    rgb : bool, optional
        Whether the channels are red, green and blue; None where the file does not say.
    alpha : bool
        Whether the last channel is opacity.
    channel_names : tuple of str
    notes : tuple of str
        Sentences for the user about what was chosen or left out.
    chunks : tuple of int, optional
        Shape of the pieces that the file is compressed in, in the file's order of axes.
    classes : mapping of int to LabelClass
        What the numbers mean, where the file says so of its labels.
    """

    data: Any
    axes: str
    format: str = ""
    sizes: Mapping[str, Size] = field(default_factory=dict)
    rgb: bool | None = None
    alpha: bool = False
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chunks: tuple[int, ...] | None = None
    classes: LabelClasses = field(default_factory=dict)
