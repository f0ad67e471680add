"""What the demonstration leaves in its folder."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np

from ..errors import InputError
from ..io import label_classes, save_labels
from ..io.replace_file import written_beside
from .pictures import alignment_picture, segmentation_picture
from .run import Demo

_PACKAGES = ("patchprobe", "numpy", "scikit-learn", "scikit-image", "scipy")


def write_results(demo: Demo, folder: str | os.PathLike[str]) -> dict[str, Path]:
    """Write pictures, metrics, the probe, the predicted labels and the transforms.

    Parameters
    ----------
    demo : Demo
    folder : str or path
        Made if it is not there.

    Returns
    -------
    dict of str to Path
        What each file is, and where.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    target = Path(folder).expanduser()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {target} cannot be made: {error.strerror}. Choose another.") from error
    classes = label_classes(demo.probe.class_names, demo.probe.class_colors)

    def save(name: str, labels: Any) -> Path:
        return save_labels(target / name, labels, demo.stack, classes=classes)

    files = {
        "picture of the segmentation": _picture(target / "segmentation.png", segmentation_picture(demo)),
        "metrics": target / "metrics.json",
        "probe": demo.probe.save(target / "probe.safetensors"),
        "strokes": save("strokes.ome.tif", _stroke_stack(demo)),
        "predicted labels": save("labels.ome.tif", demo.prediction),
    }
    sections = alignment_picture(demo)
    if sections is not None and demo.alignment is not None:
        files["picture of the alignment"] = _picture(target / "alignment.png", sections)
        files["transforms"] = demo.alignment.save(target / "transforms.json")
    with written_beside(files["metrics"]) as beside:
        beside.write_text(json.dumps(summarise(demo), indent=2) + "\n", encoding="utf-8")
    return files


def summarise(demo: Demo) -> dict[str, Any]:
    """Everything that was measured, as JSON can hold it."""
    held_out = demo.probe.held_out_
    return {
        "stack": {
            "name": demo.stack.name,
            "source": demo.stack.source,
            "shape": list(demo.stack.shape),
            "axes": demo.stack.axes,
            "voxel_size": list(demo.stack.voxel_size),
            "units": list(demo.stack.units),
        },
        "backbone": {"name": demo.embedding.backbone, "version": demo.embedding.version},
        "strokes": {
            "from": demo.strokes_from,
            "suggested": demo.suggested,
            "section": demo.painted,
            "seed": demo.seed,
            "per_class": {demo.class_names[n]: count for n, count in demo.probe.strokes_.items()},
            "share_of_pixels": float(np.count_nonzero(demo.strokes) / demo.strokes.size),
        },
        "probe": {"C": demo.probe.C_, "block_weights": list(demo.probe.block_weights_)},
        "held_out_strokes": None if held_out is None else asdict(held_out),
        "truth": {
            "painted_section": None if demo.seen is None else asdict(demo.seen),
            "other_sections": None if demo.unseen is None else asdict(demo.unseen),
        },
        "alignment": None if demo.alignment is None else _alignment(demo),
        "seconds": demo.seconds,
        "notes": list(demo.notes),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
    }


def _alignment(demo: Demo) -> dict[str, Any]:
    assert demo.alignment is not None and demo.agreement is not None
    return {
        "summary": demo.alignment.summary(),
        "shifts_px": demo.alignment.shifts.round(3).tolist(),
        "statuses": list(demo.alignment.statuses),
        "neighbours": asdict(demo.agreement),
    }


def _picture(path: Path, image: Any) -> Path:
    with written_beside(path) as beside:
        iio.imwrite(beside, image, extension=".png")
    return path


def _stroke_stack(demo: Demo) -> Any:
    strokes = np.zeros_like(demo.prediction)
    strokes[demo.stack.plane_index(demo.painted)] = demo.strokes
    return strokes
