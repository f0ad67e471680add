"""From an image as a file stores it to a Stack."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .axes import NamedAxes, name_axes
from .file_image import FileImage, Size
from .lazy import as_stack_data, plain_dtype
from .stack import Stack
from .units import VoxelSize, parse_voxel_size

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Overrides:
    """What the caller says of a file, against what the file says.

    Parameters
    ----------
    axes : str, optional
        Letters of the axes of the array as stored.
    voxel_size : float, sequence or str, optional
        In the order of the stack's axes, see `parse_voxel_size`.
    rgb : bool, optional
        Whether channels are colours.
    """

    axes: str | None = None
    voxel_size: VoxelSize | None = None
    rgb: bool | None = None


def arrange(image: FileImage, path: Path, name: str, overrides: Overrides) -> Stack:
    """Order the axes, settle colours and voxel size, and collect what was guessed.

    Parameters
    ----------
    image : FileImage
    path : Path
        The file, for messages and for `Stack.source`.
    name : str
    overrides : Overrides

    Raises
    ------
    InputError
        If the pixels, the axes or the voxel size cannot be used.
    """
    _check_dtype(image.data.dtype, path)
    named = name_axes(tuple(image.data.shape), image.axes, overrides.axes, path.name)
    axes = named.stack_axes
    order = tuple(named.letters.index(letter) for letter in axes)
    data = as_stack_data(image.data, order, axes, path, image.chunks)
    notes = [*image.notes, named.note]
    channels = data.shape[-1] if axes.endswith("c") else 1
    rgb, rgb_note = _settle_rgb(image, named, channels, overrides)
    notes.append(rgb_note)
    names = image.channel_names
    if channels > 1 and (image.alpha or (rgb and channels == 4)):
        data, channels, names = data[..., :-1], channels - 1, names[:-1]
        notes.append("The last channel is opacity (alpha) and was left out.")
        if channels == 1:
            data, axes = data[..., 0], axes[:-1]
    sizes, source, size_note = _settle_sizes(image.sizes, axes.replace("c", ""), overrides.voxel_size)
    notes.append(size_note)
    return Stack(
        data,
        axes,
        tuple(sizes[letter][0] for letter in axes if letter != "c"),
        tuple(sizes[letter][1] for letter in axes if letter != "c"),
        name,
        rgb=rgb and channels == 3,
        source=str(path),
        notes=tuple(note for note in notes if note),
        format=image.format,
        voxel_size_source=source,
        channel_names=names if len(names) == channels > 1 else (),
        classes=image.classes,
    )


def tell(stack: Stack) -> None:
    """Log the notes of a stack, each the first time that it is made of a file."""
    for note in stack.notes:
        _tell_once(stack.source, note)


def _check_dtype(dtype: npt.DTypeLike, path: Path) -> None:
    given = np.dtype(dtype)
    if given.kind not in "buif" or given.itemsize > 8:
        advice = " For complex data, save its magnitude." if given.kind == "c" else ""
        raise InputError(
            f"{path.name} holds values of the type {given}, which are not pixels. Wanted are integers of "
            f"8 to 64 bit or real numbers of 16 to 64 bit.{advice}"
        )


def _settle_rgb(image: FileImage, named: NamedAxes, channels: int, overrides: Overrides) -> tuple[bool, str]:
    """Whether channels are colours, and what to say if that was guessed."""
    said = overrides.rgb if overrides.rgb is not None else named.rgb
    if said and channels not in (3, 4):
        raise InputError(
            f"The image has {channels} channel(s) and cannot be shown in colour, which takes 3 (or 4 with "
            "opacity). Leave out rgb=True, or name the axes so that the colours are 's', such as 'yxs'."
        )
    if said is not None:
        return said, ""
    if image.rgb is not None:
        return image.rgb and channels in (3, 4), ""
    if channels not in (3, 4) or image.alpha:
        return False, ""
    last = named.letters.rstrip("-").endswith("c")
    if last and plain_dtype(image.data.dtype) == np.uint8:
        return True, (
            f"The {channels} channels were taken as red, green and blue. "
            "If they are separate channels, give rgb=False."
        )
    return False, (
        f"The {channels} channels were taken as separate, not as colours. "
        "If they are red, green and blue, give rgb=True."
    )


def _settle_sizes(
    in_file: Mapping[str, Size], axes: str, given: VoxelSize | None
) -> tuple[dict[str, Size], str, str]:
    """Size and unit of each axis, where they come from, and what to say of gaps."""
    known = {letter: size for letter, size in in_file.items() if letter in axes and size[1] != "pixel"}
    sizes = known if given is None else parse_voxel_size(given, axes, known)
    source = "file" if known else ""
    note = ""
    if given is not None:
        source = "given"
        if all(sizes[a][1] == "pixel" for a in axes if a != "t"):
            note = f"voxel_size {given!r} has no unit; give one to have scale bars, such as '50,4,4 nm'."
    elif not {"y", "x"} & set(known):
        note = "The voxel size is not in the file. Give it as voxel_size, such as '50,4,4 nm'."
    in_plane = sizes.get("x") or sizes.get("y") or (1.0, "pixel")
    filled = {"t": (1.0, "pixel"), "z": in_plane, "y": in_plane, "x": in_plane} | sizes
    if "z" in axes and "z" not in sizes and in_plane[1] != "pixel":
        note = (
            f"The distance between planes is not in the file; {in_plane[0]:g} {in_plane[1]}, the pixel size, "
            "was assumed. Give it as voxel_size, such as '50,4,4 nm'."
        )
    return filled, source, note


@lru_cache(maxsize=1024)
def _tell_once(path: str, note: str) -> None:
    """Log a note the first time that it is made of a file."""
    _log.warning("%s: %s", path, note)
