"""What of a stack the demonstration takes, so that it ends within a minute whatever it is given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..io import Stack

MOST_PLANES = 16
MOST_PIXELS = 768
_SMALLEST = 16


def take_part(stack: Stack) -> tuple[Stack, tuple[str, ...]]:
    """Cut a stack to neighbouring planes from its middle and to the middle of each plane.

    Parameters
    ----------
    stack : Stack
        Of any size.

    Returns
    -------
    stack : Stack
        In memory, at most 16 planes of 768 × 768 px, without axis ``c`` unless it holds colours.
    notes : tuple of str
        What was left out, in sentences.

    Raises
    ------
    InputError
        If the planes are smaller than 16 px.
    """
    notes = []
    if min(stack.plane_shape) < _SMALLEST:
        raise InputError(
            f"{stack.name} is {stack.plane_shape[1]} × {stack.plane_shape[0]} px; the demonstration needs "
            f"at least {_SMALLEST} px along each side. Choose a larger image."
        )
    if stack.axes.endswith("c") and not stack.rgb:
        notes.append(f"Of {stack.n_channels} channels the first was taken; choose another with --channel.")
        stack = stack.channel(0)
    if len(stack.plane_axes) == 2:
        stack, note = _one_of_two(stack)
        notes += [note] if note else []
    if stack.n_planes > MOST_PLANES and stack.plane_axes:
        first = (stack.n_planes - MOST_PLANES) // 2
        notes.append(
            f"Of {stack.n_planes} planes, {MOST_PLANES} from the middle were taken "
            f"({first} to {first + MOST_PLANES - 1})."
        )
        stack = _cut(stack, 0, slice(first, first + MOST_PLANES))
    height, width = stack.plane_shape
    if max(height, width) > MOST_PIXELS:
        notes.append(f"Of planes of {width} × {height} px, the middle {MOST_PIXELS} px were taken.")
        for axis, size in ((len(stack.plane_axes), height), (len(stack.plane_axes) + 1, width)):
            start = max(0, (size - MOST_PIXELS) // 2)
            stack = _cut(stack, axis, slice(start, start + min(size, MOST_PIXELS)))
    labels = None if stack.labels is None else np.asarray(stack.labels)
    return replace(stack, data=np.asarray(stack.data), labels=labels), tuple(notes)


def _one_of_two(stack: Stack) -> tuple[Stack, str]:
    """Of a stack over time and depth, take the first time point, or all of them where there is no depth."""
    drop = 0 if stack.shape[1] > 1 else 1
    index = (slice(None),) * drop + (0,)
    taken = replace(
        stack,
        data=stack.data[index],
        labels=None if stack.labels is None else stack.labels[index],
        axes=stack.axes[:drop] + stack.axes[drop + 1 :],
        voxel_size=stack.voxel_size[:drop] + stack.voxel_size[drop + 1 :],
        units=stack.units[:drop] + stack.units[drop + 1 :],
    )
    return taken, f"Of {stack.shape[0]} time points the first was taken." if drop == 0 else ""


def _cut(stack: Stack, axis: int, part: slice) -> Stack:
    index = (slice(None),) * axis + (part,)
    labels = None if stack.labels is None else stack.labels[index]
    return replace(stack, data=stack.data[index], labels=labels)
