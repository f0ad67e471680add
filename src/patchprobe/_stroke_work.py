"""Saving strokes and finding saved ones, beside the window.

Nothing here knows a window, a layer or evented state. Each yield is a place to stop.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .autosave import StrokesWriter
from .strokes_file import StrokesCard

Planes = Mapping[int, npt.NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class SavedStrokes:
    """Strokes that were saved before.

    Parameters
    ----------
    planes : mapping of int to ndarray of uint8, shape (H, W)
        Only those that carry any.
    card : StrokesCard
    """

    planes: Planes
    card: StrokesCard


def find_strokes(writer: StrokesWriter) -> Generator[None, None, SavedStrokes | None]:
    """Read the strokes that were saved last on the image of a writer; None where there are none.

    Raises
    ------
    InputError
        If they are damaged, or the image cannot be read.
    """
    yield
    saved = writer.find_saved()
    if saved is None:
        return None
    planes: dict[int, npt.NDArray[np.uint8]] = {}
    for plane, strokes in saved.read():
        planes[plane] = strokes
        yield
    return SavedStrokes(planes, saved.card) if planes else None


def save_strokes(
    writer: StrokesWriter, number: int, planes: Planes, card: StrokesCard
) -> Generator[None, None, None]:
    """Write the planes that changed; see `StrokesWriter.write`."""
    writer.write(number, planes, card)
    yield
