"""Truth that belongs to an image: checked against it, and read as late as the image itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..io import Stack
from ..io.label_classes import LabelClasses


def with_truth(image: Stack, labels: Any, name: str, classes: LabelClasses | None = None) -> Stack:
    """Give an image its truth.

    Parameters
    ----------
    image : Stack
    labels : array
        Integer, in the shape of the image without ``c``.
    name : str
        Of the file that holds the labels, for messages.
    classes : mapping of int to LabelClass, optional
        What the numbers mean.

    Raises
    ------
    InputError
        If the labels are of another shape or not whole numbers.
    """
    expected = image.shape[:-1] if image.axes.endswith("c") else image.shape
    if tuple(labels.shape) != expected:
        raise InputError(
            f"The truth in {name} has the shape {tuple(labels.shape)}, but the image {image.name} has "
            f"{expected}. They do not belong together; copy both of them again."
        )
    if np.dtype(labels.dtype).kind not in "bui":
        raise InputError(
            f"The truth in {name} holds values of the type {labels.dtype}; labels are whole numbers. "
            "Check that the right file is in the place of the truth."
        )
    return replace(image, labels=labels, label_classes=classes or {})


def without(labels: Any, background: int) -> Any:
    """Let a number that stands for the background be 0, when a plane is read."""
    import dask.array as da

    value = np.array(background, dtype=labels.dtype)
    return da.where(labels == value, np.zeros((), labels.dtype), labels)
