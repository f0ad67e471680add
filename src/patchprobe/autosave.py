"""Where strokes are saved by themselves, so that a crash loses none, and how they are found again."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
from platformdirs import user_data_path

from .errors import InputError
from .image_key import image_key
from .io import Stack
from .strokes_file import StrokesCard, StrokesFile

_VARIABLE, _OFF = "PATCHPROBE_STROKES", "off"
_SUFFIX = ".zarr"
# Older savings than these go, but none of the last day: another window may still write to it.
_KEPT_OF_IMAGE, _KEPT_IN_ALL = 5, 300
_YOUNG_SECONDS = 24 * 3600.0


def strokes_folder() -> Path | None:
    """Return the folder that strokes are saved in, or None where that is not wanted.

    ``PATCHPROBE_STROKES`` names another folder than that of this user's data, or is ``off``.
    """
    said = os.environ.get(_VARIABLE, "")
    if said == _OFF:
        return None
    return Path(said) if said else user_data_path("patchprobe") / "strokes"


def find_saved(key: str, folder: Path, but: str = "") -> StrokesFile | None:
    """Return what was saved last of an image, or None if there is nothing.

    Parameters
    ----------
    key : str
        See `patchprobe.image_key.image_key`.
    folder : Path
        See `strokes_folder`.
    but : str
        Name of a file that does not count.
    """
    found = []
    for path in (folder / key).glob(f"*{_SUFFIX}"):
        if path.name == but:
            continue
        # One that is damaged must not keep the others from being found.
        with suppress(InputError):
            found.append(StrokesFile(path))
    return max(found, key=lambda file: file.card.saved, default=None)


class StrokesWriter:
    """Writes the strokes on one image to a file of its own, made at the first write.

    Every window has its own writer, so that two of them on the same image do not mix their strokes.

    Parameters
    ----------
    stack : Stack
        The image.
    folder : Path
        See `strokes_folder`.
    """

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        self._lock = Lock()
        self._number = 0

    @cached_property
    def _path(self) -> Path:
        """The file, whose name needs a look at the pixels of the image."""
        return self._folder / image_key(self._stack) / self._name

    def find_saved(self) -> StrokesFile | None:
        """Return what another window, or an earlier run, saved last of the image."""
        return find_saved(self._path.parent.name, self._folder, but=self._name)

    def write(self, number: int, planes: Mapping[int, npt.NDArray[np.uint8]], card: StrokesCard) -> None:
        """Write the planes that changed, unless a later write was done already.

        Parameters
        ----------
        number : int
            Grows from write to write: threads may come in another order.
        planes : mapping of int to ndarray of uint8, shape (H, W)
            A plane without strokes erases what was saved of it.
        card : StrokesCard

        Raises
        ------
        InputError
            If they cannot be written.
        """
        with self._lock:
            if number < self._number:
                return
            if (self._path / "zarr.json").is_file():
                file = StrokesFile(self._path)
            else:
                file = StrokesFile.create(self._path, self._stack, card)
                prune(self._folder)
            file.write(planes, card)
            self._number = number


def prune(folder: Path) -> None:
    """Remove old savings: more than five of an image, more than three hundred in all."""
    limit = time.time() - _YOUNG_SECONDS
    ages = sorted(((_changed(path), path) for path in folder.glob(f"*/*{_SUFFIX}")), reverse=True)
    kept: dict[str, int] = {}
    for place, (changed, path) in enumerate(ages):
        kept[path.parent.name] = kept.get(path.parent.name, 0) + 1
        if changed < limit and (place >= _KEPT_IN_ALL or kept[path.parent.name] > _KEPT_OF_IMAGE):
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):  # others are left in it
                path.parent.rmdir()


def _changed(path: Path) -> float:
    try:
        return (path / "zarr.json").stat().st_mtime
    except OSError:
        return 0.0
