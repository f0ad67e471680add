"""Strokes and other label images from files: which plane of a stack each belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .io import Stack, load_stack
from .io.label_classes import LabelClasses

LabelPlane = tuple[int, npt.NDArray[Any]]


def load_labels(
    path: str | os.PathLike[str], stack: Stack, plane: int | None = None, key: str | None = None
) -> Iterator[LabelPlane]:
    """Read the labelled planes of a label file.

    Parameters
    ----------
    path : str or path
        Anything that `load_stack` reads, or ``.npz``; whole numbers, 0 = unlabelled.
    stack : Stack
        What the labels belong to.
    plane : int, optional
        The plane of `stack` that a single label image is of. Needed only where there are several.
    key : str, optional
        Which array of an ``.npz``, or data set of an HDF5 file or Zarr store, where there are several.

    Yields
    ------
    tuple of (int, ndarray)
        Number of the plane and its labels (H, W), only of planes that have any.

    Raises
    ------
    InputError
        If the file cannot be read, or its shape is neither that of the stack nor that of one plane.
    """
    file = Path(path)
    labels = _load_npz(file, key) if file.suffix.lower() == ".npz" else _load_image(file, key)
    lead = stack.shape[: len(stack.plane_axes)]
    shape = tuple(int(n) for n in labels.shape)
    if plane is not None:
        stack.plane_index(plane)
    if shape == (*lead, *stack.plane_shape):
        return _painted(labels, lead, range(stack.n_planes) if plane is None else [plane])
    if shape == stack.plane_shape and plane is not None:
        return _painted(labels, (), [plane])
    if shape == stack.plane_shape:
        raise InputError(
            f"{file.name} holds labels of one plane, but {stack.name} has {stack.n_planes}. "
            "Say which plane they are of (on the command line with --plane)."
        )
    raise InputError(
        f"{file.name} has the shape {shape}; {stack.name} needs labels of the shape "
        f"{(*lead, *stack.plane_shape)}, or {stack.plane_shape} for one plane."
    )


def load_label_classes(path: str | os.PathLike[str], key: str | None = None) -> LabelClasses:
    """Read the names and colours of classes that a label file brings along; empty where it brings none.

    Parameters
    ----------
    path, key
        As for `load_labels`.
    """
    is_archive = Path(path).suffix.lower() == ".npz"
    return {} if is_archive else load_stack(path, dataset=key).classes


def _painted(labels: Any, lead: tuple[int, ...], planes: range | list[int]) -> Iterator[LabelPlane]:
    for plane in planes:
        image = np.asarray(labels[np.unravel_index(plane, lead)] if lead else labels)
        if image.any():
            yield plane, image


def _load_image(file: Path, key: str | None) -> Any:
    stack = load_stack(file, dataset=key)
    if stack.axes.endswith("c"):
        raise InputError(
            f"{file.name} has {stack.n_channels} channels; labels are one whole number for each pixel. "
            "Save them as a label image, not as a coloured picture."
        )
    return stack.data


def _load_npz(file: Path, key: str | None) -> npt.NDArray[Any]:
    if not file.is_file():
        raise InputError(f"There is no file {file}. Check the path.")
    try:
        with np.load(file, allow_pickle=False) as archive:
            names = list(archive)
            chosen = names[0] if key is None and len(names) == 1 else key
            if chosen not in names:
                asked = f"; {key!r} was asked for" if key else ""
                raise InputError(
                    f"{file.name} holds the arrays {', '.join(names) or '(none)'}{asked}. "
                    "Say which one holds the labels (on the command line with --labels-dataset)."
                )
            return np.asarray(archive[chosen])
    except InputError:
        raise
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"{file} cannot be read as an .npz file: {error}. Save it again.") from error
