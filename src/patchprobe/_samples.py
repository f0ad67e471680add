"""The samples of napari's menu File → Open Sample: made here, or public data sets, with their truth."""

from __future__ import annotations

from dataclasses import replace

from . import datasets, synthetic
from ._layer_data import LayerData, labels_layer_data, layer_data
from .errors import InputError
from .io import Stack

# Made while the window waits, so each takes about a second at most.
_PLANES = 10
_SIZE = 256
_SECTIONS = 6
_GET_IT = "Plugins → patchprobe → Load → Public data"


def em_membranes() -> list[LayerData]:
    """Undisturbed EM sections; the truth marks membranes."""
    sections = synthetic.serial_sections(
        _SECTIONS, _SIZE, drift=0, rotation=0, contrast=0, fold=None, missing=None
    )
    return _layers(sections.to_stack(), "EM with membranes")


def em_displaced() -> list[LayerData]:
    """EM sections as they come from the microscope: drifted, turned, uneven, one folded, one missing."""
    return _layers(synthetic.serial_sections(_SECTIONS, _SIZE).to_stack(), "EM, displaced sections")


def em() -> list[LayerData]:
    """Bright vesicles on noise."""
    return _modality("em", "EM with vesicles")


def mri() -> list[LayerData]:
    """Slices of a smooth gradient with a faint lesion, in colour."""
    return _modality("mri", "MRI with lesions")


def histology() -> list[LayerData]:
    """Purple nuclei on pink."""
    return _modality("histology", "Histology with nuclei")


def connectomics() -> list[LayerData]:
    """Bright filaments on a dark background."""
    return _modality("connectomics", "Connectomics with neurites")


def atlas() -> list[LayerData]:
    """Greenish regions on pastel layers."""
    return _modality("atlas", "Atlas with regions")


def calcium() -> list[LayerData]:
    """Small bright neurons on a low baseline."""
    return _modality("calcium", "Calcium imaging with neurons")


def tracking() -> list[LayerData]:
    """Cells that move from frame to frame; the truth holds their identities."""
    return _modality("tracking", "Cell tracking, a movie")


def cremi() -> list[LayerData]:
    """CREMI: EM of fly brain with neurons, if it is on this disk."""
    return _public("cremi")


def snemi3d() -> list[LayerData]:
    """SNEMI3D: EM of mouse cortex with neurites, if it is on this disk."""
    return _public("snemi3d")


def neurofinder() -> list[LayerData]:
    """Neurofinder: calcium movies with neurons, if it is on this disk."""
    return _public("neurofinder")


def cell_tracking() -> list[LayerData]:
    """Cell Tracking Challenge: movies of cells with outlines and tracks, if it is on this disk."""
    return _public("cell-tracking")


def allen_mouse() -> list[LayerData]:
    """Allen mouse atlas: the average brain with its structures, if it is on this disk."""
    return _public("allen-mouse")


def ixi() -> list[LayerData]:
    """IXI: MRI of healthy people, if it is on this disk."""
    return _public("ixi")


def oasis3() -> list[LayerData]:
    """OASIS-3: MRI with FreeSurfer's labels, if it is on this disk."""
    return _public("oasis3")


def tcga() -> list[LayerData]:
    """TCGA GBM and LGG: slides and scans of brain tumours, if it is on this disk."""
    return _public("tcga")


def _public(name: str) -> list[LayerData]:
    """Open a public data set from where it is downloaded to. Nothing is downloaded by opening a sample."""
    spec, folder = datasets.get_dataset(name), datasets.default_folder(name)
    if not datasets.items(name, folder):
        how = f"{_GET_IT}, or with: patchprobe datasets get {name}" if spec.files else spec.access
        raise InputError(
            f"{spec.title} is not on this computer; it would be in {folder}. Size: {spec.size}. Licence: "
            f"{spec.licence}. To get it: {how}"
        )
    return _layers(datasets.load(name, folder), spec.title)


def _modality(modality: str, name: str) -> list[LayerData]:
    return _layers(synthetic.stack(modality, _PLANES, _SIZE), name)


def _layers(stack: Stack, name: str) -> list[LayerData]:
    """Image and truth; the truth is hidden at first, because its background class covers the image."""
    image = layer_data(replace(stack, name=name, labels=None))
    if stack.labels is None:
        return image
    truth, arguments, kind = labels_layer_data(stack, stack.labels, f"{name}: truth", stack.label_classes)
    return [*image, (truth, arguments | {"visible": False}, kind)]
