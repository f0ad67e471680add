"""A folder of numbered images as one stack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .arrange import Overrides, arrange
from .file_image import FileImage, ReadOptions
from .formats import FORMATS, find_format, suffix_of
from .lazy import reading
from .stack import Stack

_IMAGE_SUFFIXES = frozenset(
    suffix for kind in FORMATS if kind.module in ("tiff", "picture") for suffix in kind.suffixes
)
# Opening each of thousands of files only to know its shape takes too long: look at this many, spread out.
_MOST_CHECKED = 200


@dataclass(frozen=True)
class FolderImages:
    """Images of equal shape as one array, read when sliced."""

    files: tuple[Path, ...]
    image_shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of files, then the shape of one image."""
        return (len(self.files), *self.image_shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        chosen = self.files[key[0]]
        images = []
        for file in chosen:
            stack = _open(file)
            _check_alike(file, stack, self.files[0], self.image_shape, self.dtype)
            images.append(np.asarray(stack.data[key[1:]]))
        return np.stack(images)


def read(path: Path, options: ReadOptions) -> FileImage:
    """Stack the numbered images of a folder in the order of their numbers.

    Hidden files, other files and images whose names follow another pattern are left out, with a note.
    """
    files, notes = _choose(path, options.dataset)
    first = _open(files[0])
    if len(first.axes) > 4 or ("t" in first.axes and "z" in first.axes):
        raise InputError(
            f"The images in {path} have the axes {first.axes!r} (first: {files[0].name}); a folder can hold "
            "planes or volumes. Open the files one by one."
        )
    _check_some(files, first)
    lead = "z" if not first.plane_axes else "t" if "z" in first.axes else "z"
    axes = lead + first.axes if len(files) > 1 else "?" + first.axes
    sizes = {
        letter: (size, unit)
        for letter, size, unit in zip(first.axes.replace("c", ""), first.voxel_size, first.units, strict=True)
    }
    if lead == "z" and len(files) > 1 and not options.as_stored:
        notes.append(
            f"The {len(files)} files were taken as planes; for time points give axes='t{first.axes}'."
        )
    if lead == "t":
        notes.append(f"Each file holds {first.n_planes} planes; the {len(files)} files were taken as time.")
    notes += [note for note in first.notes if "voxel size" not in note and "distance" not in note]
    return FileImage(
        FolderImages(tuple(files), first.shape, np.dtype(first.data.dtype)),
        axes,
        f"{suffix_of(files[0])[1:].upper()} folder",
        sizes,
        rgb=first.rgb if first.axes.endswith("c") else None,
        channel_names=first.channel_names,
        notes=tuple(notes),
    )


def image_files(folder: Path) -> list[Path]:
    """List the image files directly in a folder, in natural order: ``z2`` before ``z10``."""
    files = [
        file
        for file in folder.iterdir()
        if not file.name.startswith(".") and suffix_of(file) in _IMAGE_SUFFIXES and file.is_file()
    ]
    return sorted(files, key=natural_key)


def natural_key(file: Path) -> tuple[tuple[str | int, ...], str]:
    """Key by which numbers in names sort as numbers, however they are padded."""
    parts = re.split(r"(\d+)", file.name.lower())
    return tuple(int(p) if i % 2 else p for i, p in enumerate(parts)), file.name


def _choose(folder: Path, pattern: str | None) -> tuple[list[Path], list[str]]:
    """Files to stack, and what to say of the others."""
    every = image_files(folder)
    if not every:
        inside = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        folders = sorted(entry.name for entry in inside if entry.is_dir())
        hint = f" It holds the folders {', '.join(folders[:8])}; open one of them." if folders else ""
        if (folder / "attributes.json").is_file():
            hint = " It seems to be an N5 store; convert it to Zarr."
        raise InputError(
            f"The folder {folder} holds no image (other entries: {len(inside)}).{hint} Give a folder of "
            "TIFF, PNG or JPEG files, one to a plane."
        )
    if pattern is not None:
        files = [file for file in every if fnmatch(file.name, pattern)]
        if not files:
            raise InputError(
                f"No image in {folder} has a name like {pattern!r}. There are, for example, "
                f"{', '.join(file.name for file in every[:5])}."
            )
        return files, []
    groups = Counter(re.sub(r"\d+", "#", file.name.lower()) for file in every)
    (common, count), *others = groups.most_common()
    if not others or count == 1:
        return every, []
    # Equal numbers of images and masks: the shorter name is the image.
    common = min((name for name, n in groups.items() if n == count), key=len)
    left = ", ".join(f"{n} like {name!r}" for name, n in groups.most_common(5) if name != common)
    files = [file for file in every if re.sub(r"\d+", "#", file.name.lower()) == common]
    example = max((name for name in groups if name != common), key=lambda name: groups[name])
    return files, [
        f"{len(files)} files like {common!r} were opened; left out were {left}. To open others, give their "
        f"pattern, such as dataset={example.replace('#', '*')!r}, or dataset='*' for all."
    ]


def _open(file: Path) -> Stack:
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise InputError(
            f"{file} was there when the folder was opened and is gone. Open the folder again."
        ) from error
    return _open_version(file, changed)


# Planes of a volume are read one by one: do not parse its file for each.
@lru_cache(maxsize=2)
def _open_version(file: Path, changed: int) -> Stack:
    kind, _ = find_format(file)
    with reading(file):
        image = kind.read(file, ReadOptions())
    return arrange(image, file, file.name, Overrides())


def _check_some(files: Sequence[Path], first: Stack) -> None:
    """Look for an image of another shape before anybody waits for a plane in the middle."""
    chosen = np.unique(np.linspace(0, len(files) - 1, min(len(files), _MOST_CHECKED)).round().astype(int))
    for i in chosen[1:]:
        _check_alike(files[i], _open(files[i]), files[0], first.shape, np.dtype(first.data.dtype))


def _check_alike(file: Path, stack: Stack, first: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if stack.shape != shape or stack.data.dtype != dtype:
        raise InputError(
            f"{file.name} has the shape {stack.shape} and type {stack.data.dtype}, but {first.name} has "
            f"{shape} and {dtype}. The images of a folder must be alike; move {file.name} elsewhere, "
            f"crop it, or choose by a pattern such as dataset='*{file.suffix}'. Folder: {file.parent}"
        )
