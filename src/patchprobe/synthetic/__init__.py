"""Synthetic images with exact truth: the modalities of the reports, and displaced serial sections."""

from .registry import MODALITIES, Modality, generate, stack
from .sections import SerialSections, serial_sections

__all__ = ["MODALITIES", "Modality", "SerialSections", "generate", "serial_sections", "stack"]
