"""IXI: brain MRI of nearly 600 healthy people, without truth."""

from __future__ import annotations

import re
from pathlib import Path

from ..io import Stack
from ..io.walk import entries_of
from .mri import find_segmentation, load_volume, stem_of, with_segmentation
from .refusal import choose_item
from .spec import DatasetSpec, RemoteFile

_NAME = re.compile(r"IXI\d{3}-(Guys|HH|IOP)-\d{4}-(T1|T2|PD|MRA)\.nii(\.gz)?")
_URL = "http://biomedic.doc.ic.ac.uk/brain-development/downloads/IXI/IXI-{}.tar"

SPEC = DatasetSpec(
    name="ixi",
    title="IXI",
    summary="T1, T2, PD and MRA volumes of nearly 600 healthy people from three hospitals in London.",
    modality="MRI",
    licence="CC BY-SA 3.0",
    citation="IXI dataset, https://brain-development.org/ixi-dataset/ (EPSRC GR/S21533/02)",
    size="4.5 GB for T1; as much for each of T2 and PD, more for MRA",
    homepage="https://brain-development.org/ixi-dataset/",
    access="Direct download, modality by modality.",
    layout="  IXI002-Guys-0828-T1.nii.gz, IXI012-HH-1211-T1.nii.gz, …   flat, as in the archives,\n"
    "  or in folders IXI-T1/, IXI-T2/, …\n"
    "  The set has no truth; a segmentation beside an image (IXI002-Guys-0828-T1_seg.nii.gz, as FSL FAST\n"
    "  names it, or …_synthseg, …_dseg, …_labels) is taken as labels.",
    files=tuple(
        RemoteFile(kind, _URL.format(kind), f"IXI-{kind}.tar", size, f"md5:{md5}", unpack=True)
        for kind, size, md5 in (
            ("T1", 4800, "34901a0593b41dd19c1a1f746eac2d58"),
            ("T2", 4800, "e3140d78730ecdd32ba92da48c0a9aaa"),
            ("PD", 4800, "88ecd9d1fa33cb4a2278183b42ffd749"),
        )
    ),
    default_parts=("T1",),
)


def items(folder: Path) -> tuple[str, ...]:
    """List the volumes: ``"IXI002-Guys-0828-T1"``."""
    return tuple(_volumes(folder))


def load(folder: Path, item: str | None = None, orientation: str = "axial") -> Stack:
    """Open a volume, with its segmentation if one lies beside it.

    Parameters
    ----------
    folder : Path
    item : str, optional
        Which volume; the first if not given.
    orientation : {"axial", "coronal", "sagittal"}

    Returns
    -------
    Stack
        Axes ``"zyx"``, voxel size in mm. `labels` is None where there is no segmentation.
    """
    volumes = _volumes(folder)
    chosen = choose_item(SPEC, folder, tuple(volumes), item)
    stack = load_volume(volumes[chosen], orientation, chosen)
    return with_segmentation(stack, volumes[chosen], find_segmentation(volumes[chosen]), orientation)


def _volumes(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    inner = [entry for entry in entries_of(folder) if re.fullmatch(r"(IXI-)?(T1|T2|PD|MRA)", entry.name)]
    files = [file for place in (folder, *inner) if place.is_dir() for file in entries_of(place)]
    return {stem_of(file): file for file in files if _NAME.fullmatch(file.name)}
