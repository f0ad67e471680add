"""Probes on frozen features: sparse strokes in, labels and probabilities out."""

from .auto_context import AutoContextProbe
from .base import Probe
from .compare import Compared, Comparison, compare_classifiers
from .decision import Decides, Decision, probabilities_from_logits
from .head import Head
from .held_out import HeldOut
from .linear import LinearProbe
from .linear_head import LinearHead
from .mlp import MLPProbe
from .origin import Origin
from .patch_labels import patch_labels
from .probe_file import load_probe
from .registry import CLASSIFIERS, classifier_type, make_classifier
from .seg_head import LinearSegHead
from .strokes import TrainingRows, find_strokes, read_rows
from .suggestion import Suggestion, estimate_prior, suggest_weights
from .trees import BoostingProbe, ForestProbe

__all__ = [
    "CLASSIFIERS",
    "AutoContextProbe",
    "BoostingProbe",
    "Compared",
    "Comparison",
    "Decides",
    "Decision",
    "ForestProbe",
    "Head",
    "HeldOut",
    "LinearHead",
    "LinearProbe",
    "LinearSegHead",
    "MLPProbe",
    "Origin",
    "Probe",
    "Suggestion",
    "TrainingRows",
    "classifier_type",
    "compare_classifiers",
    "estimate_prior",
    "find_strokes",
    "load_probe",
    "make_classifier",
    "patch_labels",
    "probabilities_from_logits",
    "read_rows",
    "suggest_weights",
]
