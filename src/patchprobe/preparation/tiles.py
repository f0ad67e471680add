"""Slides in pieces: which level to take, and tiles of it that overlap."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.slide import open_slide


@dataclass(frozen=True)
class Tile:
    """A piece of a plane.

    Parameters
    ----------
    row, col : int
        Of its first pixel in the plane.
    pixels : ndarray, shape (H, W) or (H, W, C)
    tissue : float
        Share of its pixels that are tissue, from 0 to 1; 1 where no mask was given.
    """

    row: int
    col: int
    pixels: npt.NDArray[Any]
    tissue: float = 1.0


def slide_tiles(
    stack: Stack,
    size: int = 512,
    overlap: int = 0,
    *,
    plane: int = 0,
    mask: npt.NDArray[np.bool_] | None = None,
    min_tissue: float = 0.5,
) -> Iterator[Tile]:
    """Cut a plane into square tiles, read one after the other.

    Parameters
    ----------
    stack : Stack
        Such as ``load_stack("slide.svs", level=1)``. Only the tiles are read, never the plane.
    size : int
        Side of a tile in pixels. Planes that are smaller give one tile of their own size.
    overlap : int
        How many pixels neighbours share, less than `size`. The last tile of a row or column is moved
        inwards, so that all are of full size and every pixel is in one.
    plane : int
        Which plane.
    mask : ndarray of bool, shape (h, w), optional
        Where there is tissue, of any resolution (such as `tissue_mask` of a coarse level).
    min_tissue : float
        Tiles with a smaller share of tissue are left out.

    Yields
    ------
    Tile
        Row by row.

    Raises
    ------
    InputError
        If `size` or `overlap` cannot be used.
    """
    if size < 1 or not 0 <= overlap < size:
        raise InputError(
            f"size is {size} and overlap {overlap} px; give a size of at least 1 and an overlap from 0 to "
            "size - 1."
        )
    height, width = stack.plane_shape
    lead = stack.plane_index(plane)
    for row in _starts(height, size, overlap):
        for col in _starts(width, size, overlap):
            box = (slice(row, min(row + size, height)), slice(col, min(col + size, width)))
            share = 1.0 if mask is None else _share(mask, box, (height, width))
            if share >= min_tissue:
                yield Tile(row, col, np.asarray(stack.data[(*lead, *box)]), share)


def choose_level(path: str | os.PathLike[str], pixel_um: float) -> int:
    """Choose the coarsest level of a slide whose pixels are not larger than wanted.

    Parameters
    ----------
    path : str or path
    pixel_um : float
        Wanted edge of a pixel in µm: 0.5 is a magnification of 20, 1 of 10.

    Returns
    -------
    int
        The level, as `load_stack` takes it; 0 where even full resolution is coarser.

    Raises
    ------
    InputError
        If it is no slide, or does not say how large its pixels are.
    """
    file = Path(path).expanduser()
    edges = _pixel_edges(file)
    if not edges:
        raise InputError(
            f"{file.name} does not say how large its pixels are. Choose a level by number with load_stack."
        )
    # A hundredth more is rounding of the steps.
    return max((level for level, edge in enumerate(edges) if edge <= pixel_um * 1.01), default=0)


def _pixel_edges(file: Path) -> list[float]:
    """Edge of a pixel in µm for each level; empty if the file does not say."""
    slide = open_slide(file)
    if slide is None:
        return []
    with slide:
        stated = slide.properties.get("openslide.mpp-x")
        return [] if stated is None else [float(stated) * float(step) for step in slide.level_downsamples]


def _starts(length: int, size: int, overlap: int) -> list[int]:
    """First pixels of tiles along an axis, the last one moved inwards."""
    if length <= size:
        return [0]
    inner = list(range(0, length - size, size - overlap))
    return [*inner, length - size]


def _share(mask: npt.NDArray[np.bool_], box: tuple[slice, slice], shape: tuple[int, int]) -> float:
    """Share of a box that is tissue, in the mask's own resolution."""
    parts = []
    for part, length, cells in zip(box, shape, mask.shape, strict=True):
        first = int(part.start * cells / length)
        last = max(int(np.ceil(part.stop * cells / length)), first + 1)
        parts.append(slice(first, last))
    return float(mask[tuple(parts)].mean())
