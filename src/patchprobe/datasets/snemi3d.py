"""SNEMI3D: a volume of mouse cortex, serial sections, with every neurite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..io import Stack
from ..io.folder import image_files
from ..io.load import load_quietly
from .refusal import choose_item
from .spec import DatasetSpec, RemoteFile
from .truth import with_truth

_VOXEL = ((30, 6, 6), "nm")
_SPLITS = ("train", "test")
_SUFFIXES = (".tif", ".tiff", ".h5", ".hdf5")
# As the challenge named them, and as folders of single sections are named.
_IMAGES, _TRUTHS = ("input", "image", "images"), ("labels", "label", "seg")
# The archive keeps images and truth apart.
_PLACES = ("", "image", "seg", "images", "labels")

SPEC = DatasetSpec(
    name="snemi3d",
    title="SNEMI3D",
    summary="Serial-section EM of mouse cortex, 100 sections of 1024 × 1024 px; every neurite of the "
    "training volume is marked.",
    modality="electron microscopy",
    licence="CC BY 4.0 (the copy on Zenodo)",
    citation="Kasthuri N. et al., Saturated reconstruction of a volume of neocortex, Cell 162 (2015) "
    "648-661; data: doi:10.5281/zenodo.7142003",
    size="0.2 GB",
    homepage="https://snemi3d.grand-challenge.org",
    access="Direct download from Zenodo. The truth of the test volume was not published.",
    layout="  train-input.tif    images; also train-input.h5, or a folder train-input/ of PNG or TIFF "
    "sections\n"
    "  train-labels.tif   truth of the same shape\n"
    "  test-input.tif     images without truth\n"
    "  (or the same in the folders image/ and seg/, as the archive has them)",
    files=(
        RemoteFile(
            "all",
            "https://zenodo.org/records/7142003/files/snemi.zip?download=1",
            "snemi.zip",
            195,
            "md5:3d25a7025f66698f33c7850ace885939",
            unpack=True,
        ),
    ),
)


def items(folder: Path) -> tuple[str, ...]:
    """List the volumes in a folder: ``"train"``, ``"test"``."""
    return tuple(_images(folder))


def load(folder: Path, item: str | None = None) -> Stack:
    """Open the training or the test volume.

    Parameters
    ----------
    folder : Path
    item : {"train", "test"}, optional
        The first that is there if not given.

    Returns
    -------
    Stack
        Axes ``"zyx"``, voxels of 30 × 6 × 6 nm (the files say none). `labels` holds identities of
        neurites, 0 between them; None for the test volume.
    """
    images = _images(folder)
    split = choose_item(SPEC, folder, tuple(images), item)
    image_path = images[split]
    image = load_quietly(image_path, "zyx", _VOXEL, name=f"SNEMI3D {split}")
    truth_path = _find(folder, split, _TRUTHS)
    if truth_path is None:
        note = f"There is no {split}-labels beside {image_path.name}, so the stack has no truth."
        return replace(image, notes=(*image.notes, note))
    return with_truth(image, load_quietly(truth_path, "zyx", _VOXEL).data, truth_path.name)


def _images(folder: Path) -> dict[str, Path]:
    found = {split: _find(folder, split, _IMAGES) for split in _SPLITS}
    return {split: path for split, path in found.items() if path is not None}


def _find(folder: Path, split: str, words: tuple[str, ...]) -> Path | None:
    """Return the file or folder of sections of a volume."""
    for place in _PLACES:
        for word in words:
            stem = folder / place / f"{split}-{word}"
            candidates = [stem.with_name(stem.name + suffix) for suffix in _SUFFIXES]
            found = next((path for path in candidates if path.is_file()), None)
            if found is not None:
                return found
            if stem.is_dir() and len(image_files(stem)) > 1:
                return stem
    return None
