"""Whole-slide images: pyramids of colour, read tile by tile with OpenSlide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from . import tiff
from .file_image import FileImage, ReadOptions, Size
from .units import canonical

_WHITE = "FFFFFF"
_DEFAULT_TILE = 256
_OPAQUE = 255


class SlideLevel:
    """One level of a slide as an array (H, W, 3) of uint8, read when sliced.

    Parameters
    ----------
    slide : OpenSlide
        Stays open as long as this lives.
    level : int
    """

    def __init__(self, slide: Any, level: int) -> None:
        width, height = slide.level_dimensions[level]
        self.shape = (int(height), int(width), 3)
        self.dtype = np.dtype(np.uint8)
        self.ndim = 3
        self._slide = slide
        self._level = level
        self._downsample = float(slide.level_downsamples[level])
        colour = slide.properties.get("openslide.background-color", _WHITE)
        self._background = np.frombuffer(bytes.fromhex(colour), np.uint8).astype(np.float32)

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[np.uint8]:
        rows, columns, colours = (range(*part.indices(n)) for part, n in zip(key, self.shape, strict=True))
        # Places are told in pixels of level 0, whatever the level.
        place = (round(columns.start * self._downsample), round(rows.start * self._downsample))
        region = self._slide.read_region(place, self._level, (len(columns), len(rows)))
        return self._over_background(np.asarray(region))[..., colours.start : colours.stop]

    def _over_background(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Where nothing was scanned, pixels are transparent."""
        opacity = pixels[..., 3:]
        if bool((opacity == _OPAQUE).all()):
            return pixels[..., :3]
        share = opacity.astype(np.float32) / _OPAQUE
        mixed = pixels[..., :3] * share + self._background * (1 - share)
        return np.rint(mixed).astype(np.uint8)


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe a level of a slide, or one of the pictures that belong to it (``dataset="macro"``)."""
    slide = open_slide(path)
    if slide is None:
        note = "OpenSlide does not know this kind of slide, or is not installed; it was read as TIFF."
        image = tiff.read(path, options)
        return replace(image, notes=(note, *image.notes))
    if options.dataset is not None:
        return _associated(slide, options.dataset, path)
    count = int(slide.level_count)
    if not 0 <= options.level < count:
        raise InputError(
            f"level {options.level} is not in {path.name}; it has {count} level(s) of resolution, from 0."
            + (" A slide without a pyramid has only level 0." if count == 1 else "")
        )
    level = SlideLevel(slide, options.level)
    return FileImage(
        level,
        "yxc",
        f"Slide ({slide.properties.get('openslide.vendor', 'unknown')})",
        _sizes(slide.properties, float(slide.level_downsamples[options.level])),
        rgb=True,
        notes=(_say_levels(slide, options.level),),
        chunks=(*_tile(slide, options.level), 3),
    )


def level_shapes(path: Path) -> tuple[tuple[int, int], ...]:
    """Return (H, W) of each level of a slide; empty if OpenSlide does not know it."""
    slide = open_slide(path)
    if slide is None:
        return ()
    with slide:
        return tuple((int(height), int(width)) for width, height in slide.level_dimensions)


def open_slide(path: Path) -> Any | None:
    """Open a slide, or return None if it is of no kind that OpenSlide knows (or OpenSlide is not there).

    Raises
    ------
    InputError
        If only OpenSlide could read it, or it is damaged.
    """
    try:
        import openslide
    except ImportError as error:
        if _is_tiff(path):
            return None
        raise InputError(
            f"{path.name} is a slide that needs OpenSlide. Install it with: pip install "
            "'patchprobe[datasets]'"
        ) from error
    try:
        return openslide.OpenSlide(str(path))
    except openslide.OpenSlideUnsupportedFormatError as error:
        if _is_tiff(path):
            return None
        raise InputError(
            f"{path.name} is not a slide of a kind that OpenSlide knows. Export it as pyramidal TIFF. "
            f"Path: {path}"
        ) from error
    except openslide.OpenSlideError as error:
        raise InputError(
            f"{path.name} cannot be read: {error}. The slide seems damaged, cut short, or parts of it are "
            f"missing; download it again. Path: {path}"
        ) from error


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _sizes(properties: Mapping[str, str], downsample: float) -> dict[str, Size]:
    sizes = {}
    for letter in "yx":
        stated = properties.get(f"openslide.mpp-{letter}")
        size = None if stated is None else canonical(float(stated) * downsample, "µm")
        if size is not None:
            sizes[letter] = size
    return sizes


def _say_levels(slide: Any, level: int) -> str:
    if slide.level_count == 1:
        return "The slide has no pyramid, only its full resolution; an overview of it takes long."
    sizes = ", ".join(f"{width} × {height}" for width, height in slide.level_dimensions)
    return f"The slide holds {slide.level_count} levels of resolution ({sizes}); level {level} was opened."


def _tile(slide: Any, level: int) -> tuple[int, int]:
    edges = (slide.properties.get(f"openslide.level[{level}].tile-{edge}") for edge in ("height", "width"))
    height, width = (int(edge) if edge is not None else _DEFAULT_TILE for edge in edges)
    return height, width


def _associated(slide: Any, name: str, path: Path) -> FileImage:
    pictures = slide.associated_images
    if name not in pictures:
        known = ", ".join(sorted(pictures)) or "none"
        raise InputError(f"{path.name} holds no picture {name!r} beside the slide. There are: {known}.")
    return FileImage(np.asarray(pictures[name])[..., :3], "yxc", "Slide", rgb=True)
