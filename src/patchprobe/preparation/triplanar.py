"""A volume cut in three directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..io import Stack

# In the order of the axis of (z, y, x) that the planes run along. For volumes of the head as `load_stack`
# opens them.
_VIEWS = {"axial": "xy", "coronal": "xz", "sagittal": "yz"}


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
        those of a head in axial planes; the cuts are the same for any volume. Rows begin with the first
        plane, so that a head, whose first plane is the lowest, stands on its top; to look at one,
        ``load_stack(…, orientation="sagittal")`` shows it upright.

        Voxel ``(z, y, x)`` of the volume is ``coronal[y, z, x]`` and ``sagittal[x, z, y]``.

    Raises
    ------
    InputError
        If it is no volume.
    """
    if stack.axes not in ("zyx", "zyxc"):
        raise InputError(
            f"{stack.name} has the axes {stack.axes!r}; three directions need a volume, 'zyx' or 'zyxc'. "
            "Take one time point, or name the axes."
        )
    return {
        name: stack if view == "xy" else replace(stack.along(view), name=f"{stack.name}, {name}")
        for name, view in _VIEWS.items()
    }


def back_to_volume(values: Any, direction: str) -> Any:
    """Bring an array of a cut (planes, rows, columns, …) back to the order (z, y, x, …) of the volume."""
    if direction not in _VIEWS:
        raise InputError(f"There is no direction {direction!r}. Use one of {', '.join(_VIEWS)}.")
    # The normal came to the front; it goes back to its place.
    return np.moveaxis(values, 0, list(_VIEWS).index(direction))
