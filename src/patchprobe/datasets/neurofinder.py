"""Neurofinder: two-photon calcium movies with the outlines of neurons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.folder import image_files
from ..io.load import load_quietly
from ..io.walk import entries_of
from .refusal import choose_item, missing
from .spec import DatasetSpec, RemoteFile
from .truth import with_truth

_URL = "https://s3.amazonaws.com/neuro.datasets/challenges/neurofinder/neurofinder.{}.zip"
_IMAGES, _REGIONS, _ABOUT = "images", "regions/regions.json", "info.json"
_TRAINING = {"00": 12, "01": 2, "02": 2, "03": 1, "04": 2}

SPEC = DatasetSpec(
    name="neurofinder",
    title="Neurofinder",
    summary="Two-photon calcium movies of mouse cortex and hippocampus, some thousand frames of about 512 "
    "× 512 px; the pixels of each neuron are marked.",
    modality="calcium imaging",
    licence="no licence is stated; the laboratories give the data for the challenge",
    citation="Neurofinder, CodeNeuro, https://github.com/codeneuro/neurofinder (names the laboratory of each "
    "movie)",
    size="about 1 GB a movie, packed; 19 movies with truth",
    homepage="https://github.com/codeneuro/neurofinder",
    access="Direct download, movie by movie. No checksums are published.",
    layout="  neurofinder.00.00/\n"
    "    images/image00000.tiff, image00001.tiff, …   one frame each\n"
    '    regions/regions.json                         [{"coordinates": [[row, column], …]}, …]\n'
    "    info.json                                    rate-hz, pixels-per-micron, …",
    files=tuple(
        RemoteFile(part, _URL.format(part), f"neurofinder.{part}.zip", 1000, unpack=True)
        for lab, count in _TRAINING.items()
        for part in (f"{lab}.{number:02d}" for number in range(count))
    ),
    default_parts=("00.00",),
)


def items(folder: Path) -> tuple[str, ...]:
    """List the movies: ``"00.00"``; a folder may be one movie or hold several."""
    return tuple(_movies(folder))


def load(folder: Path, item: str | None = None) -> Stack:
    """Open a movie with its neurons.

    Parameters
    ----------
    folder : Path
        A movie, or a folder of movies.
    item : str, optional
        Which; the first if not given.

    Returns
    -------
    Stack
        Axes ``"tyx"``. `labels` is the same for every frame: 0 outside, else the number of the neuron in
        ``regions.json``, from 1; where two overlap the later one. None for movies of the test set.

    Raises
    ------
    InputError
        If it is no such folder, ``regions.json`` cannot be read, or a neuron lies outside the frame.
    """
    movies = _movies(folder)
    chosen = choose_item(SPEC, folder, tuple(movies), item)
    path = movies[chosen]
    about = _read_json(path / _ABOUT) if (path / _ABOUT).is_file() else {}
    image = _with_sizes(load_quietly(path / _IMAGES, "tyx", name=f"Neurofinder {chosen}"), about)
    if not (path / _REGIONS).is_file():
        if chosen.endswith("test"):
            return replace(image, notes=(*image.notes, "The test set has no truth."))
        raise missing(SPEC, path / _REGIONS, "the neurons")
    mask, overlap = draw_regions(read_regions(path / _REGIONS), image.plane_shape, (path / _REGIONS).name)
    if overlap:
        note = f"{overlap} pixels belong to several neurons; the last of them is shown."
        image = replace(image, notes=(*image.notes, note))
    return with_truth(image, _for_every_frame(mask, image.shape[0]), "regions.json")


def read_regions(path: Path) -> list[npt.NDArray[np.int64]]:
    """Read the pixels of each neuron.

    Parameters
    ----------
    path : Path
        ``regions.json``.

    Returns
    -------
    list of ndarray of int64, shape (pixels, 2)
        Rows and columns.
    """
    regions = []
    for number, region in enumerate(_read_json(path), start=1):
        coordinates = region.get("coordinates") if isinstance(region, Mapping) else None
        pixels = np.asarray(coordinates if coordinates else [], dtype=float)
        if pixels.ndim != 2 or pixels.shape[1] != 2 or not np.isfinite(pixels).all():
            raise InputError(
                f"Region {number} of {path} is not a list of [row, column] under 'coordinates'. "
                "Download the file again."
            )
        regions.append(np.rint(pixels).astype(np.int64))
    return regions


def draw_regions(
    regions: Sequence[npt.NDArray[np.int64]], shape: tuple[int, int], name: str = "regions"
) -> tuple[npt.NDArray[np.uint16], int]:
    """Draw neurons into a mask.

    Parameters
    ----------
    regions : sequence of ndarray of int, shape (pixels, 2)
        Rows and columns.
    shape : (int, int)
        Of the frame, (H, W).
    name : str
        Where they come from, for messages.

    Returns
    -------
    mask : ndarray of uint16, shape (H, W)
        0, or the number of the region, from 1; where two overlap the later one.
    overlap : int
        How many pixels belong to several regions.

    Raises
    ------
    InputError
        If a region reaches out of the frame.
    """
    mask = np.zeros(shape, np.uint16)
    covered = np.zeros(shape, np.uint16)
    for number, pixels in enumerate(regions, start=1):
        if (pixels < 0).any() or (pixels >= shape).any():
            worst = pixels[((pixels < 0) | (pixels >= shape)).any(axis=1)][0]
            raise InputError(
                f"Region {number} of {name} has a pixel at row {worst[0]}, column {worst[1]}, outside the "
                f"frame of {shape[0]} × {shape[1]}. Images and regions are not of the same movie, or rows "
                "and columns are swapped."
            )
        at = np.unique(pixels, axis=0)
        mask[at[:, 0], at[:, 1]] = number
        covered[at[:, 0], at[:, 1]] += 1
    return mask, int((covered > 1).sum())


def _movies(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    inside = [entry for entry in entries_of(folder) if entry.name.startswith("neurofinder.")]
    folders = [entry for entry in [folder, *inside] if _is_movie(entry)]
    return {path.name.removeprefix("neurofinder."): path for path in folders}


def _is_movie(folder: Path) -> bool:
    images = folder / _IMAGES
    told = (folder / "regions").is_dir() or (folder / _ABOUT).is_file()
    return images.is_dir() and told and bool(image_files(images))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}). Download it again.") from error


def _with_sizes(image: Stack, about: Mapping[str, Any]) -> Stack:
    """Put in the size of a pixel and the time between frames that ``info.json`` says."""
    scale, rate = (float(about.get(key) or 0) for key in ("pixels-per-micron", "rate-hz"))
    if scale <= 0:
        return image
    time, unit = (1 / rate, "s") if rate > 0 else (1.0, "pixel")
    notes = tuple(note for note in image.notes if "voxel size" not in note)
    return replace(
        image,
        voxel_size=(time, 1 / scale, 1 / scale),
        units=(unit, "µm", "µm"),
        voxel_size_source="file",
        notes=notes,
    )


def _for_every_frame(mask: npt.NDArray[np.uint16], frames: int) -> Any:
    import dask.array as da

    whole = da.from_array(mask, chunks=mask.shape)  # type: ignore[no-untyped-call]
    return da.broadcast_to(whole, (frames, *mask.shape), chunks=(1, *mask.shape))  # type: ignore[no-untyped-call]
