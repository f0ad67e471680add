"""The samples of napari's menu File → Open Sample: synthetic stacks with their truth, as layer data."""

from __future__ import annotations

from dataclasses import replace

from . import synthetic
from ._layer_data import LayerData, labels_layer_data, layer_data
from .io import Stack

# Made while the window waits, so each takes about a second at most.
_PLANES = 10
_SIZE = 256
_SECTIONS = 6


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


def _modality(modality: str, name: str) -> list[LayerData]:
    return _layers(synthetic.stack(modality, _PLANES, _SIZE), name)


def _layers(stack: Stack, name: str) -> list[LayerData]:
    """Image and truth; the truth is hidden at first, because its background class covers the image."""
    image = layer_data(replace(stack, name=name, labels=None))
    truth, arguments, kind = labels_layer_data(stack, stack.labels, f"{name}: truth")
    return [*image, (truth, arguments | {"visible": False}, kind)]
