"""CREMI: three volumes of fly brain, serial sections, with neurons and synaptic clefts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError
from ..io import Stack
from ..io.lazy import reading
from ..io.load import load_quietly
from ..io.walk import entries_of
from .refusal import choose_item
from .spec import DatasetSpec, RemoteFile
from .truth import with_truth, without

_RAW, _LABELS = "volumes/raw", "volumes/labels"
_KINDS = ("neuron_ids", "clefts")
_SUFFIXES = (".hdf", ".h5", ".hdf5")
_NAME = re.compile(r"sample_([ABC]\+?)(_padded)?_\d+")
# What stands for "nothing" in both volumes of labels, besides 0: the largest number of 64 bit.
_NOTHING = np.iinfo(np.uint64).max
_URL = "https://cremi.org/static/data/sample_{}_20160501.hdf"

SPEC = DatasetSpec(
    name="cremi",
    title="CREMI",
    summary="Serial-section EM of adult fly brain, 125 sections of 1250 × 1250 px a volume; every neuron and "
    "every synaptic cleft is marked.",
    modality="electron microscopy",
    licence="no licence is stated; the challenge gives the data for research",
    citation="MICCAI Challenge on Circuit Reconstruction from Electron Microscopy Images (CREMI), 2016, "
    "https://cremi.org",
    size="0.5 GB (three volumes)",
    homepage="https://cremi.org/data/",
    access="Direct download. The padded volumes and those without truth (A+, B+, C+) are on the homepage; "
    "they load as well.",
    layout="  sample_A_20160501.hdf   volumes/raw, volumes/labels/neuron_ids, volumes/labels/clefts\n"
    "  sample_B_20160501.hdf   (any number of volumes)",
    files=tuple(
        RemoteFile(sample, _URL.format(sample), f"sample_{sample}_20160501.hdf", size, f"sha256:{checksum}")
        for sample, size, checksum in (
            ("A", 167, "4c563d1b78acb2bcfb3ea958b6fe1533422f7f4a19f3e05b600bfa11430b510d"),
            ("B", 160, "887e85521e00deead18c94a21ad71f278d88a5214c7edeed943130a1f4bb48b8"),
            ("C", 165, "2874496f224d222ebc29d0e4753e8c458093e1d37bc53acd1b69b19ed1ae7052"),
        )
    ),
)


def items(folder: Path) -> tuple[str, ...]:
    """List the volumes in a folder (or the one that a file is): ``"A"``, ``"B"``, ``"A padded"``."""
    return tuple(_volumes(folder))


def load(folder: Path, item: str | None = None, labels: str = "neuron_ids") -> Stack:
    """Open a volume with its truth.

    Parameters
    ----------
    folder : Path
        With the ``.hdf`` files, or one of them.
    item : str, optional
        Which volume; the first if not given.
    labels : {"neuron_ids", "clefts"}
        Which truth. Identities of neurons or of clefts; 0 where there is none.

    Returns
    -------
    Stack
        Axes ``"zyx"``, uint8, voxels as the file says (40 × 4 × 4 nm). In padded volumes the truth lies at
        its place in the larger image and is 0 around.
    """
    if labels not in _KINDS:
        raise InputError(f"labels {labels!r} are not in CREMI. Use one of {', '.join(_KINDS)}.")
    volumes = _volumes(folder)
    path = volumes[choose_item(SPEC, folder, tuple(volumes), item)]
    # The unit is not in the file; that it is nm is part of the format.
    image = load_quietly(path, "zyx", dataset=_RAW)
    image = replace(image, notes=tuple(note for note in image.notes if "'resolution'" not in note))
    inner = f"{_LABELS}/{labels}"
    with reading(path), h5py.File(path, "r") as file:
        if inner not in file:
            note = f"{path.name} holds no {inner}, so the stack has no truth."
            return replace(image, notes=(*image.notes, note))
        corner = _corner(file, inner)
    truth = load_quietly(path, "zyx", dataset=inner).data
    placed = _placed(without(truth, _NOTHING), corner, image.shape, path)
    return with_truth(image, placed, f"{path.name}/{inner}")


def _volumes(folder: Path) -> dict[str, Path]:
    """Files of the set by what people call them."""
    files = entries_of(folder) if folder.is_dir() else [folder]
    found = [
        file for file in files if file.is_file() and file.suffix.lower() in _SUFFIXES and _is_volume(file)
    ]
    return {_called(file): file for file in found}


def _called(file: Path) -> str:
    match = _NAME.fullmatch(file.stem)
    return file.stem if match is None else match[1] + (" padded" if match[2] else "")


def _is_volume(file: Path) -> bool:
    named = _NAME.fullmatch(file.stem) is not None
    try:
        with h5py.File(file, "r") as opened:
            return _RAW in opened and (named or _LABELS in opened)
    except OSError:
        # Cut short or no HDF5: told when it is loaded, if its name says that it should be one.
        return named


def _corner(file: h5py.File, inner: str) -> tuple[int, ...]:
    """Return the first voxel of the truth within the image."""
    data = file[inner]
    offset = np.ravel(data.attrs.get("offset", (0, 0, 0)))
    size = np.ravel(data.attrs.get("resolution", file[_RAW].attrs.get("resolution", (1, 1, 1))))
    return tuple(int(n) for n in np.rint(offset / size))


def _placed(truth: Any, corner: tuple[int, ...], shape: tuple[int, ...], path: Path) -> Any:
    """Surround the truth with 0 so that it has the shape of the image."""
    after = tuple(n - c - m for n, c, m in zip(shape, corner, truth.shape, strict=True))
    if min(*corner, *after) < 0:
        raise InputError(
            f"The truth in {path.name} (shape {truth.shape}, from voxel {corner}) reaches out of the image "
            f"of shape {shape}. The file seems damaged; download it again."
        )
    if not any((*corner, *after)):
        return truth
    import dask.array as da

    margins = tuple(zip(corner, after, strict=True))
    padded = da.pad(truth, margins, constant_values=0)
    return padded.rechunk((1, *shape[1:]))
