"""Probes on frozen features: sparse strokes in, labels and probabilities out."""

from .decision import Decides, Decision, probabilities_from_logits
from .head import LinearHead
from .held_out import HeldOut
from .linear import LinearProbe
from .patch_labels import patch_labels
from .seg_head import LinearSegHead
from .strokes import TrainingRows, find_strokes, read_rows
from .suggestion import Suggestion, estimate_prior, suggest_weights

__all__ = [
    "Decides",
    "Decision",
    "HeldOut",
    "LinearHead",
    "LinearProbe",
    "LinearSegHead",
    "Suggestion",
    "TrainingRows",
    "estimate_prior",
    "find_strokes",
    "patch_labels",
    "probabilities_from_logits",
    "read_rows",
    "suggest_weights",
]
