"""Mitochondria in the ventral nerve cord of a Drosophila larva: one section painted, two others judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import PER_CLASS, Task

FOLDER = "em_vnc"
_CROP = slice(128, 896)
_PLANES = (0, 5, 9)


def mitochondria(data: Path, quick: bool) -> Task:
    """Return the task, on a crop of 768 × 768 px."""
    planes = _PLANES[:2] if quick else _PLANES
    image, label = (
        load_stack(data / FOLDER / name, axes="zyx") for name in ("image.tif", "mitochondria.tif")
    )
    classes = [np.where(label.plane(plane)[_CROP, _CROP] > 127, 2, 1).astype(np.uint8) for plane in planes]
    return Task(
        name="real_mitochondria",
        title="EM mitochondria (Drosophila VNC)",
        stack=Stack(np.stack([image.plane(plane)[_CROP, _CROP] for plane in planes]), "zyx", name=FOLDER),
        paint={0: classes[0]},
        judged=dict(enumerate(classes[1:], start=1)),
        class_names={1: "other", 2: "mitochondria"},
        about=(
            f"A crop of 768 × 768 px; {PER_CLASS} strokes of each class on section 0, all pixels of section"
            f"{'s' if len(planes) > 2 else ''} {' and '.join(map(str, planes[1:]))} judged."
        ),
    )
