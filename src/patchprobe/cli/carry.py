"""``patchprobe carry``: a saved alignment applied to other images, labels and points."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .reading import load_image
from .terminal import OnStep, Result, Terminal

if TYPE_CHECKING:
    from ..alignment import StackAlignment
    from ..alignment.box import Box, Output
    from ..io import Stack

_TABLE = ".csv"


def carry(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe carry``."""
    from ..alignment import StackAlignment

    alignment = StackAlignment.load(arguments.alignment)
    if arguments.scale is not None:
        alignment = alignment.scaled(arguments.scale)
    if Path(arguments.file).suffix.lower() == _TABLE:
        return _carry_points(alignment, arguments, terminal)
    stack = load_image(arguments.file, arguments, terminal)
    if arguments.scale is not None and stack.n_planes == len(alignment):
        # A plane that was reduced 4 times may have had up to 3 px more than 4 times as many.
        alignment = _of_size(alignment, stack.plane_shape, arguments.scale)
    as_labels = arguments.labels or names_classes(stack)
    box = output_box(arguments.output_box)
    interpolation: Any = "nearest" if as_labels else arguments.interpolation
    with terminal.steps() as tell:
        moved = _moved(alignment, stack, interpolation, arguments, box)
        path = save_moved(arguments.output, moved, as_labels, tell)
    where = "back on the sections" if arguments.back else "in the aligned frame"
    terminal.say(f"{moved.n_planes} planes of {moved.plane_shape} px {where}: {path}")
    return {"output": str(path), "interpolation": interpolation, "shape": list(moved.shape)}


def output_box(text: str) -> Output | Box:
    """Read ``same``, ``union``, ``intersection`` or ``top,left,height,width``."""
    from ..alignment import Box

    if text in ("same", "union", "intersection"):
        return text  # type: ignore[return-value]
    try:
        top, left, height, width = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"The output box is same, union, intersection or top,left,height,width in whole pixels; "
            f"got {text!r}."
        ) from None
    return Box((top, left), (height, width))


def names_classes(stack: Stack) -> bool:
    """Whether a file says of itself that it holds labels."""
    return bool(stack.classes) and not stack.axes.endswith("c")


def save_moved(path: str | Path, moved: Stack, as_labels: bool, tell: OnStep) -> Path:
    """Write what was moved; labels with their classes."""
    from ..io import save_labels, save_stack

    def telling(done: int, total: int) -> None:
        tell("writing", done, total)

    if as_labels:
        return save_labels(path, moved.data, moved, telling, moved.classes)
    return save_stack(path, moved, telling)


def _moved(
    alignment: StackAlignment, stack: Stack, interpolation: Any, arguments: Namespace, box: Output | Box
) -> Stack:
    from ..alignment.carry import bring_back

    if arguments.back:
        return bring_back(alignment, stack, interpolation=interpolation, fill=arguments.fill, output=box)
    return alignment.apply(stack, interpolation=interpolation, fill=arguments.fill, output=box)


def _of_size(
    alignment: StackAlignment, plane_shape: tuple[int, int], scale: float | tuple[float, float]
) -> StackAlignment:
    factors = scale if isinstance(scale, tuple) else (scale, scale)
    sizes = zip(plane_shape, alignment.plane_shape, factors, strict=True)
    within = all(abs(n - own) < factor for n, own, factor in sizes)
    return replace(alignment, plane_shape=plane_shape) if within else alignment


def _carry_points(alignment: StackAlignment, arguments: Namespace, terminal: Terminal) -> Result:
    from ..alignment.point_table import carry_table
    from ..objects.table import checked_table

    target = checked_table(arguments.output)
    box = output_box(arguments.output_box)
    count = carry_table(alignment, arguments.file, target, output=box, back=arguments.back)
    terminal.say(f"{count} points: {target}")
    return {"output": str(target), "points": count}
