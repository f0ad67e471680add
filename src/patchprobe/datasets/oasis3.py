"""OASIS-3: brain MRI of ageing and Alzheimer's disease, with FreeSurfer's segmentations."""

from __future__ import annotations

import re
from pathlib import Path

from ..io import Stack
from ..io.label_classes import LabelClasses, label_classes
from ..io.walk import files_below
from .mri import find_segmentation, is_segmentation, load_volume, stem_of, with_segmentation
from .refusal import choose_item, missing
from .spec import DatasetSpec

_NAME = re.compile(r"sub-OAS3\d{4}_(ses-|sess-)d\d{4}.*_(T1w|T2w|FLAIR|T2star)\.nii(\.gz)?")
_SESSION = re.compile(r"OAS3\d{4}_(MR|Freesurfer\d\d)_d\d{4}")
# What FreeSurfer made of a session: images on its own grid, the best for people first, and labels.
_IMAGES, _LABELS = ("T1.mgz", "orig.mgz", "brain.mgz"), ("aparc+aseg.mgz", "aseg.mgz")
_DEPTH = 5

SPEC = DatasetSpec(
    name="oasis3",
    title="OASIS-3",
    summary="MRI (T1, T2, FLAIR, …) of 1378 people, healthy or with Alzheimer's disease, over many years; "
    "segmented by FreeSurfer.",
    modality="MRI",
    licence="OASIS data use agreement; signed once, no passing on",
    citation="LaMontagne P. J. et al., OASIS-3: longitudinal neuroimaging, clinical, and cognitive dataset "
    "for normal aging and Alzheimer disease, medRxiv (2019), doi:10.1101/2019.12.13.19014902",
    size="about 10 to 30 MB a T1 volume, thousands of sessions",
    homepage="https://sites.wustl.edu/oasisbrains/",
    access="Registration is needed: apply at https://sites.wustl.edu/oasisbrains/ (data use agreement), "
    "get an account at https://www.nitrc.org/ir, and download sessions with the scripts of "
    "https://github.com/NrgXnat/oasis-scripts: download_oasis_scans_bids.sh for images, "
    "download_oasis_freesurfer.sh for segmentations. Keep the two in separate folders.",
    layout="  sub-OAS30001/ses-d0129/anat/sub-OAS30001_ses-d0129_T1w.nii.gz        BIDS,\n"
    "  OAS30001_MR_d0129/anat2/sub-OAS30001_ses-d0129_run-01_T1w.nii.gz     by session,\n"
    "  sub-OAS30001_ses-d0129_run-01_T1w.nii.gz, …                          or flat\n"
    "  OAS30001_MR_d0129/mri/T1.mgz, aparc+aseg.mgz, aseg.mgz               FreeSurfer, with truth\n"
    "  A segmentation beside an image (…_dseg.nii.gz, or under derivatives/) is taken as labels.",
)

# The most common numbers of FreeSurfer's table of structures.
_STRUCTURES = {
    2: "left cerebral white matter",
    3: "left cerebral cortex",
    4: "left lateral ventricle",
    7: "left cerebellum white matter",
    8: "left cerebellum cortex",
    10: "left thalamus",
    11: "left caudate",
    12: "left putamen",
    13: "left pallidum",
    14: "third ventricle",
    15: "fourth ventricle",
    16: "brain stem",
    17: "left hippocampus",
    18: "left amygdala",
    24: "CSF",
    26: "left accumbens",
    41: "right cerebral white matter",
    42: "right cerebral cortex",
    43: "right lateral ventricle",
    46: "right cerebellum white matter",
    47: "right cerebellum cortex",
    49: "right thalamus",
    50: "right caudate",
    51: "right putamen",
    52: "right pallidum",
    53: "right hippocampus",
    54: "right amygdala",
    58: "right accumbens",
}


def items(folder: Path) -> tuple[str, ...]:
    """List sessions of FreeSurfer (``"OAS30001_MR_d0129 FreeSurfer"``), then images by their names."""
    return tuple(_volumes(folder))


def load(folder: Path, item: str | None = None, orientation: str = "axial") -> Stack:
    """Open a volume, with FreeSurfer's labels or a segmentation beside it if there is one.

    Parameters
    ----------
    folder : Path
        BIDS, by session, or flat.
    item : str, optional
        Which volume; the first if not given: one with labels, if there is one, then T1.
    orientation : {"axial", "coronal", "sagittal"}

    Returns
    -------
    Stack
        Axes ``"zyx"``, voxel size in mm. `label_classes` names FreeSurfer's structures.
    """
    volumes = _volumes(folder)
    chosen = choose_item(SPEC, folder, tuple(volumes), item)
    path = volumes[chosen]
    if path.is_dir():
        return _load_freesurfer(path, chosen, orientation)
    relative = path.parent.relative_to(folder)
    derivatives = [place / relative for place in sorted((folder / "derivatives").glob("*"))]
    segmentation = find_segmentation(path, derivatives)
    return with_segmentation(load_volume(path, orientation, chosen), path, segmentation, orientation)


def _load_freesurfer(place: Path, name: str, orientation: str) -> Stack:
    image, labels = (
        next((place / n for n in names if (place / n).is_file()), None) for names in (_IMAGES, _LABELS)
    )
    if image is None:
        raise missing(SPEC, place / _IMAGES[0], "the image of FreeSurfer's segmentation")
    stack = load_volume(image, orientation, name)
    return with_segmentation(stack, image, labels, orientation, structures())


def structures() -> LabelClasses:
    """Return the names of FreeSurfer's most common structures, by number."""
    return label_classes(_STRUCTURES, None)


def _volumes(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    images, sessions = {}, {}
    for file in files_below(folder, _DEPTH):
        if file.name in _LABELS and file.parent.name == "mri":
            session = _session_of(file, folder)
            if session is not None:
                sessions[f"{session} FreeSurfer"] = file.parent
        elif _NAME.fullmatch(file.name) and not is_segmentation(file) and "derivatives" not in file.parts:
            images[stem_of(file)] = file
    order = sorted(images, key=lambda stem: (not stem.endswith("T1w"), stem))
    return dict(sorted(sessions.items())) | {stem: images[stem] for stem in order}


def _session_of(file: Path, folder: Path) -> str | None:
    names = [folder.name, *file.relative_to(folder).parts]
    return next((name for name in names if _SESSION.fullmatch(name)), None)
