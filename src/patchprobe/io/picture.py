"""PNG, JPEG and other pictures of one plane (or, as GIF, of some)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
from PIL.Image import DecompressionBombError

from .file_image import FileImage, ReadOptions

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_PALETTE = 3
# What it is, rather than what it is called.
_EXTENSIONS = ((b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"RIFF", ".webp"))
# Modes that Pillow keeps in colours that are not red, green and blue.
_OTHER_COLOURS = ("CMYK", "YCbCr", "LAB", "HSV")


def read(path: Path, options: ReadOptions) -> FileImage:
    """Decode a picture; colours are red, green, blue, and opacity if there is one."""
    content = path.read_bytes()
    is_png = content.startswith(_PNG_MAGIC)
    # Pillow would bring 16-bit colours to 8 bit.
    pixels = imagecodecs.png_decode(content) if is_png else _decode(content, path)
    if (is_png and content[25] == _PNG_PALETTE) or _extension(content, path) == ".gif":
        pixels = _without_needless_colours(pixels)
    frames = "?" * (pixels.ndim - 3) if pixels.ndim > 3 else ""
    colours = pixels.ndim > 2 and pixels.shape[-1] in (2, 3, 4)
    axes = f"{frames}yxc" if colours else "?" * (pixels.ndim - 2) + "yx"
    return FileImage(
        pixels,
        axes.replace("?", "t") if _extension(content, path) == ".gif" else axes,
        rgb=colours and pixels.shape[-1] > 2,
        alpha=colours and pixels.shape[-1] in (2, 4),
    )


def _decode(content: bytes, path: Path) -> npt.NDArray[Any]:
    extension = _extension(content, path)
    try:
        mode = iio.immeta(content, extension=extension, plugin="pillow").get("mode")
        wanted = "RGB" if mode in _OTHER_COLOURS else None
        return np.asarray(iio.imread(content, extension=extension, plugin="pillow", mode=wanted))
    except DecompressionBombError:
        # A slide scan, not an attack: the user chose this file.
        return np.asarray(imagecodecs.imread(content))


def _without_needless_colours(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Grey levels where a palette holds nothing else."""
    coloured = pixels.ndim > 2 and pixels.shape[-1] == 3
    return pixels[..., 0] if coloured and bool((pixels[..., 1:] == pixels[..., :1]).all()) else pixels


def _extension(content: bytes, path: Path) -> str:
    return next((name for magic, name in _EXTENSIONS if content.startswith(magic)), path.suffix.lower())
