"""A small Neurofinder: one movie with its neurons."""

from __future__ import annotations

import json
from pathlib import Path

import tifffile

from .content import active_neurons

_FRAMES = 40


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``neurofinder.00.00`` with images, regions and info."""
    movie, regions = active_neurons(_FRAMES, size, seed)
    place = folder / "neurofinder.00.00"
    (place / "images").mkdir(parents=True, exist_ok=True)
    (place / "regions").mkdir(exist_ok=True)
    for number, frame in enumerate(movie):
        tifffile.imwrite(place / f"images/image{number:05d}.tiff", frame)
    listed = [{"id": number, "coordinates": pixels.tolist()} for number, pixels in enumerate(regions)]
    (place / "regions/regions.json").write_text(json.dumps(listed), "utf-8")
    about = {
        "id": "00.00",
        "region": "synthetic",
        "indicator": "none",
        "rate-hz": 7,
        "pixels-per-micron": 1.15,
        "dimensions": [size, size, _FRAMES],
    }
    (place / "info.json").write_text(json.dumps(about, indent=1), "utf-8")
