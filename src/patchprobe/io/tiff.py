"""TIFF: plain, OME, ImageJ, BigTIFF, tiled, compressed, pyramidal."""

from __future__ import annotations

import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from ..errors import InputError
from .file_image import FileImage, ReadOptions
from .tiff_metadata import channel_names, classes_of, voxel_sizes

_WHOLE_PAGE_BYTES = 64 << 20
_LETTERS = {"T": "t", "Z": "z", "Y": "y", "X": "x", "C": "c", "S": "c"}
_PHOTOMETRIC_WHITE_IS_ZERO, _PHOTOMETRIC_BLACK_IS_ZERO, _PHOTOMETRIC_RGB = 0, 1, 2
_PHOTOMETRIC_PALETTE, _PHOTOMETRIC_YCBCR = 3, 6
_COMPRESSION_JPEG = (6, 7)
_ALPHA_SAMPLES = (1, 2)


class TiffPages:
    """The pages of a series as one array, read when sliced.

    Parameters
    ----------
    series : TiffPageSeries
        Its file stays open as long as this lives.
    """

    def __init__(self, series: Any) -> None:
        self.shape = tuple(int(n) for n in series.shape)
        self.dtype = np.dtype(series.dtype)
        self.ndim = len(self.shape)
        self._page_shape = tuple(series.keyframe.shape)
        self._lead = self.shape[: self.ndim - len(self._page_shape)]
        self._pages: Sequence[Any] = series.pages
        self._lock = threading.Lock()

    @staticmethod
    def fits(series: Any) -> bool:
        """Whether the pages of a series follow one another in the order of its shape."""
        shape, page = tuple(series.shape), tuple(series.keyframe.shape)
        lead = shape[: len(shape) - len(page)]
        return shape[len(lead) :] == page and int(np.prod(lead)) == len(series.pages)

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        lead, inside = key[: len(self._lead)], key[len(self._lead) :]
        ranges = [range(*part.indices(size)) for part, size in zip(lead, self._lead, strict=True)]
        pages = [self._page(position)[inside] for position in product(*ranges)]
        block = np.stack(pages) if len(pages) > 1 else pages[0][None]
        return block.reshape(*(len(r) for r in ranges), *block.shape[1:])

    def _page(self, position: tuple[int, ...]) -> npt.NDArray[Any]:
        index = int(np.ravel_multi_index(position, self._lead)) if self._lead else 0
        page = self._pages[index]
        if page is None:
            return np.zeros(self._page_shape, self.dtype)
        file = page.parent.filehandle
        # One reader at a time: pages share the position in the file. Files of a set are opened in turn.
        with self._lock:
            was_closed = file.closed
            if was_closed:
                file.open()
            try:
                _check_whole(page, file.size, index)
                return np.asarray(page.asarray())
            finally:
                if was_closed:
                    file.close()


def _check_whole(page: Any, file_size: int, index: int) -> None:
    """Refuse a page that is cut: decoders fill what is missing with zeros."""
    ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True)]
    if ends and max(ends) > file_size:
        raise ValueError(f"page {index + 1} ends at byte {max(ends)}, but the file has {file_size}")


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe the image of a TIFF file; pixels stay in the file until planes are asked for."""
    tif = tifffile.TiffFile(path)
    series, index, notes = _choose_series(tif, options.dataset, path)
    level, level_note = _choose_level(series, options.level, path)
    axes, rgb, alpha = _name_axes(level, path, options.as_stored)
    _check_chain(tif, path)
    sizes, size_note = voxel_sizes(tif, index)
    names, classes = channel_names(tif, index), classes_of(tif)
    # Only sets of OME files can lack planes.
    missing = sum(page is None for page in level.pages) if tif.is_ome else 0
    # Last, since it closes the file where it can map it.
    data, chunks = _open_pixels(tif, level, path)
    keyframe = level.keyframe
    notes += [
        level_note,
        f"{missing} of {len(level.pages)} planes are not in the file and read as 0." if missing else "",
        _say_photometric(keyframe, rgb),
    ]
    shrink = {letter: series.shape[i] / level.shape[i] for i, letter in enumerate(axes) if letter in "zyx"}
    return FileImage(
        data,
        axes,
        _kind(tif),
        {letter: (size * shrink.get(letter, 1.0), unit) for letter, (size, unit) in sizes.items()},
        rgb=rgb,
        alpha=alpha,
        channel_names=names,
        notes=tuple(note for note in (*notes, size_note) if note),
        chunks=chunks,
        classes=classes,
    )


def _kind(tif: Any) -> str:
    flags = {"OME-TIFF": tif.is_ome, "ImageJ TIFF": tif.is_imagej, "LSM": tif.is_lsm, "STK": tif.is_stk}
    return next((name for name, holds in flags.items() if holds), "TIFF")


def _choose_series(tif: Any, dataset: str | None, path: Path) -> tuple[Any, int, list[str]]:
    every = tif.series
    if not every or all(0 in series.shape for series in every):
        raise InputError(
            f"{path.name} is a TIFF file without an image. Check or export it again. Path: {path}"
        )
    listed = "; ".join(f"{i}: {'×'.join(map(str, s.shape))} {s.dtype}" for i, s in enumerate(every[:12]))
    if dataset is None:
        note = (
            f"The file holds {len(every)} images ({listed}); the first was opened, dataset=1 opens the next."
        )
        return every[0], 0, [note] if len(every) > 1 else []
    if not dataset.isdigit() or int(dataset) >= len(every):
        raise InputError(
            f"dataset {dataset!r} is not in {path.name}; give the number of one of its images: {listed}."
        )
    return every[int(dataset)], int(dataset), []


def _choose_level(series: Any, level: int, path: Path) -> tuple[Any, str]:
    levels = series.levels
    if not 0 <= level < len(levels):
        raise InputError(
            f"level {level} is not in {path.name}; it has {len(levels)} level(s) of resolution, from 0."
        )
    if len(levels) == 1:
        return levels[0], ""
    sizes = ", ".join("×".join(map(str, item.shape)) for item in levels)
    return levels[
        level
    ], f"The file holds {len(levels)} levels of resolution ({sizes}); level {level} was opened."


def _say_photometric(keyframe: Any, rgb: bool | None) -> str:
    """Tell where values are not what a viewer of the file would show."""
    if keyframe.photometric == _PHOTOMETRIC_PALETTE:
        return "The file has a colour palette; its indices were read."
    if keyframe.photometric == _PHOTOMETRIC_WHITE_IS_ZERO:
        return "In the file 0 stands for white; the values were kept as they are."
    if keyframe.samplesperpixel > 2 and rgb is False and keyframe.photometric > _PHOTOMETRIC_RGB:
        return (
            f"The colours are stored as {keyframe.photometric.name} and were kept as separate channels; "
            "convert the file to RGB to have colours."
        )
    return ""


def _name_axes(level: Any, path: Path, as_stored: bool) -> tuple[str, bool | None, bool]:
    """Letters of the axes, whether they hold colours, and whether the last sample is opacity."""
    letters = level.axes
    if "C" in letters and "S" in letters and not as_stored:
        raise InputError(
            f"{path.name} has channels that are in colour each (axes {letters!r}, shape {level.shape}). "
            "A stack has one axis of channels; split the colours first, for example in Fiji."
        )
    keyframe = level.keyframe
    extra = tuple(int(sample) for sample in (keyframe.extrasamples or ()))
    alpha = "S" in letters and len(extra) == 1 and extra[0] in _ALPHA_SAMPLES
    rgb: bool | None = None
    if "S" in letters:
        colours = keyframe.photometric == _PHOTOMETRIC_RGB or (
            keyframe.photometric == _PHOTOMETRIC_YCBCR and keyframe.compression in _COMPRESSION_JPEG
        )
        # Three samples without the word RGB are as often colours as not: left to be guessed, with a note.
        grey = keyframe.photometric in (_PHOTOMETRIC_WHITE_IS_ZERO, _PHOTOMETRIC_BLACK_IS_ZERO)
        rgb = True if colours else None if grey and keyframe.samplesperpixel == 3 else False
    elif "C" in letters:
        rgb = False
    return "".join(_LETTERS.get(letter, "?") for letter in letters), rgb, alpha


def _open_pixels(tif: Any, level: Any, path: Path) -> tuple[Any, tuple[int, ...] | None]:
    """Return a memory map where all pixels lie in one piece, else an array that reads pages."""
    offset = None if level.is_multifile or level.transform is not None else level.dataoffset
    if offset is not None:
        dtype = np.dtype(level.dtype).newbyteorder(tif.byteorder)
        # `bool` is stored as bits; such pages are never in one piece.
        data = np.memmap(path, dtype, "r", offset, tuple(level.shape), "C")
        tif.close()
        return data, None
    keyframe = level.keyframe
    large = keyframe.nbytes > _WHOLE_PAGE_BYTES and (keyframe.is_tiled or len(keyframe.dataoffsets) > 1)
    if TiffPages.fits(level) and not large and level.transform is None:
        last = level.pages[-1]
        if last is not None and not level.is_multifile:
            _check_whole(last, tif.filehandle.size, len(level.pages) - 1)
        return TiffPages(level), None
    import zarr

    # Pieces of planes, where whole ones are too large to read for a part of them.
    array = zarr.open_array(store=level.aszarr(level=0), mode="r")
    return array, tuple(array.chunks)


@dataclass(frozen=True)
class _Layout:
    """Sizes of the fields of a directory of tags."""

    count: str
    entry: int
    offset: str


def _check_chain(tif: Any, path: Path) -> None:
    """Refuse a file that was cut between its pages: its last directory points behind the end."""
    layout = _Layout("Q", 20, "Q") if tif.is_bigtiff else _Layout("H", 12, "I")
    file = tif.filehandle
    position = tif.pages[-1].offset
    file.seek(position)
    order = tif.byteorder
    try:
        (tags,) = struct.unpack(order + layout.count, file.read(struct.calcsize(layout.count)))
        file.seek(position + struct.calcsize(layout.count) + tags * layout.entry)
        (following,) = struct.unpack(order + layout.offset, file.read(struct.calcsize(layout.offset)))
    except struct.error:
        following = file.size
    if following >= file.size:
        raise InputError(
            f"{path.name} is cut short: after page {len(tif.pages)} another should follow at byte "
            f"{following}, but the file ends at {file.size}. Copy or export it again. Path: {path}"
        )
