"""A stack in one line, for people."""

from __future__ import annotations

import numpy as np

from .stack import Stack

_MOST_NAMES = 9
_LARGE_BYTES = 256 << 20
_SOURCES = {"file": " (from the file)", "given": " (given)"}


def describe(stack: Stack) -> str:
    """Say in one line what a stack is.

    Returns
    -------
    str
        Such as ``"TIFF · 30 planes of 512 × 512 · 8 bit · 4 × 4 × 50 nm (from the file)"``: width × height,
        and voxel edges along x × y × z.
    """
    depth = _depth(np.dtype(stack.data.dtype))
    parts = [stack.format, _size(stack), _channels(stack), depth, _voxel(stack), _classes(stack)]
    nbytes = int(np.prod(stack.shape)) * np.dtype(stack.data.dtype).itemsize
    if nbytes > _LARGE_BYTES and (not isinstance(stack.data, np.ndarray) or _is_mapped(stack.data)):
        parts.append(f"{bytes_in_words(nbytes)}, read as needed")
    return " · ".join(part for part in parts if part)


def _is_mapped(array: object) -> bool:
    """Whether an array is a window on a file, at first or second hand."""
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def _size(stack: Stack) -> str:
    height, width = stack.plane_shape
    counts = dict(zip(stack.plane_axes, stack.shape, strict=False))
    words = {"t": "time point", "z": "plane"}
    lead = [f"{n} {words[letter]}{'s' if n != 1 else ''} of" for letter, n in counts.items()]
    return " ".join([*lead, f"{width} × {height}"])


def _channels(stack: Stack) -> str:
    if stack.rgb:
        return "colour"
    return f"{stack.n_channels} channels" if stack.axes.endswith("c") else ""


def _depth(dtype: np.dtype[np.generic]) -> str:
    kind = {"f": " float", "i": " signed"}.get(dtype.kind, "")
    return f"{dtype.itemsize * 8} bit{kind}"


def _voxel(stack: Stack) -> str:
    if not stack.voxel_size_source and set(stack.units) == {"pixel"} and set(stack.voxel_size) == {1.0}:
        return "voxel size not known"
    sizes = dict(
        zip(stack.axes.replace("c", ""), zip(stack.voxel_size, stack.units, strict=True), strict=True)
    )
    space = [sizes[letter] for letter in "xyz" if letter in sizes]
    units = {unit for _, unit in space}
    if len(units) == 1:
        text = " × ".join(f"{size:.4g}" for size, _ in space) + f" {space[0][1]}"
    else:
        text = " × ".join(f"{size:.4g} {unit}" for size, unit in space)
    if "t" in sizes and sizes["t"][1] != "pixel":
        text += f" · every {sizes['t'][0]:.4g} {sizes['t'][1]}"
    return text + _SOURCES.get(stack.voxel_size_source, "")


def _classes(stack: Stack) -> str:
    """Say what a label image is of, where it says so itself."""
    if stack.axes.endswith("c"):
        return ""
    names = [f"{number} {known.name}" for number, known in stack.classes.items()]
    if len(names) > _MOST_NAMES:
        return f"labels of {len(names)} classes"
    return f"labels: {', '.join(names)}" if names else ""


def bytes_in_words(count: int) -> str:
    """Write an amount of memory for people: ``"36 MB"``, ``"1.1 GB"``."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
