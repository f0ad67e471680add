"""What the MRI sets share: volumes shown the same way however they are stored, and segmentations of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..io import Stack
from ..io.label_classes import LabelClasses
from ..io.lazy import reading
from ..io.load import load_quietly
from .truth import with_truth

VOLUME_SUFFIXES = (".nii.gz", ".nii")
# As BIDS, FSL FAST, SynthSeg and people name what they made of an image.
_SEGMENTATION_ENDS = ("_dseg", "_seg", "_synthseg", "_labels", "-seg", "-labels")
_OBLIQUE_DEGREES = 1.0
_DIRECTIONS = {"R": "right", "L": "left", "A": "anterior", "P": "posterior", "S": "superior", "I": "inferior"}


def load_volume(path: Path, orientation: str, name: str) -> Stack:
    """Open a volume, and say how it is stored where that is not the usual way.

    Parameters
    ----------
    path : Path
        NIfTI or MGH.
    orientation : {"axial", "coronal", "sagittal"}
        How it is cut into planes.
    name : str
    """
    stack = load_quietly(path, orientation=orientation, name=name)
    note = orientation_note(path)
    return replace(stack, notes=(*stack.notes, note)) if note else stack


def orientation_note(path: Path) -> str:
    """Say in which directions the axes of a volume run, if not to the right, anterior and superior."""
    import nibabel as nib

    affine = _header_of(path).affine
    codes = nib.orientations.aff2axcodes(affine)  # type: ignore[no-untyped-call]
    sentences = []
    if codes != ("R", "A", "S") and None not in codes:
        words = ", ".join(_DIRECTIONS[code] for code in codes)
        sentences.append(
            f"The voxels are stored as {''.join(codes)} (axes run to {words}); planes are shown as those of "
            "any other head, its left at the left."
        )
    tilt = float(np.degrees(np.max(nib.affines.obliquity(affine))))  # type: ignore[no-untyped-call]
    if tilt > _OBLIQUE_DEGREES:
        sentences.append(
            f"The scan is tilted by up to {tilt:.0f}° against the axes of the head; it is shown along its "
            "own."
        )
    return " ".join(sentences)


def find_segmentation(image: Path, also_in: Sequence[Path] = ()) -> Path | None:
    """Look for a segmentation of an image, by name, beside it and in other folders.

    ``sub-1_T1w.nii.gz`` may have ``sub-1_dseg.nii.gz`` or ``sub-1_T1w_seg.nii.gz``.
    """
    stem = stem_of(image)
    stems = dict.fromkeys((stem, stem.rpartition("_")[0] or stem))
    for folder in (image.parent, *also_in):
        for start in stems:
            for end in _SEGMENTATION_ENDS:
                for suffix in VOLUME_SUFFIXES:
                    path = folder / f"{start}{end}{suffix}"
                    if path.is_file():
                        return path
    return None


def is_segmentation(path: Path) -> bool:
    """Whether a file is named as a segmentation."""
    return stem_of(path).endswith(_SEGMENTATION_ENDS)


def stem_of(path: Path) -> str:
    """Return the name without ``.nii.gz`` or another suffix."""
    return path.name.removesuffix(".gz").rpartition(".")[0]


def with_segmentation(
    stack: Stack,
    image: Path,
    segmentation: Path | None,
    orientation: str,
    classes: LabelClasses | None = None,
) -> Stack:
    """Give a volume its segmentation, checked to lie where the volume lies.

    Raises
    ------
    InputError
        If the segmentation is of another shape or at another place.
    """
    if segmentation is None:
        note = "There is no segmentation beside the image, so the stack has no truth."
        return replace(stack, notes=(*stack.notes, note))
    labels = load_quietly(segmentation, orientation=orientation)
    _check_same_place(image, segmentation)
    note = f"The labels are those of {segmentation.name}."
    return with_truth(replace(stack, notes=(*stack.notes, note)), labels.data, segmentation.name, classes)


def _check_same_place(image: Path, segmentation: Path) -> None:
    ours, theirs = (_canonical_affine(path) for path in (image, segmentation))
    if not np.allclose(ours, theirs, atol=0.05 * float(np.abs(ours[:3, :3]).max())):
        raise InputError(
            f"{segmentation.name} lies elsewhere in the head than {image.name}: their affines differ by up "
            f"to {np.abs(ours - theirs).max():.3g}. Resample the segmentation to the image first."
        )


def _canonical_affine(path: Path) -> Any:
    import nibabel as nib

    image = _header_of(path)
    to_ras = nib.orientations.io_orientation(image.affine)  # type: ignore[no-untyped-call]
    turn = nib.orientations.inv_ornt_aff(to_ras, image.shape[:3])  # type: ignore[no-untyped-call]
    return image.affine @ turn


def _header_of(path: Path) -> Any:
    import nibabel as nib

    with reading(path):
        return nib.load(path)
