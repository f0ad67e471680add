"""What ``patchprobe fit`` learns from: images with label files, or a project."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .reading import load_backbone, load_image
from .terminal import Terminal
from .weights import fetch_weights

if TYPE_CHECKING:
    from ..io import Stack
    from ..probe import LinearProbe, TrainingRows

    StrokesOfImage = tuple[Stack, Iterable[tuple[int, Any]]]


def strokes_of_pairs(arguments: Namespace, terminal: Terminal) -> list[StrokesOfImage]:
    """Open images, and their label files: number of the plane and strokes."""
    from ..label_file import load_labels

    pairs, planes = _pairs(arguments)

    def read() -> Iterator[StrokesOfImage]:
        for (image, labels), plane in zip(pairs, planes, strict=True):
            stack = load_image(image, arguments, terminal)
            yield stack, load_labels(labels, stack, plane, arguments.labels_dataset)

    return list(read())


def strokes_of_project(arguments: Namespace, terminal: Terminal, probe: LinearProbe) -> list[StrokesOfImage]:
    """Open a project; its features and the names of its classes are taken over."""
    from ..project import Project

    if arguments.pairs:
        raise InputError("Give either images with labels or --project, not both.")
    project = Project.load(arguments.project)
    for note in project.notes:
        terminal.note(note)
    arguments.backbone = project.view.backbone
    named = {known.number: known.name for known in project.view.classes}
    probe.class_names = named | (arguments.class_names or {})
    probe.class_colors = {known.number: known.color for known in project.view.classes if known.color}
    return [
        (image.stack, image.strokes.items())
        for image in project.images
        if image.is_used and image.strokes and not image.is_missing
    ]


def gather_rows(
    images: Sequence[StrokesOfImage], arguments: Namespace, terminal: Terminal
) -> list[TrainingRows]:
    """Embed the painted planes of images and read the features under their strokes."""
    from ..probe import read_rows
    from ..store import default_store

    fetch_weights(arguments.backbone, terminal)
    backbone = load_backbone(arguments.backbone, arguments)
    rows = []
    with terminal.steps() as tell:
        for done, (stack, painted) in enumerate(images):
            tell("images", done, len(images))
            normalisation = stack.normalisation()
            prepared = backbone.for_stack(stack, default_store(stack))
            for index, strokes in painted:
                embedding = prepared.embed(stack.plane(index), normalisation, default_store(stack))
                rows.append(read_rows(embedding, strokes))
        tell("images", len(images), len(images))
    return rows


def _pairs(arguments: Namespace) -> tuple[list[tuple[str, str]], list[int | None]]:
    """Images with their labels, and the plane that each single label image is of."""
    given: list[str] = arguments.pairs
    if not given:
        raise InputError("Give images with their labels, IMAGE LABELS, or a project with --project.")
    if len(given) % 2:
        raise InputError(
            f"Images and label files come in pairs, IMAGE LABELS; {len(given)} files were given. "
            "Give one label file behind each image."
        )
    pairs = list(zip(given[::2], given[1::2], strict=True))
    planes: Sequence[int | None] = arguments.plane or [None]
    if len(planes) == 1:
        planes = [planes[0]] * len(pairs)
    if len(planes) != len(pairs):
        raise InputError(
            f"--plane was given {len(planes)} times for {len(pairs)} pairs. Give it once, or once for each."
        )
    return pairs, list(planes)
