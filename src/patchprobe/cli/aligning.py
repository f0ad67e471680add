"""``patchprobe align``: the sections of a stack brought into one frame, and what goes along."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .carry import names_classes, output_box, save_moved
from .reading import load_backbone, load_image
from .terminal import OnStep, Result, Terminal
from .weights import fetch_weights

if TYPE_CHECKING:
    from ..alignment import StackAlignment
    from ..alignment.box import Box, Output
    from ..alignment.edited import EditedAlignment
    from ..alignment.pixel_size import PixelSize
    from ..io import Stack


def align(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe align``."""
    from ..alignment import Box
    from ..io import load_stack

    stack = _with_labels(load_image(arguments.stack, arguments, terminal), arguments.labels)
    box = output_box("union" if arguments.union else arguments.output_box)
    others = [(Path(name), load_stack(name)) for name in arguments.apply_to]
    for _, other in others:
        _check_same_planes(other, stack)
    fetch_weights(arguments.backbone, terminal)
    template = None if arguments.template is None else load_stack(arguments.template)
    if template is not None and box == "same":
        box = Box((0, 0), template.plane_shape)
    with terminal.steps() as tell:
        alignment = _aligned(stack, template, arguments, tell)
        files = _write(alignment, stack, box, arguments, tell)
        path = Path(files["output"])
        carried = list(_move_along(alignment, others, box, path, arguments.fill, tell))
    transforms = alignment.save(arguments.transforms or _beside(path, "_transforms", ".json"))
    _say(alignment, path, terminal)
    terminal.say(f"Transforms: {transforms}")
    for carried_to in carried:
        terminal.say(f"Moved along: {carried_to}")
    return files | {
        "transforms": str(transforms),
        "moved along": carried,
        "summary": alignment.summary(),
        "notes": list(alignment.notes),
        "sections": [
            {
                "status": section.status,
                "shift": list(section.shift),
                "score": section.score,
                "residual": section.residual,
                "reason": section.reason,
            }
            for section in alignment.sections
        ],
    }


def _with_labels(stack: Stack, path: str | None) -> Stack:
    from ..io import load_stack

    if path is None:
        return stack
    labels = load_stack(path)
    if labels.shape != stack.shape[: len(stack.axes.replace("c", ""))]:
        raise InputError(
            f"The labels have the shape {labels.shape}, but the stack is {stack.shape}. "
            "Give one label for each pixel of the stack."
        )
    return replace(stack, labels=labels.data)


def _check_same_planes(other: Stack, stack: Stack) -> None:
    """Before the work: what is to be moved along has the planes of the stack."""
    if (other.n_planes, other.plane_shape) != (stack.n_planes, stack.plane_shape):
        raise InputError(
            f"{other.name} has {other.n_planes} planes of {other.plane_shape} px, but {stack.name} has "
            f"{stack.n_planes} of {stack.plane_shape} px. --apply-to takes stacks of the same sections; at "
            "another resolution, use 'patchprobe carry --scale' with the transforms."
        )


def _aligned(stack: Stack, template: Stack | None, arguments: Namespace, tell: OnStep) -> StackAlignment:
    from ..alignment import align_stack

    edited = None if arguments.edited is None else _edited_of(stack, arguments)
    compared = "pairs" if arguments.reference == "neighbours" and template is None else "sections"
    return align_stack(
        stack,
        load_backbone(arguments.backbone, arguments),
        arguments.reference if template is None else template,
        arguments.method,
        model=arguments.model,
        max_shift=arguments.max_shift,
        max_rotation=arguments.max_rotation,
        flips=arguments.flips,
        on_progress=lambda done, total: tell(compared, done, total),
        neighbours=arguments.neighbours,
        anchor=arguments.anchor,
        edges=None if edited is None else edited.edges,
        edits=None if edited is None else edited.edits,
    )


def _edited_of(stack: Stack, arguments: Namespace) -> EditedAlignment:
    """Read what is to be gone on from; refuse what would be passed over without a word."""
    from ..alignment.edited import EditedAlignment

    edited = EditedAlignment.load(arguments.edited)
    edited.alignment.check_fits(stack)
    if arguments.template is not None:
        raise InputError("--edited holds what a stack's own sections say: leave out --template.")
    if edited.edges is not None and arguments.reference != "neighbours":
        raise InputError(
            f"{arguments.edited} holds pairs of neighbours. Add --reference neighbours, so that its sections "
            "are placed by them."
        )
    return edited


def _write(
    alignment: StackAlignment, stack: Stack, box: Output | Box, arguments: Namespace, tell: OnStep
) -> dict[str, str]:
    """Write the aligned stack, and its labels beside it; return the files by what they are."""
    from ..io import save_labels, save_stack

    aligned = alignment.apply(stack, output=box, fill=arguments.fill)
    path = save_stack(arguments.output, aligned, lambda done, total: tell("writing", done, total))
    files = {"output": str(path)}
    if aligned.labels is not None:
        target = arguments.labels_output or _beside(path, "_labels", _suffix(path))
        files["labels"] = str(save_labels(target, aligned.labels, aligned))
    return files


def _move_along(
    alignment: StackAlignment,
    others: list[tuple[Path, Stack]],
    box: Output | Box,
    path: Path,
    fill: float,
    tell: OnStep,
) -> Iterator[str]:
    """Move other stacks of the same sections, each into a file beside `path`; yield the files."""
    for name, other in others:
        is_labels = names_classes(other)
        moved = alignment.apply(
            other,
            interpolation="nearest" if is_labels else "linear",
            fill=0 if is_labels else fill,
            output=box,
        )
        target = _beside(path, f"_{_stem(name)}", _suffix(path))
        yield str(save_moved(target, moved, is_labels, tell))


def _say(alignment: StackAlignment, path: Path, terminal: Terminal) -> None:
    terminal.say(f"{alignment.summary()}: {path}")
    for note in alignment.notes:
        terminal.say(note)
    terminal.table(
        ("section", "status", "shift y", "shift x", "score", "residual", ""),
        (
            (
                str(number),
                section.status,
                f"{section.shift[0]:.1f}",
                f"{section.shift[1]:.1f}",
                f"{section.score:.2f}",
                _residual(section.residual, alignment.pixel),
                section.reason,
            )
            for number, section in enumerate(alignment.sections)
        ),
    )


def _residual(pixels: float | None, pixel: PixelSize) -> str:
    """Write a residual in pixels, and in physical units where they are known."""
    if pixels is None:
        return "–"
    return f"{pixels:.1f} px" + (f" = {pixels * pixel.mean:.3g} {pixel.unit}" if pixel.is_known else "")


def _beside(path: Path, mark: str, suffix: str) -> Path:
    return path.with_name(f"{_stem(path)}{mark}{suffix}")


def _stem(path: Path) -> str:
    return path.name.removesuffix(_suffix(path))


def _suffix(path: Path) -> str:
    """Return the suffix as it is written, ``.ome.tif`` as one."""
    from ..io.formats import suffix_of

    return path.name[len(path.name) - len(suffix_of(path)) :]
