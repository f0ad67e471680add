"""Probes on frozen features: sparse strokes in, labels and probabilities out."""

from .auto_context import AutoContextProbe
from .base import Probe
from .compare import Compared, Comparison, compare_classifiers
from .head import Head, probabilities_from_logits
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
from .trees import BoostingProbe, ForestProbe

__all__ = [
    "CLASSIFIERS",
    "AutoContextProbe",
    "BoostingProbe",
    "Compared",
    "Comparison",
    "ForestProbe",
    "Head",
    "HeldOut",
    "LinearHead",
    "LinearProbe",
    "LinearSegHead",
    "MLPProbe",
    "Origin",
    "Probe",
    "TrainingRows",
    "classifier_type",
    "compare_classifiers",
    "find_strokes",
    "load_probe",
    "make_classifier",
    "patch_labels",
    "probabilities_from_logits",
    "read_rows",
]
