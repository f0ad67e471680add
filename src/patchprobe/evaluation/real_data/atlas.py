"""Regions of a coronal mouse slice: the left half painted, the right half judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import PER_CLASS, Task

FOLDER = "atlas_mouse_slice"
# Ids of the Allen Common Coordinate Framework, of large regions that differ in texture or brightness.
_REGIONS = {"field CA1": (382,), "piriform area": (961,), "caudoputamen": (672,)}
_OUTSIDE = 0


def atlas(data: Path, quick: bool) -> Task:
    """Return the task. It is as small as it can be, also for a quick run."""
    folder = data / FOLDER
    image, ids = (
        load_stack(folder / name).plane(0) for name in ("downsampled.tiff", "registered_atlas.tiff")
    )
    classes = np.where(ids == _OUTSIDE, 1, 2).astype(np.uint8)
    names = {1: "outside", 2: "other tissue"}
    for number, (name, members) in enumerate(_REGIONS.items(), start=3):
        classes[np.isin(ids, members)] = number
        names[number] = name
    on_the_left = np.arange(classes.shape[1]) < classes.shape[1] // 2
    return Task(
        name="real_atlas",
        title="Atlas regions (mouse slice)",
        stack=Stack(image[None], "zyx", name=FOLDER),
        paint={0: np.where(on_the_left, classes, 0).astype(np.uint8)},
        judged={0: np.where(on_the_left, 0, classes).astype(np.uint8)},
        class_names=names,
        about=(
            f"{PER_CLASS} strokes of each class on the left half of a coronal slice, the right half judged. "
            "The truth is the Allen atlas, warped onto the slice by software: it is not drawn on this slice."
        ),
    )
