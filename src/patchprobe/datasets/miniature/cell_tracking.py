"""A small set of the Cell Tracking Challenge: two sequences, outlines in some frames, tracks in all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from scipy import ndimage

from ...synthetic import generate

_FRAMES = 8
# As in the real sets, people outlined cells in some of the frames only.
_OUTLINED = (0, 4)


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``PhC-C2DH-U373`` with ``01``, ``01_GT``, ``01_ST``, ``02`` and ``02_GT``."""
    place = folder / "PhC-C2DH-U373"
    for number in (1, 2):
        images, cells = generate("tracking", _FRAMES, size, seed + number)
        frames = np.rint(images[..., 0] * 255).astype(np.uint8)
        name = f"{number:02d}"
        _write_frames(place / name, "t", dict(enumerate(frames)))
        _write_frames(place / f"{name}_GT/SEG", "man_seg", {n: cells[n].astype(np.uint16) for n in _OUTLINED})
        marks = {n: _marks(frame) for n, frame in enumerate(cells)}
        _write_frames(place / f"{name}_GT/TRA", "man_track", marks)
        (place / f"{name}_GT/TRA/man_track.txt").write_text(_tracks(cells), "utf-8")
        if number == 1:
            silver = {n: frame.astype(np.uint16) for n, frame in enumerate(cells)}
            _write_frames(place / f"{name}_ST/SEG", "man_seg", silver)


def _write_frames(folder: Path, stem: str, frames: dict[int, npt.NDArray[Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in frames.items():
        tifffile.imwrite(folder / f"{stem}{number:03d}.tif", frame)


def _marks(cells: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Keep the middle of each cell, as those who track cells mark them."""
    inner = ndimage.distance_transform_edt(cells > 0) > 1
    return np.where(inner, cells, 0).astype(np.uint16)


def _tracks(cells: npt.NDArray[Any]) -> str:
    lines = []
    for label in range(1, int(cells.max()) + 1):
        frames = np.flatnonzero((cells == label).any(axis=(1, 2)))
        if len(frames):
            lines.append(f"{label} {frames[0]} {frames[-1]} 0\n")
    return "".join(lines)
