"""Synthetic images with exact truth: the modalities of the reports, and displaced serial sections."""

from .calcium_movie import calcium_movie
from .registry import MODALITIES, Modality, generate, stack
from .sections import SerialSections, serial_sections

__all__ = [
    "MODALITIES",
    "Modality",
    "SerialSections",
    "calcium_movie",
    "generate",
    "serial_sections",
    "stack",
]
