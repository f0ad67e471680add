"""Linear probes on frozen features: sparse strokes in, labels and probabilities out."""

from .linear import LinearProbe

__all__ = ["LinearProbe"]
