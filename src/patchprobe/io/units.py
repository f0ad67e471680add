"""Spellings of units, and voxel sizes as people type them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ..errors import InputError
from .file_image import Size

VoxelSize = float | str | Sequence[float] | tuple[Sequence[float], str]

# Every spelling maps to a unit that napari and OME know and the factor to it.
_SPELLINGS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("pm", "picometer", "picometre"), ("nm", 1e-3)),
    **dict.fromkeys(("å", "a", "angstrom", "ångström"), ("nm", 0.1)),
    **dict.fromkeys(("nm", "nanometer", "nanometre", "nanometers"), ("nm", 1.0)),
    **dict.fromkeys(
        ("µm", "um", "micron", "microns", "micrometer", "micrometre", "micrometers", "micrometres"),
        ("µm", 1.0),
    ),
    **dict.fromkeys(("mm", "millimeter", "millimetre", "millimeters"), ("mm", 1.0)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("mm", 10.0)),
    **dict.fromkeys(("m", "meter", "metre", "meters"), ("m", 1.0)),
    **dict.fromkeys(("in", "inch", "inches"), ("mm", 25.4)),
    **dict.fromkeys(("ns", "nanosecond"), ("ms", 1e-6)),
    **dict.fromkeys(("µs", "us", "usec", "microsecond"), ("ms", 1e-3)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("ms", 1.0)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("s", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes"), ("s", 60.0)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), ("s", 3600.0)),
    **dict.fromkeys(("pixel", "pixels", "px", "voxel", "frame"), ("pixel", 1.0)),
}
_TIME_UNITS = ("s", "ms")


def canonical(size: float, unit: str) -> Size | None:
    r"""Bring a size to one of nm, µm, mm, m, ms, s and pixel.

    Parameters
    ----------
    size : float
    unit : str
        Any common spelling: ``"micron"``, ``"um"``, ``"\u00B5m"`` with the escape written out (as ImageJ
        writes it), ``"Å"``, ``"sec"``.

    Returns
    -------
    tuple of (float, str), or None
        None if the unit is not known or the size is not a positive number.
    """
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), unit)
    # Greek mu and the micro sign look alike and are both in use.
    text = text.strip().strip("'\"").replace("μ", "µ")
    known = _SPELLINGS.get(text) or _SPELLINGS.get(text.lower())
    if known is None or not math.isfinite(size) or size <= 0:
        return None
    # 12 digits: a factor of 0.1 must not turn 1.3 into 1.3000000000000003.
    return float(f"{size * known[1]:.12g}"), known[0]


def parse_voxel_size(voxel_size: VoxelSize, axes: str, known: dict[str, Size]) -> dict[str, Size]:
    """Turn a voxel size as given by a caller into a size and unit for each axis.

    Parameters
    ----------
    voxel_size : float, sequence of float, (sequence, unit) or str
        In the order of the stack's axes, such as ``(50, 4, 4)``, ``((50, 4, 4), "nm")``, ``"50,4,4 nm"``
        or ``"50x4x4nm"``; one number holds for all axes but ``t``. The axis ``t`` may be left out.
    axes : str
        The stack's axes without ``c``.
    known : dict
        Sizes from the file: their units serve where none is given, and ``t`` where it is left out.

    Raises
    ------
    InputError
        If it cannot be understood, has the wrong length, or a size is not above zero.
    """
    numbers, unit = _split(voxel_size)
    spatial = axes.replace("t", "")
    if len(numbers) == 1:
        numbers = numbers * len(spatial)
    if len(numbers) not in (len(axes), len(spatial)):
        raise InputError(
            f"voxel_size {voxel_size!r} has {len(numbers)} number(s), but the stack has the axes {axes!r}. "
            f"Give {len(axes)}, in this order, such as '{_example(axes)}'."
        )
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise InputError(
            f"voxel_size {voxel_size!r} has a size that is not above zero. "
            f"Give the edge lengths of a voxel along {axes!r}, such as '{_example(axes)}'."
        )
    letters = axes if len(numbers) == len(axes) else spatial
    sizes = dict(known)
    for letter, number in zip(letters, numbers, strict=True):
        own = unit if unit and letter != "t" else ""
        sizes[letter] = _with_unit(number, own or known.get(letter, (0.0, "pixel"))[1], letter, voxel_size)
    return sizes


def _with_unit(number: float, unit: str, letter: str, given: VoxelSize) -> Size:
    size = canonical(number, unit)
    if size is None or (letter != "t" and size[1] in _TIME_UNITS):
        raise InputError(
            f"voxel_size {given!r} has the unit {unit!r}, which is not a length. "
            "Use nm, µm (or um), mm, m or pixel."
        )
    return size


def _split(voxel_size: VoxelSize) -> tuple[list[float], str]:
    """Numbers and unit, which is empty if none is given."""
    if isinstance(voxel_size, str):
        return _split_text(voxel_size)
    if isinstance(voxel_size, (int, float)):
        return [float(voxel_size)], ""
    parts: list[object] = list(voxel_size)
    if len(parts) == 2 and isinstance(parts[1], str):
        numbers, _ = _split(parts[0])  # type: ignore[arg-type]
        return numbers, parts[1]
    try:
        return [float(part) for part in parts], ""  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InputError(_not_understood(voxel_size)) from error


def _split_text(text: str) -> tuple[list[float], str]:
    match = re.fullmatch(r"\s*([-+\d.,eE;\s×x*]+?)\s*([^\W\d_][^\d]*)?\s*", text)
    if match is None:
        raise InputError(_not_understood(text))
    pieces = [piece for piece in re.split(r"[,;\s×x*]+", match[1]) if piece]
    try:
        return [float(piece) for piece in pieces], (match[2] or "").strip()
    except ValueError as error:
        raise InputError(_not_understood(text)) from error


def _not_understood(voxel_size: object) -> str:
    return (
        f"voxel_size {voxel_size!r} could not be understood. Give numbers in the order of the stack's axes "
        "and a unit, such as '50,4,4 nm' or ((50, 4, 4), 'nm')."
    )


def _example(axes: str) -> str:
    return ",".join({"t": "1", "z": "50"}.get(axis, "4") for axis in axes) + " nm"
