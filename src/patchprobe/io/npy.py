"""NumPy's own files, memory-mapped, with axes and voxel size beside them where this package wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .file_image import FileImage, ReadOptions
from .label_classes import from_json
from .units import canonical

SIDECAR_SUFFIX = ".json"
SIDECAR_VERSION = 1


def read(path: Path, options: ReadOptions) -> FileImage:
    """Map a ``.npy`` file into memory; axes and sizes come from ``<name>.npy.json`` if it is there."""
    data = np.load(path, mmap_mode="r", allow_pickle=False)
    about = _read_sidecar(path)
    axes = str(about.get("axes", ""))
    if options.as_stored or len(axes) != data.ndim:
        axes = "?" * data.ndim
    sizes = {}
    for letter, size, unit in zip(
        axes.replace("c", ""), about.get("voxel_size", ()), about.get("units", ()), strict=False
    ):
        known = canonical(float(size), str(unit))
        if known is not None:
            sizes[letter] = known
    return FileImage(
        data,
        axes,
        "NumPy",
        sizes,
        rgb=about.get("rgb"),
        channel_names=tuple(about.get("channel_names", ())),
        classes=from_json(about.get("classes")),
    )


def _read_sidecar(path: Path) -> dict[str, Any]:
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    if not sidecar.is_file():
        return {}
    about = json.loads(sidecar.read_text(encoding="utf-8"))
    known = isinstance(about, dict) and about.get("patchprobe_stack") == SIDECAR_VERSION
    return about if known else {}
