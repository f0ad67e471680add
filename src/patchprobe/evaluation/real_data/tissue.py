"""Grey and white matter of the MNI152 template: three slices painted, others judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...io import Stack, load_stack
from ..task import PER_CLASS, Labels, Task

FOLDER = "mri_mni152"
_PAINTED = (60, 80, 100)
_JUDGED = (50, 70, 90, 110, 120)
_HALF = 127


def tissue(data: Path, quick: bool) -> Task:
    """Return the task, on axial slices."""
    judged = _JUDGED[1:3] if quick else _JUDGED
    image, grey, white = (
        load_stack(
            data / FOLDER / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz", orientation="axial"
        )
        for kind in ("t1", "gm", "wm")
    )

    def classes(plane: int) -> Labels:
        found = np.where(grey.plane(plane) > _HALF, 2, 1)
        return np.where(white.plane(plane) > _HALF, 3, found).astype(np.uint8)

    planes = (*_PAINTED, *judged)
    return Task(
        name="real_tissue",
        title="MRI tissue (MNI152 template)",
        stack=Stack(np.stack([image.plane(plane) for plane in planes]), "zyx", name=FOLDER),
        paint={i: classes(plane) for i, plane in enumerate(_PAINTED)},
        judged={i: classes(plane) for i, plane in enumerate(judged, start=len(_PAINTED))},
        class_names={1: "other", 2: "grey matter", 3: "white matter"},
        about=(
            f"{PER_CLASS} strokes of each class on three axial slices ({', '.join(map(str, _PAINTED))}), all "
            f"pixels of slices {', '.join(map(str, judged))} judged; a pixel is grey or white matter where "
            "its probability is over a half. The template is a group average, not one subject."
        ),
    )
