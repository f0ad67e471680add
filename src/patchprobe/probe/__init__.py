"""Probes on frozen features: sparse strokes in, labels and probabilities out."""

from .head import LinearHead, probabilities_from_logits
from .held_out import HeldOut
from .linear import LinearProbe
from .patch_labels import patch_labels
from .seg_head import LinearSegHead
from .strokes import TrainingRows, find_strokes, read_rows

__all__ = [
    "HeldOut",
    "LinearHead",
    "LinearProbe",
    "LinearSegHead",
    "TrainingRows",
    "find_strokes",
    "patch_labels",
    "probabilities_from_logits",
    "read_rows",
]
