"""A volume cut in three directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..io import Stack

# Which axis of (z, y, x) the planes run along. For volumes of the head as `load_stack` opens them.
_NORMALS = {"axial": 0, "coronal": 1, "sagittal": 2}


def tri_planar(stack: Stack) -> dict[str, Stack]:
    """Cut a volume into planes along each of its three axes; nothing is copied.

    Parameters
    ----------
    stack : Stack
        With the axes ``"zyx"`` or ``"zyxc"``.

    Returns
    -------
    dict of str to Stack
        ``"axial"``: the stack itself, planes along z. ``"coronal"``: planes along y, rows along z and
        columns along x. ``"sagittal"``: planes along x, rows along z and columns along y. Each is a stack
        with the axes ``"zyx"`` whose voxel size is that of its own axes; truth goes along. The names are
        those of a head in axial planes; the cuts are the same for any volume.

        Voxel ``(z, y, x)`` of the volume is ``coronal[y, z, x]`` and ``sagittal[x, z, y]``.

    Raises
    ------
    InputError
        If it is no volume.
    """
    if stack.axes not in ("zyx", "zyxc"):
        raise InputError(
            f"{stack.name} has the axes {stack.axes!r}; three directions need a volume, 'zyx' or 'zyxc'. "
            f"Take "
            "one time point, or name the axes."
        )
    return {name: _cut(stack, normal, name) for name, normal in _NORMALS.items()}


def back_to_volume(values: Any, direction: str) -> Any:
    """Bring an array of a cut (planes, rows, columns, …) back to the order (z, y, x, …) of the volume."""
    if direction not in _NORMALS:
        raise InputError(f"There is no direction {direction!r}. Use one of {', '.join(_NORMALS)}.")
    # The normal came to the front; it goes back to its place.
    return np.moveaxis(values, 0, _NORMALS[direction])


def _cut(stack: Stack, normal: int, name: str) -> Stack:
    order = (normal, *(axis for axis in range(3) if axis != normal))
    if normal == 0:
        return stack
    return replace(
        stack,
        data=_moved(stack.data, order),
        labels=None if stack.labels is None else _moved(stack.labels, order),
        voxel_size=tuple(stack.voxel_size[axis] for axis in order),
        units=tuple(stack.units[axis] for axis in order),
        name=f"{stack.name}, {name}",
    )


def _moved(array: Any, order: tuple[int, ...]) -> Any:
    return array.transpose((*order, *range(3, array.ndim)))
