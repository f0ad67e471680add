"""Fluorescent nuclei in one image: the left half painted, the right half judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import PER_CLASS, Task

FOLDER = "nuclei_fluorescence"


def nuclei(data: Path, quick: bool) -> Task:
    """Return the task. It is as small as it can be, also for a quick run."""
    image, mask = (load_stack(data / FOLDER / name).plane(0) for name in ("image.tif", "mask.tif"))
    classes = np.where(mask > 0, 2, 1).astype(np.uint8)
    on_the_left = np.arange(classes.shape[1]) < classes.shape[1] // 2
    return Task(
        name="real_nuclei",
        title="Fluorescent nuclei",
        stack=Stack(image[None], "zyx", name=FOLDER),
        paint={0: np.where(on_the_left, classes, 0).astype(np.uint8)},
        judged={0: np.where(on_the_left, 0, classes).astype(np.uint8)},
        class_names={1: "background", 2: "nuclei"},
        objects={0: mask.astype(np.int64)},
        about=(
            f"{PER_CLASS} strokes of each class on the left half of the image, the right half judged. "
            "Objects are connected pixels of 20 px and more; they match where they overlap by half."
        ),
    )
