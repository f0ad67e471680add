"""HeLa nuclei in time: the first frame painted, later ones judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import PER_CLASS, Task

FOLDER = "tracking_hela"
_FRAMES = (0, 5, 9)


def tracked_nuclei(data: Path, quick: bool) -> Task:
    """Return the task."""
    frames = _FRAMES[:2] if quick else _FRAMES
    image, mask = (load_stack(data / FOLDER / name, axes="tyx") for name in ("image.tif", "mask.tif"))
    masks = [mask.plane(frame).astype(np.int64) for frame in frames]
    classes = [np.where(each > 0, 2, 1).astype(np.uint8) for each in masks]
    return Task(
        name="real_tracked_nuclei",
        title="HeLa nuclei in time (Cell Tracking Challenge)",
        stack=Stack(np.stack([image.plane(frame) for frame in frames]), "tyx", name=FOLDER),
        paint={0: classes[0]},
        judged=dict(enumerate(classes[1:], start=1)),
        class_names={1: "background", 2: "nuclei"},
        objects=dict(enumerate(masks[1:], start=1)),
        about=(
            f"{PER_CLASS} strokes of each class on frame 0, all pixels of frame"
            f"{'s' if len(frames) > 2 else ''} {' and '.join(map(str, frames[1:]))} judged. The truth is a "
            "computed segmentation. Objects are connected pixels of 20 px and more; they match where they "
            "overlap by half."
        ),
    )
