"""Probes on frozen features: sparse strokes in, labels and probabilities out."""

from .held_out import HeldOut
from .linear import LinearProbe, probabilities_from_logits
from .strokes import TrainingRows, find_strokes, read_rows

__all__ = [
    "HeldOut",
    "LinearProbe",
    "TrainingRows",
    "find_strokes",
    "probabilities_from_logits",
    "read_rows",
]
