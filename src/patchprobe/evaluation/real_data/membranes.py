"""Membranes of ISBI 2012: one section scribbled, four others judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import Labels, Task

FOLDER = "em_isbi2012"
_JUDGED = (1, 2, 3, 4)
_INTERIOR, _MEMBRANE = 1, 2


def membranes(data: Path, quick: bool) -> Task:
    """Return the task. The scribbles that came with a copy of the data cover 0.5 % of section 0."""
    folder = data / FOLDER
    judged = _JUDGED[:2] if quick else _JUDGED
    image, label = (load_stack(folder / name, axes="zyx") for name in ("image.tif", "label.tif"))

    def classes(plane: int) -> Labels:
        return np.where(label.plane(plane) == 0, _MEMBRANE, _INTERIOR).astype(np.uint8)

    return Task(
        name="real_membranes",
        title="EM membranes (ISBI 2012)",
        stack=Stack(np.stack([image.plane(plane) for plane in (0, *judged)]), "zyx", name=FOLDER),
        paint={0: classes(0)},
        judged={plane: classes(plane) for plane in judged},
        class_names={_INTERIOR: "interior", _MEMBRANE: "membrane"},
        given=tuple(np.load(file)["scribbles"] for file in sorted(folder.glob("scribbles_seed*.npz"))),
        about=(
            "Strokes on section 0 (0.5 % of it where scribbles came with the data), all pixels of sections "
            f"{judged[0]} to {judged[-1]} judged."
        ),
    )
